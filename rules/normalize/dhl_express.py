"""DHL Express: the XML tracking service and MyDHL (JSON).

Times are local to the service area of each scan, so one list holds several zones; the area's country names the
zone where it has one, and where some area's does not, the list's own order counts.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from rules.normalize import clocks, times
from rules.normalize.decode import Fields
from rules.normalize.dhl_unified import area_place, unified
from rules.normalize.feed import Reading, body, is_error, meaning, messages, scans_of_many_zones, unknown_shape
from rules.normalize.history import Parcel, Told
from rules.normalize.names import number
from rules.normalize.reading import fields, items, text
from rules.normalize.tables import load_table
from schemas.facts import Location, Scan

_OLD: Final = "TrackingResponse.AWBInfo"
_OLD_EVENT: Final = f"{_OLD}.ShipmentInfo.ShipmentEvent"
_SHIPMENT: Final = "$.shipments[]"
_EVENT: Final = f"{_SHIPMENT}.events[]"
_ERRORS: Final = ("ShipmentTrackingErrorResponse", "ErrorResponse", "detail", "title", "message")


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one DHL Express message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> Iterator[Scan]:
    answer = _old_answer(body(document))
    if answer is not None:
        for info in _listed(answer, "AWBInfo", "TrackingResponse"):
            yield from _old_shipment(info)
    elif "shipments" in document:
        for shipment in items(document, "shipments"):
            yield from (
                _shipment(shipment) if "shipmentTrackingNumber" in shipment else unified({"shipments": [shipment]})
            )
    elif "Fault" not in body(document) and not is_error(document, _ERRORS):
        raise unknown_shape("DHL Express", "a tracking answer")


def _old_answer(document: Fields) -> Fields | None:
    """The XML answer, or what its Global Web Services (SOAP and REST) wrap it into."""
    wrapped = fields(fields(document, "trackShipmentRequestResponse"), "trackingResponse")
    holder = wrapped if wrapped else document
    return fields(holder, "TrackingResponse") if "TrackingResponse" in holder else None


def _listed(parent: Fields, name: str, path: str) -> list[Fields]:
    """A list of the XML answer; the Global Web Services put `ArrayOf<name>Item` between."""
    found = items(parent, name, path)
    array = f"ArrayOf{name}Item"
    return [inner for one in found for inner in (items(one, array, path) if array in one else [one])]


def _parcel(written: str | None, path: str) -> Parcel:
    table = load_table("dhl_express")
    return Parcel("dhl_express", number("dhl_express", written, path), table.version, service_level="express")


def _old_shipment(info: Fields) -> tuple[Scan, ...]:
    shipment = fields(info, "ShipmentInfo", _OLD)
    events = _listed(shipment, "ShipmentEvent", _OLD) or [
        event
        for piece in _listed(fields(info, "Pieces", _OLD), "PieceInfo", _OLD)
        for event in _listed(piece, "PieceEvent", _OLD)
    ]
    if not events:
        return ()
    parcel = _parcel(text(info, "AWBNumber", _OLD), f"{_OLD}.AWBNumber")
    estimate = _noon((text(shipment, "EstDlvyDate", _OLD) or "")[:10])
    return scans_of_many_zones(parcel, events, _old_event, newest_first=False, estimate=estimate)


def _old_event(event: Fields) -> Reading:
    service = fields(event, "ServiceEvent", _OLD_EVENT)
    where = area_place(text(fields(event, "ServiceArea", _OLD_EVENT), "Description", _OLD_EVENT))
    moment = clocks.moment(text(event, "Date", _OLD_EVENT), text(event, "Time", _OLD_EVENT), _zone(where))
    code = text(service, "EventCode", _OLD_EVENT)
    return _read(Told(code, _one_line(text(service, "Description", _OLD_EVENT)), moment, where))


def _shipment(shipment: Fields) -> tuple[Scan, ...]:
    # A piece repeats the scans of its shipment: they count only where the shipment has none.
    events = items(shipment, "events", _SHIPMENT) or [
        event for piece in items(shipment, "pieces", _SHIPMENT) for event in items(piece, "events", _SHIPMENT)
    ]
    if not events:
        return ()
    parcel = _parcel(text(shipment, "shipmentTrackingNumber", _SHIPMENT), f"{_SHIPMENT}.shipmentTrackingNumber")
    estimate = _noon(text(shipment, "estimatedDeliveryDate", _SHIPMENT))
    return scans_of_many_zones(parcel, events, _event, newest_first=True, estimate=estimate)


def _event(event: Fields) -> Reading:
    areas = items(event, "serviceArea", _EVENT)
    where = area_place(text(areas[0], "description", _EVENT)) if areas else None
    distance = text(event, "GMTOffset", _EVENT)
    moment = clocks.moment(text(event, "date", _EVENT), text(event, "time", _EVENT), _zone(where), zone_name=distance)
    return _read(Told(text(event, "typeCode", _EVENT), text(event, "description", _EVENT), moment, where))


def _read(told: Told) -> Reading:
    return told, meaning(load_table("dhl_express"), replace(told, code=told.code.upper())) if told.code else None


def _zone(where: Location | None) -> times.Zone:
    return times.zone_of(where.country, where.region) if where else None


def _one_line(said: str | None) -> str | None:
    return " ".join(said.split()) if said else None


def _noon(day: str | None) -> datetime | None:
    whole = clocks.day(day)
    return times.day_only(whole, day).at if whole else None
