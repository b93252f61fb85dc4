"""A worker that dies between any two durable writes ends, after its restart, where one that never died ends."""

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from cli.simulation.presets import small_recording
from rules.loading import load_policy
from rules.pipeline.hops import LinkHop, TrackHop, route_batch
from rules.pipeline.memory import MemoryRows
from rules.pipeline.records import Out, Record
from rules.pipeline.replay import floor_minute, in_order, record_of
from rules.policy import PolicyBook
from schemas.codec import loads, rfc3339
from schemas.words import (
    CUSTOMER_MESSAGES,
    LINK_EVENTS,
    MARK_HEADER,
    RAW_TOPICS,
    SHADOW_EXCEPTIONS,
    SHIPMENT_EVENTS,
    SHIPMENT_UPDATES,
    SHIPMENTS,
)

POLICY = load_policy(None)
SHADOWED = load_policy(
    "- extends: packaged\n- {name: dark, from: 2026-01-01, kinds: {all: shadow, attempt_failed: live}}\n"
)
CANDIDATE = load_policy(
    "- extends: live\n- {name: early, from: 2026-01-01, values: {stalled: {silence: {ground: 24h, unknown: 12h}}}}\n",
    "candidate",
    POLICY,
)


class Disk:
    """Two tables of one partition, and what was sent."""

    def __init__(self, policy: PolicyBook = POLICY, candidate: PolicyBook | None = None) -> None:
        self.books = policy, candidate
        self.first: dict[bytes, bytes] = {}
        self.second: dict[bytes, bytes] = {}
        self.sent: list[Out] = []

    def work(self, topic: str, batch: Sequence[Record], survives: int = 3) -> None:
        """Handle a batch; of outputs, first and second table only the first `survives` get written."""
        first, second = rows(self.first), rows(self.second)
        hop: LinkHop | TrackHop
        if topic == LINK_EVENTS:
            hop = LinkHop(first, second, 0, 1, strict=True)
        else:
            hop = TrackHop(first, second, 0, 1, self.books[0], strict=True, candidate=self.books[1])
        outs = [out for record in batch for out in hop.handle(record)]
        hop.save()
        if survives >= 1:
            self.sent += outs
        if survives >= 2:
            self.first = content(first)
        if survives >= 3:
            self.second = content(second)


def rows(stored: dict[bytes, bytes]) -> MemoryRows:
    made = MemoryRows()
    for key, value in stored.items():
        made.put(key, value)
    return made


def content(stored: MemoryRows) -> dict[bytes, bytes]:
    return dict(stored.range(b"", b"\xff\xff", 1_000_000))


def raw_log(seed: int) -> Iterator[Record]:
    """A recording as one partition of each raw topic holds it, marks included."""
    last = None
    for number, raw in enumerate(in_order(small_recording(seed))):
        minute = floor_minute(raw.timestamp)
        if minute != last:
            last = minute
            yield from marks(rfc3339(minute), raw.timestamp, number)
        yield record_of(raw, number)
    assert last is not None
    closing = raw.timestamp + timedelta(microseconds=1)
    yield from marks(rfc3339(closing), closing, number + 1)


def marks(time: str, timestamp: object, number: int) -> Iterator[Record]:
    for topic in RAW_TOPICS:
        yield Record(topic, 0, number, timestamp, None, b"", ((MARK_HEADER, time.encode()),))  # type: ignore[arg-type]


def logged(outs: Sequence[Out], topic: str) -> list[Record]:
    mine = [out for out in outs if out.topic == topic]
    return [Record(topic, 0, n, out.timestamp, out.key, out.value, out.headers) for n, out in enumerate(mine)]


def logs(seed: int) -> tuple[list[Record], list[Record]]:
    """What stands on `link-events` and `shipment-events` for a recording."""
    routed = [out for record in raw_log(seed) for out in route_batch([record])]
    linker = Disk()
    linker.work(LINK_EVENTS, logged(routed, LINK_EVENTS))
    return logged(routed, LINK_EVENTS), with_its_own(logged([*routed, *linker.sent], SHIPMENT_EVENTS))


