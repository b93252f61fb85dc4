"""First hop: bytes of a raw topic become facts, link events, or dead letters with a reason."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import TypedDict

from msgspec import Struct

from rules.normalize import parse_action, parse_order, parse_scans, parse_ticket
from rules.pipeline.envelope import IMPORT_HEADER, POSITION_HEADER, TRACE_HEADER
from rules.pipeline.records import Record
from schemas.codec import digest
from schemas.facts import ActionFact, Fact, Rejected, Scan, ScansFact, TicketChange, subject_key
from schemas.links import FlightLink, HeardLink, Link, NumberLink, OrderLink, RawOrigin, TicketLink

MAX_AHEAD = timedelta(hours=48)
"""A scan that happened later than this after we heard of it has a broken clock; zones explain at most 14 h."""

MAX_KEPT_BYTES = 16 * 1024
"""A ticket event's own bytes are kept beside it up to this size; of a longer one, what we understood of it."""
_MOST_TOLD = 10_000
_CARRIERS_DELAY = frozenset(("weather", "carrier_capacity", "carrier_delay", "force_majeure", "service_unavailable"))
_ENDS = frozenset(("delivered", "returned", "damaged"))


class Parked(Struct, frozen=True):
    """A raw record that goes to the dead letters, whole or in part, and why."""

    record: Record
    rejected: Rejected
    scans: tuple[str, ...] = ()
    """The codes of the scans meant, where the other scans of the message apply."""


@dataclass(slots=True)
class Routed:
    """What one raw record became. Each link goes to the partition of its key, None meaning every partition."""

    facts: list[Fact] = field(default_factory=list)
    links: list[tuple[str | None, str, Link]] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)


def route(record: Record) -> Routed:
    """Turn one raw record into what the next hops need. Never raises on any bytes."""
    routed = Routed()
    source, value = record.header("source"), record.value
    if source is None:
        message = "no Kafka header `source`: set it to the sender's name (contract: Raw input) and send again"
        routed.parked.append(Parked(record, Rejected(reason="unknown_type", message=message)))
    elif value is None:
        message = "the record has no value (a tombstone): raw topics carry events; send the event's bytes"
        routed.parked.append(Parked(record, Rejected(reason="undecodable", message=message)))
    else:
        _BY_TOPIC[record.topic](routed, record, source, value)
    return routed


def _scans(routed: Routed, record: Record, source: str, raw: bytes) -> None:
    parsed = parse_scans(source, raw)
    if isinstance(parsed, Rejected):
        routed.parked.append(Parked(record, parsed))
        return
    usable = [scan for scan in parsed if not _impossible(scan, record)]
    impossible = tuple(scan.code or scan.raw_time or "" for scan in parsed if _impossible(scan, record))
    if impossible:
        message = f"{len(impossible)} scan(s) lie more than {MAX_AHEAD} in the future: correct their times and replay"
        routed.parked.append(Parked(record, _invalid(message), impossible))
    unmapped = tuple(dict.fromkeys(scan.code or scan.description or "" for scan in usable if not scan.mapped))
    if unmapped:
        message = f"no table knows the code(s) {', '.join(unmapped)[:200]}: complete the carrier table and replay"
        rejected = Rejected(reason="unmapped_code", message=message, stage="validate")
        routed.parked.append(Parked(record, rejected, unmapped))
    for shipment, scans in _by_shipment(usable):
        _add_scans(routed, record, shipment, scans)


def _add_scans(routed: Routed, record: Record, shipment: str, scans: tuple[Scan, ...]) -> None:
    common = _common(record, len(routed.facts))
    ids = tuple([scan.remembered_as for scan in scans])
    # Part of it is what was understood, so that a table completed since makes another fact of the same message.
    fact_id = digest("scans", shipment, *ids, *[f"{scan.state}/{scan.mapped}" for scan in scans])
    routed.facts.append(
        ScansFact(fact_id=fact_id, shipment_id=shipment, now=record.timestamp, scans=scans, ids=ids, **common)
    )
    number = scans[0].tracking_number
    key = f"number:{number}"
    routed.links.append((key, key, NumberLink(number=number, shipment_id=shipment, **common)))
    key = subject_key("carrier", scans[0].carrier)
    routed.links.append((key, key, _flight(shipment, scans, common)))


Told = set[tuple[str, datetime]]
"""Carriers and the hours in which they were heard, as far as that was said already."""


def heard_links(record: Record, routed: Routed, told: Told) -> Iterator[tuple[None, str, HeardLink]]:
    """Carriers heard of in this hour for the first time.

    `told` remembers for which hours that was said already; one who starts anew may say it again without harm.
    """
    flights = [link for _, _, link in routed.links if type(link) is FlightLink]
    if not flights:
        return
    hour = record.timestamp.replace(minute=0, second=0, microsecond=0)
    for link in flights:
        if (link.carrier, hour) not in told:
            if len(told) >= _MOST_TOLD:
                told.clear()
            told.add((link.carrier, hour))
            yield None, f"heard:{link.carrier}", HeardLink(carrier=link.carrier, hour=hour, **_common(record, 0))


