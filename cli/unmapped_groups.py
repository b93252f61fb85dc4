"""Parked messages with unmapped codes, grouped by who sent which code with which text."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cli.letters import Letter
from rules.pipeline.park import parked_letter
from rules.pipeline.replay import in_order, record_of
from rules.pipeline.route import route
from rules.pipeline.unmapped import Reread, reread
from schemas.codec import rfc3339
from schemas.dead_letters import Source, read_errors, scrub
from schemas.facts import Scan
from schemas.recording import RawRecord
from schemas.words import DEAD_LETTERS

REASON: Final = "unmapped_code"
UNKNOWN, KNOWN, UNREADABLE = "unknown", "mapped now", "unreadable"
_TEXT: Final = 120


@dataclass(frozen=True, slots=True)
class Parked:
    """One parked message and what today's tables make of it."""

    letter: Letter
    source: str
    again: Reread

    @property
    def origin(self) -> str:
        """The record it was, as topic/partition/offset."""
        said = self.letter.errors
        return "/".join((self.letter.topic, said.get("partition", "?"), said.get("offset", "?")))


@dataclass(slots=True)
class Group:
    """One code with one text from one sender."""

    source: str
    carrier: str
    code: str | None
    text: str | None
    status: str
    example: Parked
    scan: Scan | None
    """The scan meant in the example; None where the message cannot be read today."""
    letters: set[str] = field(default_factory=set)
    shipments: set[str] = field(default_factory=set)
    times: list[datetime] = field(default_factory=list)

    def add(self, parked: Parked, scan: Scan | None) -> None:
        """Count one more scan."""
        self.letters.add(parked.letter.place)
        self.times.append(parked.letter.parked_at)
        if scan is not None:
            self.shipments.add(scan.shipment_id)

    def shown_text(self, *, reveal: bool) -> str:
        """The text as the sender wrote it, or without what may name a person."""
        return (self.text or "") if reveal else scrub(self.text or "", _TEXT)

    def row(self, *, reveal: bool) -> dict[str, Any]:
        """What a list shows of it."""
        number = self.scan.tracking_number if self.scan else ""
        return {
            "source": self.source,
            "carrier": self.carrier,
            "code": self.code,
            "text": self.shown_text(reveal=reveal),
            "status": self.status,
            "count": len(self.letters),
            "shipments": len(self.shipments),
            "first_seen": rfc3339(min(self.times)),
            "last_seen": rfc3339(max(self.times)),
            "example": self.example.origin,
            "letter": self.example.letter.place,
            "tracking_number": number if reveal else _masked(number),
        }


def parked_in(letters: Iterable[Letter]) -> Iterator[Parked]:
    """The letters that hold unmapped codes, read again."""
    for letter in letters:
        if letter.errors.get("reason") == REASON:
            source = next((raw for name, raw in reversed(letter.source.headers) if name == "source"), None)
            sender = (source or b"").decode("utf-8", "replace")
            yield Parked(letter, sender, reread(sender, letter.source.value, letter.errors.get("scan", "")))


def groups_of(parked: Iterable[Parked], carrier: str | None = None) -> list[Group]:
    """Groups by count, the most frequent first; `carrier` is a carrier or a source."""
    groups: dict[tuple[object, ...], Group] = {}
    for one in parked:
        for status, scan, code in _scans(one):
            who = scan.carrier if scan else ""
            text = scan.description if scan else None
            if carrier in (None, who, one.source):
                key = (one.source, who, code, text, status)
                found = groups.setdefault(key, Group(one.source, who, code, text, status, one, scan))
                found.add(one, scan)
    order = sorted(groups.values(), key=lambda one: (one.source, one.carrier, one.code or "", one.text or ""))
    return sorted(order, key=lambda one: (len(one.letters), len(one.shipments)), reverse=True)


def letters_in(records: Iterable[RawRecord]) -> Iterator[Letter]:
    """The letters that the service would park of a recording's scans, each at its place in the recording."""
    for number, raw in enumerate(in_order(records)):
        if raw.topic != "carrier-scans":
            continue
        for parked in route(record_of(raw, number)).parked:
            out = parked_letter(parked)
            stamp = int(out.timestamp.timestamp() * 1000)
            source = Source(
                topic=DEAD_LETTERS,
                partition=out.partition or 0,
                offset=number,
                timestamp=stamp,
                key=out.key,
                value=out.value,
                headers=out.headers,
            )
            yield Letter(source, read_errors(out.headers))


def _masked(number: str) -> str:
    return f"…{number[-4:]}" if len(number) > 2 * 4 else "…" * bool(number)


def _scans(parked: Parked) -> Iterator[tuple[str, Scan | None, str | None]]:
    if parked.again.problem:
        yield from ((UNREADABLE, None, code) for code in parked.again.codes or (None,))
        return
    yield from ((UNKNOWN, scan, scan.code) for scan in parked.again.unknown)
    yield from ((KNOWN, scan, scan.code) for scan in parked.again.known)
