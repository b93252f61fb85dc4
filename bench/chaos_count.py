"""Counts what a campaign lost or doubled: everything is worked out anew from the input by the pure core."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from rules.loading import load_policy
from rules.pipeline.envelope import ORIGIN_HEADER
from rules.pipeline.hops import TrackHop, route_batch
from rules.pipeline.memory import MemoryRows
from rules.pipeline.records import Out, Record
from rules.pipeline.replay import Replay
from schemas.codec import loads
from schemas.dead_letters import ERRORS, Source
from schemas.recording import RawRecord
from schemas.words import (
    CUSTOMER_MESSAGES,
    DEAD_LETTERS,
    LINK_EVENTS,
    MARK_HEADER,
    NOTIFICATION_RECEIPTS,
    OWNERS,
    RAW_TOPICS,
    SHIPMENT_EVENTS,
    SHIPMENT_UPDATES,
    SHIPMENTS,
    exceptions_topic,
)
from sinks.board.views import View
from sinks.notifier.notices import read_notice
from sinks.notifier.piles import part_of
from streams.records import out_records
from tests.service.harness import Bench, output_of
from tests.service.verdict import verdict

TOLD = (*(exceptions_topic(owner) for owner in OWNERS), CUSTOMER_MESSAGES)
DECIDED = (SHIPMENTS, SHIPMENT_UPDATES, *TOLD)
_AT_ONCE = 8
"""Notifications that one notifier has in hand when Redis goes: it cannot know which of them arrived."""
_VIEW = msgspec.json.Decoder(View)
Line = tuple[str, int, bytes | None, bytes | None]
"""Topic, partition, key, value."""


@dataclass(slots=True)
class Counted:
    """What was found: numbers, and in words everything that must not be."""

    numbers: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def count(bench: Bench, records: Sequence[RawRecord]) -> Counted:
    """All that can be told from the broker's logs: nothing lost, nothing doubled, the outcome of `wismo decide`."""
    found = Counted(numbers={"records": len(records)})
    _routed(bench, len(records), found)
    decided = bench.read(*DECIDED)
    _events(decided, found)
    _replayed(bench, decided, found)
    _outcome(decided, records, found)
    return found


def count_told(bench: Bench, found: Counted, views: Mapping[str, bytes], *, redis_lost: int) -> None:
    """What the notifier told and what the board shows; a Redis that was lost may repeat what was in hand."""
    decided = bench.read(*TOLD)
    notices = [notice for record in decided if (notice := _notice(record)) is not None]
    wanted = {notice.key for notice in notices}
    # Of a digest whose letter had gone when it came: it goes alone.
    alone = {part_of(notice.key, notice.event.message_id) for notice in notices if notice.in_a_digest}
    written = [one for one in bench.read(NOTIFICATION_RECEIPTS) if one.value]
    receipts = Counter(loads(one.value)["idempotency_key"] for one in written)
    lines = Counter(_lines(bench.folder / "notifier.log"))
    for what, ids in (("receipt", receipts), ("notification", lines)):
        found.wrong += [f"no {what} of {key}" for key in sorted(wanted - ids.keys())[:3]]
        found.wrong += [f"a {what} of {key}, that nothing asks for" for key in sorted(ids.keys() - wanted - alone)[:3]]
    again = sum(number - 1 for number in lines.values())
    if again > _AT_ONCE * redis_lost:
        found.wrong.append(f"{again} notifications were sent again, Redis was lost {redis_lost} times")
    found.numbers |= {
        "notified": len(lines), "receipts": len(receipts), "sent_again": again, "redis_lost": redis_lost,
        "receipts_again": len(written) - len({one.key for one in written}),
    }  # fmt: skip
    _board(bench, views, found)


