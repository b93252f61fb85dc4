"""SEKO OmniParcel: tracking answers, whose `OmniCode` is the same for all the couriers behind it."""

from typing import Final

from rules.normalize import stamps, times
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told
from rules.normalize.names import number
from rules.normalize.reading import items, text
from rules.normalize.tables import load_table
from rules.normalize.wording import worded_place
from schemas.facts import Scan

_EVENT: Final = "$[].Events[]"


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one SEKO message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> tuple[Scan, ...]:
    if "Events" not in document:
        if {"ConsignmentNo", "Errors", "Error", "Message"} & document.keys():
            return ()
        raise unknown_shape("SEKO", "a tracking answer")
    events = items(document, "Events", "$[]")
    if not events:
        return ()
    written = text(document, "ConsignmentNo", "$[]") or text(document, "Connote", "$[]")
    parcel = Parcel("seko", number("seko", written, "$[].ConsignmentNo"), load_table("seko").version)
    # Several events may bear one and the same time: then only their place in the list tells them apart.
    return parcel_scans(parcel, events, _event, newest_first=False, by_text=True)


def _event(event: Fields) -> Reading:
    code = text(event, "OmniCode", _EVENT) or text(event, "Code", _EVENT)
    where = worded_place(text(event, "Location", _EVENT))
    zone = times.zone_of(where.country, where.region) if where else None
    told = Told(code, text(event, "Description", _EVENT), stamps.read(text(event, "EventDT", _EVENT), zone), where)
    return told, load_table("seko").find(code.upper()) if code else None
