"""OnTrac and LaserShip, which became one carrier: tracking answers (JSON) of either's shape, and OnTrac's older XML.

The older service's two-letter statuses stand in no list; its texts, in capitals, are those of the website.
"""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from rules.normalize import stamps, times
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, is_error, meaning, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import number
from rules.normalize.reading import fields, items, text
from rules.normalize.tables import load_table
from schemas.facts import Location, Scan

_PACKAGE: Final = "$.Packages[]"
_EVENT: Final = "Events[]"
_OLD: Final = "Shipments"
_ERRORS: Final = ("Error", "ErrorMessage", "error", "errors", "message", "Message")


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one OnTrac message."""
    return _scans(raw, "ontrac")


def lasership(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one LaserShip message."""
    return _scans(raw, "lasership")


def _scans(raw: bytes, sender: str) -> tuple[Scan, ...]:
    return tuple(one for document in messages(raw) for one in _message(document, sender))


def _message(document: Fields, sender: str) -> Iterator[Scan]:
    if "Packages" in document:
        for package in items(document, "Packages"):
            yield from _package(package)
    elif "Pieces" in document:
        for piece in items(document, "Pieces"):
            yield from _piece(piece, document)
    elif (old := _old_answer(document)) is not None:
        for shipment in items(fields(old, "Shipments", _OLD), "Shipment", _OLD):
            yield from _old_shipment(shipment)
    elif not is_error(document, _ERRORS):
        raise unknown_shape(sender, "a tracking answer")


def _package(package: Fields) -> tuple[Scan, ...]:
    events = items(package, "Events", _PACKAGE)
    if not events:
        return ()
    bare = number("ontrac", text(package, "Tracking", _PACKAGE), f"{_PACKAGE}.Tracking")
    parcel = Parcel("ontrac", bare, load_table("ontrac").version)
    # Called UTC, but sent with its offset.
    estimate = times.iso(text(package, "UtcExpectedDeliveryDateTime", _PACKAGE)).at
    return parcel_scans(parcel, events, _event, newest_first=True, estimate=estimate)


def _event(event: Fields) -> Reading:
    where = _place(event)
    zone = times.zone_of(where.country, where.region) if where else None
    said = text(event, "EventShortDescription", _EVENT) or text(event, "Status", _EVENT)
    told = Told(
        text(event, "EventCode", _EVENT), said, times.iso(text(event, "ZonedEventDateTime", _EVENT), zone), where
    )
    # The coarse status ("Departed", also of a parcel out for delivery) says less than the code and is not read.
    return told, meaning(load_table("ontrac"), told)


def _piece(piece: Fields, order: Fields) -> tuple[Scan, ...]:
    """LaserShip tells the scans of the whole order; every piece of it has them."""
    events = items(order, "Events")
    if not events:
        return ()
    bare = number("lasership", text(piece, "TrackingNumber", "$.Pieces[]"), "$.Pieces[].TrackingNumber")
    parcel = Parcel("lasership", bare, load_table("lasership").version)
    estimate = times.iso(text(order, "EstimatedDeliveryDate")).at
    return parcel_scans(parcel, events, _piece_event, newest_first=True, estimate=estimate)


def _piece_event(event: Fields) -> Reading:
    where = _place(event)
    written = text(event, "DateTime", _EVENT)
    moment = times.iso(text(event, "UTCDateTime", _EVENT))
    if moment.at is None:
        moment = times.iso(written, times.zone_of(where.country, where.region) if where else None)
    elif moment.quality == "naive":
        moment = replace(moment, quality="gmt_field", raw=written or moment.raw)
    told = Told(text(event, "EventType", _EVENT), text(event, "EventShortText", _EVENT), moment, where)
    return told, meaning(load_table("lasership"), told)


def _old_answer(document: Fields) -> Fields | None:
    """The element around the shipments, whose name differs between the service's versions."""
    return next((one for one in document.values() if isinstance(one, dict) and "Shipments" in one), None)


def _old_shipment(shipment: Fields) -> tuple[Scan, ...]:
    events = items(fields(shipment, "Events", _OLD), "Event", _OLD)
    if not events:
        return ()
    bare = number("ontrac", text(shipment, "Tracking", _OLD), f"{_OLD}.Shipment.Tracking")
    parcel = Parcel("ontrac", bare, load_table("ontrac").version)
    estimate = times.iso(text(shipment, "Exp_Del_Date", _OLD), midnight_is_day=True).at
    return parcel_scans(parcel, events, _old_event, newest_first=True, estimate=estimate)


def _old_event(event: Fields) -> Reading:
    where = _place({**event, "PostalCode": event.get("Zip")})
    zone = times.zone_of(where.country, where.region) if where else None
    moment = stamps.read(text(event, "EventTime", _OLD), zone)
    told = Told(text(event, "Status", _OLD), text(event, "Description", _OLD), moment, where)
    return told, meaning(load_table("ontrac"), told) or load_table("ontrac").find("*", told.text)


def _place(event: Fields) -> Location | None:
    city, region, postal_code, country = (
        text(event, name, _EVENT) for name in ("City", "State", "PostalCode", "Country")
    )
    return place(city, region, postal_code, country or ("US" if region else None))