def _routed(bench: Bench, fed: int, found: Counted) -> None:
    """Every raw record became exactly what the router says; each is applied, or parked, or has nothing to say."""
    tally: Counter[str] = Counter()
    wanted, written = _Facts(), _Facts()
    for record in bench.read(*RAW_TOPICS):
        if not _is_mark(record):
            outs = route_batch([record])
            topics = {out.topic for out in outs}
            tally["applied" if topics - {DEAD_LETTERS} else "parked" if topics else "silent"] += 1
            wanted.take(_lines_of(outs, bench.partitions))
    if tally.total() != fed or tally["silent"]:
        found.wrong.append(f"fed {fed}, on the raw topics {tally.total()}, without any effect {tally['silent']}")
    for record in bench.read(LINK_EVENTS, SHIPMENT_EVENTS, DEAD_LETTERS):
        if not _is_mark(record) and _by_router(record):
            written.take([(record.topic, record.partition, record.key, record.value)])
    found.numbers |= {"raw": tally.total(), "applied": tally["applied"], "parked": tally["parked"]}
    found.numbers |= {"facts": len(wanted.names), "facts_again": written.total - len(written.names)}
    lost, more = wanted.names.keys() - written.names.keys(), written.names.keys() - wanted.names.keys()
    if lost or more:
        said = [wanted.names[one] for one in list(lost)[:3]] + [written.names[one] for one in list(more)[:3]]
        found.wrong.append(f"routed: {len(lost)} lost, {len(more)} too many: {said}")
    if written.heard != wanted.heard:
        lost_hours, more_hours = len(wanted.heard - written.heard), len(written.heard - wanted.heard)
        found.wrong.append(f"carriers heard: {lost_hours} hours lost, {more_hours} too many")


class _Facts:
    """What routers wrote or should have. That a carrier was heard in an hour any record of that hour may say."""

    def __init__(self) -> None:
        self.names: dict[bytes, str] = {}
        self.heard: set[tuple[int, str, str]] = set()
        self.total = 0

    def take(self, lines: Iterable[Line]) -> None:
        for line in lines:
            if line[0] == LINK_EVENTS and (line[2] or b"").startswith(b"heard:"):
                link = loads(line[3] or b"{}")
                self.heard.add((line[1], link["carrier"], link["hour"]))
            else:
                self.names[_digest(line)] = f"{line[0]}/{line[1]} {line[2]!r}"
                self.total += 1


def _events(decided: Iterable[Record], found: Counted) -> None:
    """One id, one content; one event a place in a subject's sequence, and no gap."""
    contents: dict[str, tuple[str, bytes]] = {}
    sequences: defaultdict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    total = 0
    for record in decided:
        if record.value is None or _is_mark(record):
            continue
        total += 1
        value = loads(record.value)
        id_, content = value["event_id"], (record.topic, record.value)
        if contents.setdefault(id_, content) != content:
            found.wrong.append(f"{record.topic}: event {id_} twice, with other bytes")
        known = sequences[record.topic, value["subject_id"]]
        if known.setdefault(value["sequence"], id_) != id_:
            found.wrong.append(f"{record.topic}: two events are {value['sequence']} of {value['subject_id']}")
    for place, known in sequences.items():
        if sorted(known) != list(range(1, len(known) + 1)):
            found.wrong.append(f"{place}: a gap in {sorted(known)}")
    found.numbers |= {"events": len(contents), "events_again": total - len(contents)}


def _replayed(bench: Bench, decided: Iterable[Record], found: Counted) -> None:
    """What `shipment-events` holds gives, through the core, the events that were written: byte for byte, in order."""
    written: defaultdict[tuple[str, int], dict[bytes, None]] = defaultdict(dict)
    for record in decided:
        if not _is_mark(record):
            written[record.topic, record.partition][_digest((record.key, record.value))] = None
    wanted: defaultdict[tuple[str, int], dict[bytes, None]] = defaultdict(dict)
    for place, line in _decided_again(bench):
        wanted[place][_digest(line)] = None
    for topic, partition in [(topic, partition) for topic in DECIDED for partition in range(bench.partitions)]:
        ours, theirs = wanted[topic, partition], written[topic, partition]
        if list(ours) != list(theirs):
            lost, more = len(ours.keys() - theirs.keys()), len(theirs.keys() - ours.keys())
            found.wrong.append(f"{topic}/{partition} is not what its facts give: {lost} lost, {more} too many")


