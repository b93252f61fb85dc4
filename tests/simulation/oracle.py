"""What must be true after every run, worked out from the logs by the pure core and by set logic alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from rules.pipeline.entries import Entry
from rules.pipeline.envelope import ORIGIN_HEADER
from rules.pipeline.fleet.rows import Carrier, Flight, Heard, Hub, Rates
from rules.pipeline.hops import LinkHop, TrackHop, route_batch
from rules.pipeline.memory import MemoryRows
from rules.pipeline.park import poison_letter
from rules.pipeline.records import Out, Record
from rules.pipeline.replay import Replay
from rules.pipeline.track import Row
from schemas.codec import loads
from schemas.recording import RawRecord
from schemas.words import DEAD_LETTERS, LINK_EVENTS, MARK_HEADER, RAW_TOPICS, SHIPMENT_EVENTS
from streams.engine.records import InRecord
from streams.engine.tp import TP
from streams.hops import SHIPMENTS
from streams.records import out_records, record_of
from tests.service.verdict import verdict
from tests.simulation.broker import Log, Stored
from tests.simulation.cluster import CHANGELOGS, OUTPUTS, Ran
from tests.simulation.plan import WHOLE
from tests.simulation.seams import is_poison, policy

_row = msgspec.json.Decoder(Row)
_entry = msgspec.json.Decoder(Entry)
_links = {
    kind: msgspec.json.Decoder(type_)
    for kind, type_ in ((b"flight", Flight), (b"carrier", Carrier), (b"hub", Hub), (b"rates", Rates), (b"heard", Heard))
}

Line = tuple[str, int, bytes | None, bytes | None]
"""Topic, partition, key, value: what makes a record another one."""


def check(ran: Ran) -> list[str]:
    """Everything that is wrong; empty for a good run."""
    if not ran.finished:
        return [f"stuck: not worked off after {ran.world.now:.0f} s"]
    wrong = [*_raw(ran)]
    rows: dict[tuple[str, int], MemoryRows] = {}
    passed: set[Line] = set()
    for partition in range(ran.plan.partitions):
        wrong += _linker(ran, partition, rows)
        wrong += _tracker(ran, partition, rows, passed)
    between = {
        _line(record)
        for record in _log(ran, SHIPMENT_EVENTS)
        if not _is_mark(record) and _origin(record).startswith("track")
    }
    wrong += _differ("passed on between parcels", passed, between)
    wrong += _rows(ran, rows)
    wrong += _events(ran)
    wrong += _verdicts(ran)
    return wrong


def _raw(ran: Ran) -> Iterator[str]:
    """Every raw record became exactly what the router says: facts, links, dead letters."""
    expected: set[Line] = set()
    for topic in RAW_TOPICS:
        for record in _log(ran, topic):
            if not _is_mark(record):
                expected |= set(_lines(_routed(ran, record), ran.plan.partitions))
    written = {
        _line(record)
        for record in (*_log(ran, LINK_EVENTS), *_log(ran, SHIPMENT_EVENTS))
        if not _is_mark(record) and not _origin(record).startswith(("link/", "track"))
    }
    letters = {_line(record) for record in _log(ran, DEAD_LETTERS) if _source(record) in RAW_TOPICS}
    wanted = {line for line in expected if line[0] == DEAD_LETTERS}
    heard = {line for line in expected if _is_heard(line)}
    yield from _differ("routed", expected - wanted - heard, written - heard)
    # That a carrier was heard in an hour is said at least once, by any record of that hour.
    yield from _differ("carriers heard", _hours(heard), _hours(written & heard))
    # A ticket that the linker gives up is a raw record as well; those are asked for with the linker's.
    yield from _differ("dead letters of the router", wanted, {line for line in letters if line in wanted})


def _is_heard(line: Line) -> bool:
    return line[0] == LINK_EVENTS and (line[2] or b"").startswith(b"heard:")


def _hours(heard: Iterable[Line]) -> set[tuple[int, str, str]]:
    said = [(line[1], loads(line[3] or b"{}")) for line in heard]
    return {(partition, link["carrier"], link["hour"]) for partition, link in said}


def _routed(ran: Ran, record: Stored) -> list[Out]:
    plain = _record(record)
    if is_poison("router", record.headers, record.value, ran.plan.poison):
        return [poison_letter(plain, ValueError("poison"), plain.timestamp)]
    return route_batch([plain])


def _linker(ran: Ran, partition: int, rows: dict[tuple[str, int], MemoryRows]) -> Iterator[str]:
    links, due = MemoryRows(), MemoryRows()
    rows["links", partition], rows["links-due", partition] = links, due
    hop = LinkHop(links, due, partition, ran.plan.partitions, policy(), strict=ran.plan.strict)
    expected: set[Line] = set()
    for record in ran.broker.logs[TP(LINK_EVENTS, partition)].records:
        expected |= set(_lines(_handled(ran, "linker", hop, record), ran.plan.partitions))
    hop.save()
    wanted = {line for line in expected if line[0] == SHIPMENT_EVENTS}
    written = {
        _line(record)
        for record in _log(ran, SHIPMENT_EVENTS)
        if not _is_mark(record) and _origin(record) == f"link/{partition}"
    }
    if ran.plan.batch_rows < WHOLE and not ran.steady:
        # Where a write ended half way the same fact may be told with another position: its id is what it is known by.
        wanted, written = set(map(_fact, wanted)), set(map(_fact, written))
    yield from _differ(f"linked by partition {partition}", wanted, written)
    given_up = {line for line in expected if line[0] == DEAD_LETTERS}
    letters = {_line(record) for record in _log(ran, DEAD_LETTERS)}
    yield from _differ("dead letters of the linker", given_up, given_up & letters)


def _fact(line: Line) -> Line:
    return (*line[:3], loads(line[3] or b"{}")["fact_id"].encode())


def _tracker(ran: Ran, partition: int, rows: dict[tuple[str, int], MemoryRows], passed: set[Line]) -> Iterator[str]:
    """The log of `shipment-events` through the core gives the same bytes, in the same order."""
    shipments, due = MemoryRows(), MemoryRows()
    rows["shipments", partition], rows["due", partition] = shipments, due
    hop = TrackHop(shipments, due, partition, ran.plan.partitions, policy(), strict=ran.plan.strict)
    expected: defaultdict[str, list[Line]] = defaultdict(list)
    for record in ran.broker.logs[TP(SHIPMENT_EVENTS, partition)].records:
        for line in _lines(_handled(ran, "tracker", hop, record), ran.plan.partitions):
            expected[line[0]].append(line)
    hop.save()
    passed |= set(expected[SHIPMENT_EVENTS])
    for topic in OUTPUTS:
        written = [_line(record) for record in ran.broker.logs[TP(topic, partition)].records]
        wanted = list(dict.fromkeys(expected[topic]))
        if topic == DEAD_LETTERS:
            yield from _differ("dead letters of the tracker", set(wanted), set(wanted) & set(written))
            continue
        once = list(dict.fromkeys(written))
        if once != wanted:
            yield from _differ(f"decided in {topic}/{partition}", set(wanted), set(once))
            if set(once) == set(wanted):
                yield f"{topic}/{partition}: the same events in another order"


def _handled(ran: Ran, stage: str, hop: LinkHop | TrackHop, record: Stored) -> list[Out]:
    plain = _record(record)
    if is_poison(stage, record.headers, record.value, ran.plan.poison):
        return [poison_letter(plain, ValueError("poison"), plain.timestamp)]
    return [out for out in hop.handle(plain) if out.key is not None]


def _rows(ran: Ran, rows: dict[tuple[str, int], MemoryRows]) -> Iterator[str]:
    """What the changelogs add up to is what the logs add up to, and what each owner has."""
    for changelog in CHANGELOGS:
        table = changelog.removeprefix("wismo-").removesuffix("-changelog")
        for partition in range(ran.plan.partitions):
            stored = _folded(ran.broker.logs[TP(changelog, partition)])
            wanted = dict(rows[table, partition].range(b"", b"\xff\xff", 1_000_000))
            if table.endswith("due"):
                missing = _subjects(wanted) - _subjects(stored)
                if missing:
                    yield f"{table}/{partition}: the agenda lost {sorted(missing)[:3]}"
            else:
                states = _states(table, _exact(ran, wanted)), _states(table, _exact(ran, stored))
                yield from _unequal(f"rows of {table}/{partition}", *states)
            yield from _owned(ran, table, partition, stored)


def _exact(ran: Ran, rows: dict[bytes, bytes]) -> dict[bytes, bytes]:
    """Without the tallies of carriers and places, where a write may end half way.

    Such a tally counts a message twice or not at all when a crash parts it from the row that says it was counted.
    """
    if ran.plan.batch_rows >= WHOLE or ran.steady:
        return rows
    return {key: row for key, row in rows.items() if not key.startswith((b"rates:", b"hub:", b"carrier:"))}


def _owned(ran: Ran, table: str, partition: int, stored: dict[bytes, bytes]) -> Iterator[str]:
    for app in ran.apps_of(partition):
        rows = app.tables[table].rows
        scanned = {key: rows.get(partition, key) for key in stored}
        if scanned != stored:
            changed = sorted(key for key in stored if scanned[key] != stored[key])
            yield f"{table}/{partition}: the owner's rows are not the changelog's: {changed[:3]}"


def _events(ran: Ran) -> Iterator[str]:
    """One event id, one content; no gap in a subject's sequence; nothing twice where nothing went wrong."""
    bytes_of: dict[str, tuple[str, bytes]] = {}
    sequences: defaultdict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    for topic in OUTPUTS[:-1]:
        records = _log(ran, topic)
        for record in records:
            if record.value:
                yield from _event(record, loads(record.value), bytes_of, sequences)
        if ran.steady and len(records) != len({_line(record) for record in records}):
            yield f"{topic}: a record was written twice though nothing was repeated"
    for (topic, subject), known in sequences.items():
        if sorted(known) != list(range(1, len(known) + 1)):
            yield f"{topic}: {subject} has a gap: {sorted(known)}"