def with_its_own(log: Sequence[Record]) -> list[Record]:
    """The same log with what the tracker itself writes to it: how far it has got, and what parcels tell each other."""
    hop, whole, waiting = TrackHop(MemoryRows(), MemoryRows(), 0, 1, POLICY, strict=True), [], list(reversed(log))
    while waiting:
        record = waiting.pop()
        whole.append(record)
        waiting += reversed(logged(list(hop.handle(record)), SHIPMENT_EVENTS))
    return whole


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("seed", range(0, 200, 5))
def test_a_crash_between_any_two_writes_changes_nothing(which: int, seed: int) -> None:
    topic, log, dice = (LINK_EVENTS, SHIPMENT_EVENTS)[which], logs(seed)[which], random.Random(seed)
    steady, crashing = Disk(), Disk()
    crash(topic, log, dice, steady, crashing)

    assert distinct(crashing.sent) == distinct(steady.sent)
    assert states(crashing.first) == states(steady.first)
    assert subjects(steady.second) & waiting(steady.first) <= subjects(crashing.second)


@pytest.mark.parametrize("policy", [POLICY, SHADOWED])
@pytest.mark.parametrize("seed", range(0, 200, 20))
def test_a_crash_changes_nothing_in_shadow_either(policy: PolicyBook, seed: int) -> None:
    log, dice = logs(seed)[1], random.Random(seed)
    steady, crashing = Disk(policy, CANDIDATE), Disk(policy, CANDIDATE)
    crash(SHIPMENT_EVENTS, log, dice, steady, crashing)

    assert distinct(crashing.sent) == distinct(steady.sent)
    assert states(crashing.first) == states(steady.first)


def test_the_logs_lead_to_decisions_live_and_in_shadow() -> None:
    told, topics = set(), set()
    for seed in range(0, 200, 20):
        disk = Disk(SHADOWED, CANDIDATE)
        disk.work(SHIPMENT_EVENTS, logs(seed)[1])
        topics |= {out.topic for out in disk.sent}
        told |= {loads(out.value)["shadow"] for out in disk.sent if out.topic == SHADOW_EXCEPTIONS and out.value}
    assert told == {"kind", "policy"}
    assert {SHIPMENTS, SHIPMENT_UPDATES, CUSTOMER_MESSAGES} <= topics


def crash(topic: str, log: list[Record], dice: random.Random, steady: Disk, crashing: Disk) -> None:
    done = 0
    while done < len(log):
        batch = log[done : done + dice.randint(1, 60)]
        steady.work(topic, batch)
        for survives in dice.choices((0, 1, 2), k=dice.randint(0, 2)):
            crashing.work(topic, batch, survives)
        crashing.work(topic, batch)
        done += len(batch)


def distinct(outs: Sequence[Out]) -> set[tuple[str, bytes | None, bytes | None]]:
    return {(out.topic, out.key, out.value) for out in outs}


def states(stored: dict[bytes, bytes]) -> dict[bytes, object]:
    """Rows without the place on the agenda: one that comes too early asks again, so it may differ."""
    return {key: {name: part for name, part in loads(raw).items() if name != "armed"} for key, raw in stored.items()}


def waiting(stored: dict[bytes, bytes]) -> set[bytes]:
    """Whom time alone may still change; an entry of others asks for nothing."""
    rows = {key: loads(raw).get("shipment") for key, raw in stored.items()}
    return {key for key, row in rows.items() if row is None or row.get("next_due") or row.get("forget_at")}


def subjects(agenda: dict[bytes, bytes]) -> set[bytes]:
    """Whom the agenda will ask for."""
    return {key[9:-3] for key in agenda if key[8:9] == b"\x00"}
