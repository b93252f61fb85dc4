"""A write of rows that ends half way, as one in several requests may, leaves nothing out after it is repeated."""

import random
from collections.abc import Sequence

import pytest

from rules.pipeline.hops import LinkHop, TrackHop
from rules.pipeline.memory import MemoryRows
from rules.pipeline.records import Record
from schemas.codec import loads
from schemas.words import LINK_EVENTS, SHIPMENT_EVENTS
from streams.engine.app import EngineApp
from tests.rules.pipeline.test_crash import POLICY, Disk, distinct, logs, rows, states, subjects

SHIPMENTS_TABLE = EngineApp("app", broker="kafka://127.0.0.1:1").batch_table("shipments", parents_last=True)
OWN = (b"order:", b"number:", b"customer:", b"ticket:")


class Noted(MemoryRows):
    """Rows that remember the order they were written in: the order the engine sends them in."""

    def __init__(self) -> None:
        super().__init__()
        self.written: dict[bytes, bytes] = {}

    def put(self, key: bytes, value: bytes) -> None:
        super().put(key, value)
        self.written.pop(key, None)
        self.written[key] = value


def half(disk: Disk, batch: Sequence[Record], dice: random.Random) -> None:
    """Outputs are out; of the rows some are written, and nothing of the agenda."""
    stored = Noted()
    for key, value in disk.first.items():
        stored.put(key, value)
    stored.written.clear()
    hop = LinkHop(stored, rows(disk.second), 0, 1, strict=True)
    disk.sent += [out for record in batch for out in hop.handle(record)]
    hop.save()
    disk.first |= dict(list(stored.written.items())[: dice.randint(0, len(stored.written))])


@pytest.mark.parametrize("seed", range(0, 120, 6))
def test_links_that_are_half_written_are_whole_after_the_repeat(seed: int) -> None:
    log, dice = logs(seed)[0], random.Random(seed)
    steady, crashing = Disk(), Disk()
    done = 0
    while done < len(log):
        batch = log[done : done + dice.randint(1, 80)]
        steady.work(LINK_EVENTS, batch)
        for _ in range(dice.randint(0, 2)):
            half(crashing, batch, dice)
        crashing.work(LINK_EVENTS, batch)
        done += len(batch)

    assert facts(crashing) == facts(steady)
    assert kept(crashing) == kept(steady)
    assert timers(steady) <= timers(crashing)


def half_of_the_parcels(disk: Disk, batch: Sequence[Record], dice: random.Random) -> None:
    """Outputs are out; of the rows those are written that the engine sends first, and nothing of the agenda."""
    stored = Noted()
    for key, value in disk.first.items():
        stored.put(key, value)
    stored.written.clear()
    due = rows(disk.second)
    for begin in range(0, len(batch), 10):  # slices of the batch, as the engine hands them to the handler
        hop = TrackHop(stored, due, 0, 1, POLICY, strict=True)
        disk.sent += [out for record in batch[begin : begin + 10] for out in hop.handle(record)]
        hop.save()
    sent = SHIPMENTS_TABLE.changelog_records(0, stored.written)
    disk.first |= {one.key: one.value for one in sent[: dice.randint(0, len(sent))] if one.key and one.value}


@pytest.mark.parametrize("seed", [0, 36, 84, 96, 114])
def test_parcels_that_are_half_written_are_whole_after_the_repeat(seed: int) -> None:
    log, dice = logs(seed)[1], random.Random(seed)
    steady, crashing = Disk(), Disk()
    done = 0
    while done < len(log):
        batch = log[done : done + dice.randint(1, 80)]
        steady.work(SHIPMENT_EVENTS, batch)
        for _ in range(dice.randint(0, 2)):
            half_of_the_parcels(crashing, batch, dice)
        crashing.work(SHIPMENT_EVENTS, batch)
        done += len(batch)

    assert distinct(crashing.sent) == distinct(steady.sent)
    assert states(crashing.first) == states(steady.first)


def facts(disk: Disk) -> set[object]:
    """Facts by what they are known by: a repeat may tell one with another position."""
    return {loads(value)["fact_id"] if value and b"fact_id" in value else key for _, key, value in distinct(disk.sent)}


def kept(disk: Disk) -> dict[bytes, object]:
    """Rows of orders, numbers, customers and tickets; tallies of carriers are averages."""
    return states({key: row for key, row in disk.first.items() if key.startswith(OWN)})


def timers(disk: Disk) -> set[bytes]:
    """When those are forgotten, or what waits in them given up."""
    return {subject for subject in subjects(disk.second) if subject.startswith(OWN)}