def _event(
    record: Stored,
    value: Any,
    bytes_of: dict[str, tuple[str, bytes]],
    sequences: dict[tuple[str, str], dict[int, str]],
) -> Iterator[str]:
    topic, id_ = record.topic, value["event_id"]
    said = (topic, record.value or b"")
    if bytes_of.setdefault(id_, said) != said:
        yield f"{topic}: event {id_} with other bytes"
    known = sequences[topic, value["subject_id"]]
    if known.setdefault(value["sequence"], id_) != id_:
        yield f"{topic}: {value['subject_id']} has two events of sequence {value['sequence']}"


def _verdicts(ran: Ran) -> Iterator[str]:
    """State, cases and messages of every shipment as `wismo decide` has them."""
    if not ran.plan.strict or {"linker", "tracker"} & set(ran.plan.poison) or ran.plan.lost_marks:
        return
    theirs = verdict(
        {
            "topic": r.topic,
            "key": (r.key or b"").decode("utf-8", "replace"),
            "value": loads(r.value) if r.value else None,
        }
        for topic in OUTPUTS[:-1]
        for r in _log(ran, topic)
    )
    ours = _decided(tuple(ran.feed.records))
    if theirs != ours:
        different = sorted(key for key in {*ours, *theirs} if ours.get(key) != theirs.get(key))
        first = _first_difference(ours, theirs, different[0])
        yield f"another outcome than `wismo decide` for {different[:3]}: {first}"


