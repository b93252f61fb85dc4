"""DHL shipment tracking unified (JSON): one shape for the parcels of many DHL services.

`statusCode` has five values and is coarser than the truth: "delivered" is also said of a parcel at a counter or
back at its sender. `status` is the service's own code: where its table knows that, it decides.
"""

from collections.abc import Iterator
from typing import Final

from rules.normalize import times
from rules.normalize.clocks import country
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, is_error, messages, scans_of_many_zones, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import number
from rules.normalize.reading import fields, items, text
from rules.normalize.services import service_level
from rules.normalize.tables import Row, load_table
from schemas.facts import Location, Scan

_CARRIERS: Final = {
    "express": "dhl_express",
    "parcel-de": "dhl_parcel_de",
    "ecommerce": "dhl_ecommerce",
    "ecommerce-apac": "dhl_ecommerce",
}
"""Services that are carriers of their own here, with tables of their own."""
_SHIPMENT: Final = "$.shipments[]"
_EVENT: Final = f"{_SHIPMENT}.events[]"


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one message of the unified API."""
    return tuple(one for document in messages(raw) for one in unified(document))


def unified(document: Fields) -> Iterator[Scan]:
    """The scans of one unified answer; other DHL senders may send that shape too."""
    if "shipments" in document:
        for shipment in items(document, "shipments"):
            yield from _shipment(shipment)
    elif "events" in document and "id" in document:
        yield from _shipment(document)
    elif not is_error(document, ("title", "detail", "error", "errors")):
        raise unknown_shape("DHL", "a tracking answer")


def _shipment(shipment: Fields) -> tuple[Scan, ...]:
    # The status repeats the latest event, with a Z behind the same digits: it counts only where it stands alone.
    events = items(shipment, "events", _SHIPMENT) or items(shipment, "status", _SHIPMENT)
    if not events:
        return ()
    service = (text(shipment, "service", _SHIPMENT) or "").lower()
    carrier = _CARRIERS.get(service, "dhl_unified")
    product = fields(fields(shipment, "details", _SHIPMENT), "product", _SHIPMENT)
    level = "express" if service == "express" else service_level(text(product, "productName", _SHIPMENT))
    bare = number(carrier, text(shipment, "id", _SHIPMENT), f"{_SHIPMENT}.id")
    parcel = Parcel(carrier, bare, load_table("dhl_unified").version, service_level=level)
    promised = times.iso(text(shipment, "estimatedTimeOfDelivery", _SHIPMENT))
    return scans_of_many_zones(
        parcel, events, lambda event: _event(event, service), newest_first=True, estimate=promised.at
    )


def _event(event: Fields, service: str) -> Reading:
    coarse, own = text(event, "statusCode", _EVENT), text(event, "status", _EVENT)
    said = text(event, "description", _EVENT) or text(event, "remark", _EVENT) or own
    code = own if own and " " not in own else None
    where = _place(fields(fields(event, "location", _EVENT), "address", _EVENT))
    moment = times.iso(text(event, "timestamp", _EVENT), times.zone_of(where.country) if where else None)
    told = Told("/".join(part for part in (coarse, code) if part) or None, said, moment, where)
    return told, _row(told, service, code) or _coarse(told, coarse)


def _row(told: Told, service: str, code: str | None) -> Row | None:
    if code is None:
        return None
    if service in _CARRIERS:
        day = told.moment.at.date() if told.moment.at else None
        return load_table(_CARRIERS[service]).find(code.upper(), told.text, day)
    return load_table("dhl_unified").find(f"{service}/{code}", told.text)


def _coarse(told: Told, coarse: str | None) -> Row | None:
    # Seen as pre-transit and as pre_transit.
    return load_table("dhl_unified").find(coarse.lower().replace("_", "-"), told.text) if coarse else None


def _place(address: Fields) -> Location | None:
    path = f"{_EVENT}.location.address"
    locality, code = text(address, "addressLocality", path), country(text(address, "countryCode", path))
    if code is None and "postalCode" not in address:
        return area_place(locality)  # Express names its service area
    return place(locality, None, text(address, "postalCode", path), code)


def area_place(area: str | None) -> Location | None:
    """A service area, its country behind the last dash: `LONDON-HEATHROW - UNITED KINGDOM`, `WOODSIDE,NY-USA`."""
    if area is None:
        return None
    city, _, land = area.rpartition("-")
    code = country(land.strip())
    if code is None:
        return place(area, None, None, None)
    name, comma, region = city.strip().rpartition(",")
    if comma and len(region) == 2:
        return place(name, region, None, code)
    return place(city.strip(), None, None, code)
