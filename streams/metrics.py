"""What a worker tells Prometheus, in our own names."""

from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from rules.pipeline.records import Out
from rules.pipeline.unmapped import parked_codes
from schemas.dead_letters import ERRORS
from schemas.words import CUSTOMER_MESSAGES, DEAD_LETTERS, KINDS, MARK_HEADER, SOURCES
from streams.engine.app import EngineApp
from streams.engine.records import InRecord

_LAGS = (0.05, 0.25, 1, 5, 15, 60, 300, 900, 3600, 21600, 86400)


class Metrics:
    """The worker's counters; cheap enough to be kept per batch."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._reached: dict[tuple[str, int], tuple[str, datetime]] = {}
        self.received = Counter(
            "wismo_events_received", "Records read, marks of the clock left out.", ["topic"], registry=registry
        )
        self.processed = Counter(
            "wismo_events_processed", "Records handled, by stage and result.", ["stage", "result"], registry=registry
        )
        self.written = Counter("wismo_events_routed", "Records written.", ["destination"], registry=registry)
        self.opened = Counter(
            "wismo_exceptions_opened", "Cases opened.", ["kind", "severity", "owner"], registry=registry
        )
        self.resolved = Counter("wismo_exceptions_resolved", "Cases ended.", ["kind"], registry=registry)
        self.suppressed = Counter(
            "wismo_messages_decided", "Customer messages by fate and reason.", ["fate", "reason"], registry=registry
        )
        self.dead = Counter("wismo_dead_letters", "Records parked.", ["stage", "reason"], registry=registry)
        self.unmapped = Counter(
            "wismo_unmapped_codes",
            "Codes that no table knows, once a message, by sender.",
            ["source"],
            registry=registry,
        )
        self.lag = Histogram(
            "wismo_event_time_lag_seconds",
            "From the moment we heard to the end of a stage.",
            ["stage"],
            buckets=_LAGS,
            registry=registry,
        )
        self.last = Gauge(
            "wismo_last_event_processed_timestamp_seconds",
            "When the last record of a topic was handled.",
            ["topic"],
            registry=registry,
        )
        self.stalled = Gauge(
            "wismo_stalled_seconds",
            "How long a partition has committed nothing while records wait; the longest.",
            registry=registry,
        )
        self.clock = Gauge(
            "wismo_watermark_timestamp_seconds", "The clock of a partition.", ["stage", "partition"], registry=registry
        )

    def reached(self, stage: str, topic: str, partition: int, now: datetime | None) -> None:
        """Where the clock of a partition will be once the batch in work has had all its effects."""
        if now is not None:
            self._reached[topic, partition] = (stage, now)

    def finished(self, topic: str, partition: int) -> None:
        """A batch is acked: only now its clock may be believed, since whoever reads it takes all before for done."""
        if (reached := self._reached.pop((topic, partition), None)) is not None:
            self.clock.labels(reached[0], str(partition)).set(reached[1].timestamp())

    def batch(self, stage: str, batch: Sequence[InRecord], outs: Sequence[Out], now: float) -> None:
        """Count one handled batch; `now` is the wall clock in seconds."""
        topic = batch[0].topic
        facts = [record for record in batch if not _is_mark(record)]
        if facts:
            self.received.labels(topic).inc(len(facts))
            self.processed.labels(stage, "error" if stage == "poison" else "ok").inc(len(facts))
            self.lag.labels(stage).observe(max(0.0, now - facts[-1].timestamp_ms / 1000))
        self.last.labels(topic).set(now)
        for destination, count in Tally(out.topic for out in outs if out.key is not None).items():
            self.written.labels(destination).inc(count)
        for out in outs:
            self._notable(out)

    def _notable(self, out: Out) -> None:
        if out.topic == DEAD_LETTERS:
            said = dict(out.headers)
            self.dead.labels(_text(said, "stage"), _text(said, "reason")).inc()
            if _text(said, "reason") == "unmapped_code":
                # Who sends is a closed list: the codes themselves would make a label without bounds.
                source = (said.get("source") or b"").decode("utf-8", "replace")
                codes = len(parked_codes(_text(said, "scan")))
                self.unmapped.labels(source if source in SOURCES else "other").inc(codes)
        elif out.labels and out.topic.startswith("exceptions-"):
            self._case(out)
        elif out.labels and out.topic == CUSTOMER_MESSAGES:
            self.suppressed.labels(out.labels["fate"], out.labels["reason"]).inc()

    def _case(self, out: Out) -> None:
        assert out.labels is not None
        kind = out.labels["kind"] if out.labels["kind"] in KINDS else "other"
        if out.labels["change"] in ("opened", "reopened"):
            self.opened.labels(kind, out.labels["severity"], out.labels["owner"]).inc()
        elif out.labels["change"] == "resolved":
            self.resolved.labels(kind).inc()


class LagCollector(Collector):
    """How far each partition is behind, asked when Prometheus asks."""

    def __init__(self, app: EngineApp) -> None:
        self._app = app

    def collect(self) -> Iterator[Metric]:
        """Records between what is committed and the end of each partition that is read."""
        lag = GaugeMetricFamily(
            "wismo_consumer_lag_records", "Records not committed yet.", labels=["topic", "partition"]
        )
        busy = CounterMetricFamily(
            "wismo_stage_busy_seconds", "Seconds spent on batches.", labels=["topic", "partition"]
        )
        # Asked on another thread: the consumer must not be made by the question.
        accounts = {} if self._app._consumer is None else self._app.accounts
        for tp, account in list(accounts.items()):
            place = [tp.topic, str(tp.partition)]
            busy.add_metric(place, account.busy_seconds)
            if account.end_offset is not None and account.committed is not None:
                lag.add_metric(place, max(0, account.end_offset - account.committed))
        yield lag
        yield busy

    def describe(self) -> Iterator[Metric]:
        """Nothing beforehand: the app has no consumer before it starts."""
        return iter(())


def _is_mark(record: InRecord) -> bool:
    return any(name == MARK_HEADER for name, _ in record.headers)


def _text(headers: dict[str, bytes | None], name: str) -> str:
    return (headers.get(ERRORS + name) or b"").decode()
