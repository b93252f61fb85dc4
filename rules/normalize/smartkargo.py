"""SmartKargo: air cargo events, a flat list in which each names its air waybill and the zone of its place.

A waybill may cover several pieces, and each is a parcel: where a message tells of more than one, the piece's own
reference parts them (`smartkargo:<waybill>:<piece>`). An event that names no piece is every piece's.
"""

from datetime import datetime
from typing import Final

from rules.normalize import stamps, times
from rules.normalize.clocks import zoned
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import number
from rules.normalize.reading import fields, items, several, text
from rules.normalize.tables import load_table
from schemas.facts import Location, Scan

_EVENT: Final = "$[]"


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one SmartKargo message; the events of each waybill are one history."""
    waybills: dict[str, list[Fields]] = {}
    for document in messages(raw):
        for event in _events(document):
            waybills.setdefault(_waybill(event), []).append(event)
    return tuple(
        one
        for written, events in waybills.items()
        for piece, own in _pieces(events)
        for one in _history(written, piece, own)
    )


def _events(document: Fields) -> list[Fields]:
    for key in ("events", "trackingEvents", "data"):
        if key in document:
            return items(document, key)
    if "eventType" in document:
        return [document]
    if {"error", "errors", "message", "status"} & document.keys():
        return []
    raise unknown_shape("SmartKargo", "a list of tracking events")


def _waybill(event: Fields) -> str:
    waybill = text(event, "airWaybill", _EVENT)
    return (text(event, "prefix", _EVENT) or "") + waybill if waybill else text(event, "packageReference", _EVENT) or ""


def _pieces(events: list[Fields]) -> list[tuple[str | None, list[Fields]]]:
    """The events of each piece of a waybill; a single piece needs no name of its own."""
    named = [text(event, "pieceReference", _EVENT) for event in events]
    pieces = list(dict.fromkeys(name for name in named if name))
    if len(pieces) < 2:
        return [(None, events)]
    told = list(zip(named, events, strict=True))
    return [(piece, [event for name, event in told if name in (piece, None)]) for piece in pieces]


def _history(written: str, piece: str | None, events: list[Fields]) -> tuple[Scan, ...]:
    parcel = Parcel(
        "smartkargo",
        number("smartkargo", written, "$[].airWaybill"),
        load_table("smartkargo").version,
        unique_id=number("smartkargo", piece, "$[].pieceReference") if piece else None,
    )
    estimates = (_estimate(event) for event in events if event.get("estimatedDeliveryDate") is not None)
    estimate = next((at for at in estimates if at), None)
    return parcel_scans(parcel, events, _event, newest_first=True, estimate=estimate)


def _event(event: Fields) -> Reading:
    code = text(event, "eventType", _EVENT)
    where = _place(event)
    told = Told(code, text(event, "description", _EVENT), _moment(event, _zone(where)), where)
    return told, load_table("smartkargo").find(code.upper()) if code else None


def _estimate(event: Fields) -> datetime | None:
    return stamps.read(text(event, "estimatedDeliveryDate", _EVENT), _zone(_place(event))).at


def _moment(event: Fields, zone: times.Zone) -> times.Moment:
    written = text(event, "eventDate", _EVENT)
    moment = stamps.read(written, zone)
    name = text(fields(event, "location", _EVENT), "timezone", _EVENT)
    if moment.at is None or moment.quality not in ("naive", "zone_inferred") or name is None:
        return moment
    naive = stamps.read(written).at
    return zoned(naive.replace(tzinfo=None), name, zone, written) if naive else moment


def _zone(where: Location | None) -> times.Zone:
    return times.zone_of(where.country, where.region) if where else None


def _place(event: Fields) -> Location | None:
    told = fields(event, "location", _EVENT)
    city = text(told, "city", _EVENT) or text(event, "eventLocation", _EVENT)
    return place(city, *several(told, ("state", "zip", "countryId"), _EVENT))
