"""DHL eCommerce (JSON) and its forerunner Global Mail (XML): the same numbers, some with other meanings over time."""

from collections.abc import Iterator
from functools import cache
from typing import Final

from rules.normalize import clocks, times
from rules.normalize.decode import Fields
from rules.normalize.dhl_unified import unified
from rules.normalize.feed import Reading, is_error, meaning, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import number
from rules.normalize.reading import fields, items, text
from rules.normalize.services import service_level
from rules.normalize.tables import Row, load_table
from schemas.facts import Location, Scan

_PACKAGE: Final = "$.packages[]"
_EVENT: Final = f"{_PACKAGE}.events[]"
_OLD: Final = "track.shipment"
_OLD_EVENT: Final = f"{_OLD}.event"
_NUMBERS: Final = ("trackingId", "dhlPackageId", "trackingNumber", "packageId", "trackedValue")
_ERRORS: Final = ("error", "errors", "title", "invalidParams", "meta")


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one DHL eCommerce message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> Iterator[Scan]:
    if "packages" in document:
        for package in items(document, "packages"):
            yield from _package(package)
    elif "events" in document and "package" in document:
        yield from _package(document)
    elif "track" in document:
        for shipment in items(fields(document, "track"), "shipment", "track"):
            yield from _old_shipment(shipment)
    elif "shipments" in document:
        yield from unified(document)
    elif not is_error(document, _ERRORS):
        raise unknown_shape("DHL eCommerce", "a tracking answer")


def _parcel(written: str | None, path: str, level: str | None = None) -> Parcel:
    bare = number("dhl_ecommerce", written, path)
    return Parcel("dhl_ecommerce", bare, load_table("dhl_ecommerce").version, service_level=level)


def _package(package: Fields) -> tuple[Scan, ...]:
    events = items(package, "events", _PACKAGE)
    if not events:
        return ()
    about = fields(package, "package", _PACKAGE)
    known = (text(one, name, _PACKAGE) for name in _NUMBERS for one in (about, package))
    level = service_level(text(about, "productName", _PACKAGE))
    parcel = _parcel(next((one for one in known if one), None), f"{_PACKAGE}.package.trackingId", level)
    estimate = times.iso(text(about, "expectedDelivery", _PACKAGE), midnight_is_day=True).at
    return parcel_scans(parcel, events, _event, newest_first=True, estimate=estimate)


def _event(event: Fields) -> Reading:
    where = _place(text(event, "location", _EVENT), text(event, "postalCode", _EVENT), text(event, "country", _EVENT))
    said = text(event, "primaryEventDescription", _EVENT)
    more = text(event, "secondaryEventDescription", _EVENT)
    moment = clocks.moment(
        text(event, "date", _EVENT),
        text(event, "time", _EVENT),
        times.zone_of(where.country, where.region) if where else None,
        zone_name=text(event, "timeZone", _EVENT),
    )
    code = text(event, "primaryEventId", _EVENT)
    told = Told(code, " - ".join(one for one in (said, more) if one) or None, moment, where)
    by_wording = None if code or not said else _wordings().get(said.upper())
    return told, by_wording or meaning(load_table("dhl_ecommerce"), told)


@cache
def _wordings() -> dict[str, Row]:
    """The list's own wordings that mean one thing whatever their number: the website leaves the number out."""
    rows = load_table("dhl_ecommerce").rows.values()
    meanings: dict[str, set[tuple[str | None, str | None]]] = {}
    for row in rows:
        meanings.setdefault(row.description.upper(), set()).add((row.state, row.reason))
    return {row.description.upper(): row for row in rows if len(meanings[row.description.upper()]) == 1}


def _place(location: str | None, postal_code: str | None, land: str | None) -> Location | None:
    """`Compton, CA, US`; the country may stand in a field of its own."""
    parts = [part.strip() for part in (location or "").split(",")]
    code = clocks.country(parts.pop() if len(parts) > 2 else land)
    region = parts.pop() if len(parts) > 1 else None
    return place(", ".join(parts), region, postal_code, code or ("US" if region and len(region) == 2 else None))


def _old_shipment(shipment: Fields) -> tuple[Scan, ...]:
    events = items(shipment, "event", _OLD)
    if not events:
        return ()
    written = text(shipment, "trackingnumber", _OLD) or text(shipment, "deliveryconfirm", _OLD)
    return parcel_scans(_parcel(written, f"{_OLD}.trackingnumber"), events, _old_event, newest_first=True)


def _old_event(event: Fields) -> Reading:
    names = ("city", "state", "postalcode", "country")
    where = place(*(text(event, name, _OLD_EVENT) for name in names))
    day, written = text(event, "date", _OLD_EVENT), text(event, "time", _OLD_EVENT)
    # `7:42 PM EST`, `12:26 PM ET`: the zone stands behind the clock.
    clock, _, zone_name = (written or "").rpartition(" ")
    if zone_name.upper() in ("AM", "PM", ""):
        clock, zone_name = written or "", ""
    zone = times.zone_of(where.country, where.region) if where else None
    moment = clocks.moment(day, clock or None, zone, order="mdy", zone_name=zone_name or None)
    told = Told(text(event, "code", _OLD_EVENT), text(event, "description", _OLD_EVENT), moment, where)
    return told, meaning(load_table("dhl_ecommerce"), told)