def _flight(shipment: str, scans: tuple[Scan, ...], common: "_Common") -> FlightLink:
    """Where the parcel is, as far as this message says."""
    last = next((scan for scan in reversed(scans) if scan.state not in (None, "label_created")), None)
    if last is None or last.occurred_at is None:
        return FlightLink(carrier=scans[0].carrier, shipment_id=shipment, **common)
    where = last.location
    place = ", ".join([part for part in (where.city, where.region, where.country) if part]) if where else ""
    return FlightLink(
        carrier=last.carrier,
        shipment_id=shipment,
        at=last.occurred_at,
        place=place.upper() or None,
        stuck=last.state == "delayed" and last.reason in _CARRIERS_DELAY,
        over=last.state in _ENDS and "returning" not in last.flags,
        **common,
    )


def _orders(routed: Routed, record: Record, source: str, raw: bytes) -> None:
    parsed = parse_order(source, raw)
    if isinstance(parsed, Rejected):
        routed.parked.append(Parked(record, parsed))
        return
    for change in parsed:
        key = f"order:{change.order_id}"
        routed.links.append((key, key, OrderLink(change=change, **_common(record, len(routed.links)))))
        for parcel in change.shipments:
            number = f"number:{parcel.tracking_number}"
            common = _common(record, len(routed.links))
            link = NumberLink(number=parcel.tracking_number, shipment_id=parcel.shipment_id, **common)
            routed.links.append((number, number, link))


def _tickets(routed: Routed, record: Record, source: str, raw: bytes) -> None:
    parsed = parse_ticket(source, raw)
    if isinstance(parsed, Rejected):
        routed.parked.append(Parked(record, parsed))
        return
    for ticket in parsed:
        place, key = ticket_key(ticket)
        link = TicketLink(ticket=ticket, origin=_origin(record), **_common(record, len(routed.links)))
        routed.links.append((place, key, link))


def _actions(routed: Routed, record: Record, source: str, raw: bytes) -> None:
    parsed = parse_action(source, raw)
    if isinstance(parsed, Rejected):
        routed.parked.append(Parked(record, parsed))
        return
    subject = parsed.subject or "shipment"
    key = subject_key(subject, parsed.shipment_id)
    fact_id = digest("action", key, raw.hex())
    common = _common(record, 0)
    routed.facts.append(
        ActionFact(fact_id=fact_id, shipment_id=key, subject=subject, now=record.timestamp, action=parsed, **common)
    )


_BY_TOPIC = {
    "carrier-scans": _scans,
    "order-events": _orders,
    "ticket-events": _tickets,
    "operator-actions": _actions,
}


def ticket_key(ticket: TicketChange) -> tuple[str | None, str]:
    """(place, key) of a ticket event: its order's or number's partition, else every partition."""
    if ticket.order_id:
        return f"order:{ticket.order_id}", f"order:{ticket.order_id}"
    if ticket.tracking_number:
        return f"number:{ticket.tracking_number}", f"number:{ticket.tracking_number}"
    if ticket.customer_id:
        return None, f"customer:{ticket.customer_id}"
    return None, f"ticket:{ticket.ticket_id}"


def position_of(record: Record) -> str:
    """A sortable place in the topic: that of the recording where it was recorded, else partition and offset."""
    return record.header(POSITION_HEADER) or f"{record.partition:05d}/{record.offset:016d}"


class _Common(TypedDict):
    """What facts and link events have in common."""

    received_at: datetime
    source: str
    topic: str
    position: str
    imported: bool
    trace: str | None


def _common(record: Record, index: int) -> _Common:
    return {
        "received_at": record.timestamp,
        "source": record.header("source") or "",
        "topic": record.topic,
        "position": f"{position_of(record)}/{index:04d}",
        "imported": record.header(IMPORT_HEADER) is not None,
        "trace": record.header(TRACE_HEADER),
    }


def _origin(record: Record) -> RawOrigin:
    return RawOrigin(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=record.timestamp,
        value=record.value if len(record.value or b"") <= MAX_KEPT_BYTES else None,
        source=record.header("source"),
    )


def _by_shipment(scans: Iterable[Scan]) -> list[tuple[str, tuple[Scan, ...]]]:
    ordered = sorted(scans, key=lambda scan: scan.shipment_id)  # stable: true order within a shipment stays
    return [(shipment, tuple(group)) for shipment, group in groupby(ordered, key=lambda scan: scan.shipment_id)]


def _impossible(scan: Scan, record: Record) -> bool:
    return scan.occurred_at is not None and scan.occurred_at - record.timestamp > MAX_AHEAD


def _invalid(message: str) -> Rejected:
    return Rejected(reason="semantic_invalid", message=message, stage="validate")