_known: dict[int, Any] = {}


def _decided(records: tuple[RawRecord, ...]) -> Any:
    """The pure core over the recording; recordings come again, so their outcome is kept."""
    key = hash(tuple((r.timestamp, r.topic, r.key, r.value) for r in records))
    if key not in _known:
        outs = Replay(policy()).run(records)
        _known[key] = verdict(
            {
                "topic": out.topic,
                "key": (out.key or b"").decode("utf-8", "replace"),
                "value": loads(out.value) if out.value and out.topic != DEAD_LETTERS else None,
            }
            for out in outs
        )
    return _known[key]


def _first_difference(ours: Any, theirs: Any, key: str) -> str:
    mine, other = ours.get(key), theirs.get(key)
    if mine is None or other is None:
        return "there is none" if other is None else "there is one"
    return "; ".join(deviations(mine, other))[:600]


def deviations(wanted: Any, found: Any, path: str = "") -> Iterator[str]:
    """Where two nested values part."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key in sorted({*wanted, *found}, key=str):
            if wanted.get(key) != found.get(key):
                yield from deviations(wanted.get(key), found.get(key), f"{path}.{key}")
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
            if one != other:
                yield from deviations(one, other, f"{path}[{number}]")
    else:
        yield f"{path.lstrip('.')}: {str(wanted)[:120]} became {str(found)[:120]}"


def _differ(what: str, wanted: Any, found: Any) -> Iterator[str]:
    lost, more = wanted - found, found - wanted
    if lost:
        yield f"{what}: lost {len(lost)}: {str(sorted(map(str, lost))[0])[:400]}"
    if more:
        yield f"{what}: {len(more)} too many: {str(sorted(map(str, more))[0])[:400]}"


# -- reading logs


def _log(ran: Ran, topic: str) -> list[Stored]:
    return [record for p in range(ran.plan.partitions) for record in ran.broker.logs[TP(topic, p)].records]


def _record(stored: Stored) -> Record:
    place = (stored.topic, stored.partition, stored.offset, stored.timestamp)
    return record_of(InRecord(*place, stored.key, stored.value, stored.headers))


def _lines(outs: Iterable[Out], partitions: int) -> list[Line]:
    made = out_records([out for out in outs if out.key is not None or out.topic == DEAD_LETTERS], partitions)
    return [(out.topic, out.partition, out.key, out.value) for out in made]


def _line(record: Stored) -> Line:
    return (record.topic, record.partition, record.key, record.value)


def _is_mark(record: Stored) -> bool:
    return any(name == MARK_HEADER for name, _ in record.headers)


def _origin(record: Stored) -> str:
    return dict(record.headers).get(ORIGIN_HEADER, b"").decode()


def _source(record: Stored) -> str:
    return next((value.decode() for name, value in record.headers if name.endswith("topic")), "")


def _folded(log: Log) -> dict[bytes, bytes]:
    rows: dict[bytes, bytes] = {}
    for record in log.records:
        assert record.key is not None
        if record.value is None:
            rows.pop(record.key, None)
        else:
            rows[record.key] = record.value
    return rows


def _states(table: str, stored: dict[bytes, bytes]) -> dict[bytes, Any]:
    """Rows without the place on the agenda: one that comes too early asks again, so it may differ."""
    rows: dict[bytes, Any] = {key: _decoder(table, key).decode(raw) for key, raw in stored.items()}
    for row in rows.values():
        if hasattr(row, "armed"):
            row.armed = None
    return rows


def _decoder(table: str, key: bytes) -> Any:
    return _row if table == SHIPMENTS else _links.get(key.split(b":")[0].split(b"@")[0], _entry)


def _unequal(what: str, wanted: dict[bytes, Any], found: dict[bytes, Any]) -> Iterator[str]:
    if wanted != found:
        plain = {key: msgspec.to_builtins(row) for key, row in wanted.items()}
        theirs = {key: msgspec.to_builtins(row) for key, row in found.items()}
        yield f"{what}: {'; '.join(deviations(plain, theirs))[:500]}"


def _subjects(agenda: dict[bytes, bytes]) -> set[bytes]:
    return {key[9:-3] for key in agenda if key[8:9] == b"\x00"}
