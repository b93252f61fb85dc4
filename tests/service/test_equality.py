"""What the service does with a recording is what `wismo decide` says, and its log replays to the same bytes."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby

import pytest

from cli.simulation.presets import demo_day, small_recording
from rules.loading import default_text, load_policy
from rules.pipeline.hops import TrackHop
from rules.pipeline.memory import MemoryRows
from rules.pipeline.records import Out, Record
from rules.pipeline.replay import Replay
from rules.policy import PolicyBook
from schemas.codec import loads
from schemas.recording import RawRecord
from tests.service.harness import PARTITIONS, Bench, bench
from tests.service.verdict import verdict

TRACKED = ("shipments", "shipment-updates", "customer-messages")
EXCEPTIONS = tuple(f"exceptions-{owner}" for owner in ("fulfillment", "support", "finance", "operations"))


_ASIDE = """
- name: aside
  from: 2026-01-02
  values: {incident: {least: 999999}, feed: {least_in_flight: 999999}}
"""


def decided(
    records: Iterable[RawRecord], until: datetime | None = None, policy: PolicyBook | None = None
) -> list[dict[str, object]]:
    """The pure core over a recording, as the outputs of a service are read."""
    outs = Replay(policy or load_policy(None)).run(records, until)
    return [
        {
            "topic": out.topic,
            "key": (out.key or b"").decode("utf-8", "replace"),
            "value": loads(out.value) if out.value and out.topic != "dead-letters" else None,
        }
        for out in outs
    ]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, list[RawRecord]]]:
    """200 small recordings and the demo's day, through one worker."""
    records = [record for seed in range(200) for record in small_recording(seed)] + list(demo_day(7))
    records.sort(key=lambda record: record.timestamp)
    with bench(tmp_path_factory.mktemp("equality")) as running:
        running.start()
        running.wait_ready()
        fed = running.feed(records)
        running.wait_closed(fed)
        yield running, records


@pytest.mark.broker
@pytest.mark.slow
def test_service_and_decide_agree_on_every_shipment(played: tuple[Bench, list[RawRecord]]) -> None:
    running, records = played

    service, pure = verdict(running.outputs()), verdict(decided(records))

    assert len(pure) > 300
    assert service.keys() == pure.keys()
    different = {key: (service[key], pure[key]) for key in pure if service[key] != pure[key]}
    assert not different, f"{len(different)} of {len(pure)}, such as {next(iter(different.items()))}"


@pytest.mark.slow
def test_every_small_recording_decides_alone_as_in_company() -> None:
    # But for what is seen only across shipments: silent feeds and places where many stand still.
    aside = load_policy(f"{default_text()}{_ASIDE}")
    records = sorted((one for seed in range(100) for one in small_recording(seed)), key=lambda one: one.timestamp)
    company, end = verdict(decided(records, policy=aside)), records[-1].timestamp

    for seed in range(100):
        alone = verdict(decided(small_recording(seed), until=end, policy=aside))
        assert alone == {key: company[key] for key in alone}, seed


@pytest.mark.broker
@pytest.mark.slow
def test_the_log_of_shipment_events_replays_to_the_same_bytes(played: tuple[Bench, list[RawRecord]]) -> None:
    running, _ = played
    log = running.read("shipment-events")
    written = [record for record in running.read(*TRACKED, *EXCEPTIONS)]

    for partition, records in groupby(log, key=lambda record: record.partition):
        outs = list(_replayed(partition, records))
        for topic in (*TRACKED, *EXCEPTIONS):
            mine = [(out.key, out.value, out.headers) for out in outs if out.topic == topic]
            theirs = [(r.key, r.value, r.headers) for r in written if (r.topic, r.partition) == (topic, partition)]
            assert mine == theirs, (topic, partition)


def _replayed(partition: int, records: Iterable[Record]) -> Iterator[Out]:
    shipments, due = MemoryRows(), MemoryRows()
    policy = load_policy(None)
    for record in records:
        # A fresh hop a record: what the service keeps between batches is in its rows and nowhere else.
        hop = TrackHop(shipments, due, partition, PARTITIONS, policy, strict=True)
        yield from hop.handle(record)
        hop.save()
