"""Hermes Germany: the shipment information API (JSON)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from rules.normalize import clocks, times
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, is_error, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import number
from rules.normalize.reading import fields, items, text
from rules.normalize.tables import load_table
from schemas.facts import Scan

_SHIPMENT: Final = "$.shipmentinfo[]"
_STATUS: Final = f"{_SHIPMENT}.status[]"


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one Hermes message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> Iterator[Scan]:
    if "shipmentinfo" in document:
        for shipment in items(document, "shipmentinfo"):
            yield from _shipment(shipment)
    elif "shipmentID" in document:
        yield from _shipment(document)
    elif not is_error(document, ("error", "errors", "listOfResultCodes", "message", "code")):
        raise unknown_shape("Hermes", "a shipmentinfo answer")


def _shipment(shipment: Fields) -> tuple[Scan, ...]:
    events = items(shipment, "status", _SHIPMENT)
    if not events:
        return ()  # not found: a result instead of a status
    bare = number("hermes_de", text(shipment, "shipmentID", _SHIPMENT), f"{_SHIPMENT}.shipmentID")
    parcel = Parcel("hermes_de", bare, load_table("hermes_de").version)
    return parcel_scans(parcel, events, _event, newest_first=False, estimate=_estimate(shipment))


def _event(event: Fields) -> Reading:
    unit = fields(event, "scanningUnit", _STATUS)
    land = clocks.country(text(unit, "countryCode", _STATUS))
    where = place(text(unit, "city", _STATUS), None, None, land)
    code, said = text(event, "code", _STATUS), text(event, "description", _STATUS)
    moment = times.iso(text(event, "timestamp", _STATUS), times.zone_of(land or "DE"))
    # A code sent as a number has lost its zeros.
    row = load_table("hermes_de").find(code.zfill(4), said) if code else None
    return Told(code, said, moment, where), row


def _estimate(shipment: Fields) -> datetime | None:
    forecast = fields(shipment, "deliveryForecast", _SHIPMENT)
    until = clocks.clock(text(fields(forecast, "timeSlot", _SHIPMENT), "to", _SHIPMENT))
    day = clocks.day(text(forecast, "date", _SHIPMENT))
    if day is None:
        return None
    return (
        times.local(datetime.combine(day, until), times.zone_of("DE"), None).at
        if until
        else times.day_only(day, None).at
    )
