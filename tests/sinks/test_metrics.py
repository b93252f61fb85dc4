"""Metric names are the ones that dashboards and alerts know."""

from prometheus_client import CollectorRegistry, generate_latest

from sinks.metrics import NotifierMetrics, SinkMetrics


def test_every_metric_has_its_agreed_name() -> None:
    registry = CollectorRegistry()
    SinkMetrics(registry, "notifier")
    NotifierMetrics(registry)
    text = generate_latest(registry).decode()
    for name in """wismo_events_processed_total wismo_dead_letters_total wismo_consumer_lag_records
        wismo_last_event_processed_timestamp_seconds wismo_end_to_end_seconds wismo_notifications_total
        wismo_notification_seconds wismo_notification_retries_total wismo_notifications_suppressed_total""".split():
        assert f"# TYPE {name.removesuffix('_total') if name not in text else name} " in text
    assert 'wismo_build_info{role="notifier"' in text
