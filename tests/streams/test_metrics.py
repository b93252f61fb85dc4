"""Unmapped codes are counted by sender, under labels whose number is bounded."""

import pytest
from prometheus_client import CollectorRegistry

from rules.loading import load_policy
from schemas.codec import dumps
from streams.engine.records import InRecord
from streams.hops import Handlers
from streams.metrics import Metrics

NOON = 1_772_452_800_000


def scan(source: str, offset: int, *codes: str) -> InRecord:
    events = [{"code": code, "eventDateTime": f"2026-03-02T0{at}:00:00Z"} for at, code in enumerate(codes)]
    body = dumps({"parcels": [{"unitno": "12345678", "events": events}]})
    return InRecord("carrier-scans", 1, offset, NOON, b"k", body, (("source", source.encode()),))


@pytest.mark.parametrize("resent", [1, 3])
def test_unmapped_codes_are_counted_by_sender_and_never_by_code(resent: int) -> None:
    registry = CollectorRegistry()
    handlers = Handlers(partitions=2, strict=False, policy=load_policy(None), metrics=Metrics(registry))
    records = [scan("gls", offset, "INTRANSIT", f"MOON{offset}", "MARS") for offset in range(resent)]
    handlers.route([*records, scan("a-made-up-sender", 9, "MOON")], {})

    assert registry.get_sample_value("wismo_unmapped_codes_total", {"source": "gls"}) == 2 * resent
    parked = {"stage": "validate", "reason": "unmapped_code"}
    assert registry.get_sample_value("wismo_dead_letters_total", parked) == resent
    labels = {sample.labels.get("source") for family in registry.collect() for sample in family.samples}
    assert labels <= {"gls", None}
