"""bpost: item tracking (XML), one `stateInfo` a scan, times local to Belgium."""

from typing import Final

from rules.normalize import times
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, body, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told
from rules.normalize.names import number
from rules.normalize.reading import fields, items, text
from rules.normalize.tables import load_table
from rules.normalize.wording import worded_place
from schemas.facts import Scan

_EVENT: Final = "itemTracking.stateInfo"
_WRAPPERS: Final = ("trackingInfo", "trackingInfoResponse", "itemTrackings", "getItemTrackingResponse")


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one bpost message."""
    return tuple(one for document in messages(raw) for one in _message(body(document)))


def _message(document: Fields) -> tuple[Scan, ...]:
    for name in _WRAPPERS:
        document = fields(document, name) if name in document else document
    if "itemTracking" in document:
        return tuple(one for item in items(document, "itemTracking") for one in _item(item))
    if "stateInfo" in document:
        return _item(document)
    if {"businessException", "systemException", "Fault", "error"} & document.keys():
        return ()
    raise unknown_shape("bpost", "an itemTracking answer")


def _item(item: Fields) -> tuple[Scan, ...]:
    events = items(item, "stateInfo", "itemTracking")
    if not events:
        return ()
    written = text(item, "itemCode", "itemTracking") or text(item, "trackingId", "itemTracking")
    parcel = Parcel("bpost", number("bpost", written, "itemTracking.itemCode"), load_table("bpost").version)
    window = fields(item, "deliveryTimeWindow", "itemTracking")
    estimate = times.iso(text(window, "plannedDeliveryDateWindowEnd", "itemTracking"), times.zone_of("BE"))
    return parcel_scans(parcel, events, _event, newest_first=False, estimate=estimate.at)


def _event(event: Fields) -> Reading:
    code = text(event, "stateCode", _EVENT)
    where = worded_place(text(event, "location", _EVENT))
    zone = times.zone_of((where.country if where else None) or "BE")
    told = Told(code, text(event, "stateDescription", _EVENT), times.iso(text(event, "time", _EVENT), zone), where)
    return told, load_table("bpost").find(code.upper()) if code else None
