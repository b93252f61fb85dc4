"""The metrics of the sinks, in one place: names, labels and what they mean."""

from importlib.metadata import PackageNotFoundError, version
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_DELIVERY_BUCKETS: Final = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_JOURNEY_BUCKETS: Final = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600, 86400)


def app_version() -> str:
    """The version of the installed package."""
    try:
        return version("wismo")
    except PackageNotFoundError:  # Run from a checkout that was never installed.
        return "unknown"


def build_info(registry: CollectorRegistry, role: str) -> None:
    """Tell which version of which process runs."""
    info = Gauge("wismo_build_info", "Always 1; the labels say what runs.", ["version", "role"], registry=registry)
    info.labels(app_version(), role).set(1)


class SinkMetrics:
    """What every consumer outside the agents counts; labels come from closed sets only."""

    def __init__(self, registry: CollectorRegistry, role: str) -> None:
        build_info(registry, role)
        self.processed = Counter(
            "wismo_events_processed",
            "Records that a sink is done with.",
            ["stage", "result"],
            registry=registry,
        )
        self.dead_letters = Counter(
            "wismo_dead_letters", "Records parked, by stage and reason.", ["stage", "reason"], registry=registry
        )
        self.lag = Gauge(
            "wismo_consumer_lag_records",
            "Records between the last one done and the end of the partition.",
            ["topic", "partition"],
            registry=registry,
        )
        self.last_processed = Gauge(
            "wismo_last_event_processed_timestamp_seconds",
            "When a record of the topic was last done, by our clock.",
            ["topic"],
            registry=registry,
        )
        self.end_to_end = Histogram(
            "wismo_end_to_end_seconds",
            "From when the service heard of it to when the sink was done with it.",
            buckets=_JOURNEY_BUCKETS,
            registry=registry,
        )
        self.stopped = Gauge(
            "wismo_stopped_partitions",
            "Partitions stopped because too many of their records failed.",
            registry=registry,
        )


class NotifierMetrics:
    """What the notifier counts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.notifications = Counter(
            "wismo_notifications", "Notifications by channel and how they ended.", ["channel", "result"],
            registry=registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "wismo_notification_seconds", "One attempt to deliver, in seconds.", ["channel"],
            buckets=_DELIVERY_BUCKETS, registry=registry,
        )  # fmt: skip
        self.retries = Counter(
            "wismo_notification_retries", "Attempts after the first.", ["channel"], registry=registry
        )
        self.suppressed = Counter(
            "wismo_notifications_suppressed",
            "Customer messages decided against, by reason of the fate.",
            ["reason"],
            registry=registry,
        )
        self.repeats = Counter(
            "wismo_notification_repeats",
            "Attempts after an attempt whose end nobody saw: the other side may get the same id twice.",
            ["channel"],
            registry=registry,
        )
