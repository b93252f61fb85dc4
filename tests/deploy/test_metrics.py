"""The list of metrics is what the worker and the sinks really expose."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from sinks.metrics import SinkMetrics, build_info
from streams.metrics import Metrics

LISTED: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parents[2] / "deploy/metrics.yaml").read_text())[
    "metrics"
]
# Asked from the engine when Prometheus asks, so they are in no registry before it runs.
LIVE = {"wismo_consumer_lag_records", "wismo_stage_busy_seconds_total"}


def exposed(registry: CollectorRegistry) -> set[str]:
    names = {(family.name, family.type) for family in registry.collect()}
    return {f"{name}_total" if kind == "counter" else name for name, kind in names}


def worker() -> set[str]:
    registry = CollectorRegistry()
    Metrics(registry)
    build_info(registry, "worker")
    return exposed(registry) | LIVE


def sink(role: str) -> set[str]:
    registry = CollectorRegistry()
    SinkMetrics(registry, role)
    return exposed(registry)


@pytest.mark.parametrize(("role", "names"), [("worker", worker()), ("board", sink("board"))])
def test_what_is_listed_is_exposed_and_what_is_exposed_is_listed(role: str, names: set[str]) -> None:
    listed = {metric["name"] for metric in LISTED if role in metric["by"]}

    assert listed == names