def _decided_again(bench: Bench) -> Iterator[tuple[tuple[str, int], tuple[bytes | None, bytes | None]]]:
    policy, count_of = load_policy(None), bench.partitions
    hops = [TrackHop(MemoryRows(), MemoryRows(), p, count_of, policy, strict=True) for p in range(count_of)]
    for record in bench.read(SHIPMENT_EVENTS):
        outs = [out for out in hops[record.partition].handle(record) if out.key]
        for topic, partition, key, value in _lines_of(outs, count_of):
            yield (topic, partition), (key, value)


def _outcome(decided: Iterable[Record], records: Sequence[RawRecord], found: Counted) -> None:
    """State, cases and messages of every shipment as `wismo decide` has them."""
    theirs = verdict(output_of(record) for record in decided)
    ours = verdict(_as_read(out) for out in Replay(load_policy(None)).run(records))
    different = sorted(key for key in {*ours, *theirs} if ours.get(key) != theirs.get(key))
    found.numbers |= {"subjects": len(ours), "subjects_otherwise": len(different)}
    found.wrong += [f"{key} ended otherwise than `wismo decide` says" for key in different[:5]]


def _board(bench: Bench, views: Mapping[str, bytes], found: Counted) -> None:
    """The board shows the last event of every shipment, and none that was taken back."""
    last: dict[str, tuple[int, Any]] = {}
    for record in bench.read(SHIPMENTS):
        if record.value is None:
            last.pop((record.key or b"").decode(), None)
        elif not _is_mark(record):
            value = loads(record.value)
            page = value.get("shipment_id") or value["subject_id"]
            if value["sequence"] > last.get(page, (0, None))[0]:
                last[page] = value["sequence"], value["current_state"]
    shown = {key: _VIEW.decode(raw) for key, raw in views.items()}
    ends = {key: (view.sequences.get(SHIPMENTS), view.state) for key, view in shown.items()}
    # A page may also be there for what has no state: a case of a feed, an update that stands alone.
    shipments = {key for key, (sequence, _) in ends.items() if sequence}
    stale = sorted(key for key in {*last, *shipments} if ends.get(key) != last.get(key))
    found.numbers |= {"on_board": len(shown), "stale_on_board": len(stale)}
    found.wrong += [f"the board shows {ends.get(key)} of {key}, not {last.get(key)}" for key in stale[:3]]


def _lines_of(outs: Iterable[Out], partitions: int) -> Iterator[Line]:
    for out in out_records(outs, partitions):
        yield out.topic, out.partition, out.key, out.value


def _lines(log: Path) -> Iterator[str]:
    for line in log.read_bytes().splitlines():
        if line.startswith(b'{"'):
            yield loads(line)["id"]


def _notice(record: Record) -> Any:
    if record.value is None or _is_mark(record):
        return None
    notice = read_notice(
        Source(topic=record.topic, partition=record.partition, offset=record.offset, timestamp=0, key=record.key,
               value=record.value, headers=record.headers)
    )  # fmt: skip
    return None if notice.withheld else notice


def _as_read(out: Out) -> dict[str, Any]:
    value = loads(out.value) if out.value and out.topic != DEAD_LETTERS else None
    return {"topic": out.topic, "key": (out.key or b"").decode("utf-8", "replace"), "value": value}


def _by_router(record: Record) -> bool:
    if record.topic == DEAD_LETTERS:
        return record.header(f"{ERRORS}topic") in RAW_TOPICS
    return not (record.header(ORIGIN_HEADER) or "").startswith(("link/", "track"))


def _is_mark(record: Record) -> bool:
    return any(name == MARK_HEADER for name, _ in record.headers)


def _digest(parts: tuple[Any, ...]) -> bytes:
    return blake2b(repr(parts).encode(), digest_size=16).digest()
