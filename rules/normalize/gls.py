"""GLS: the Track and Trace API (JSON)."""

from collections.abc import Iterator
from typing import Final

from rules.normalize import times
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import number
from rules.normalize.reading import items, text
from rules.normalize.tables import load_table
from schemas.facts import Scan

_PARCEL: Final = "$.parcels[]"
_EVENT: Final = f"{_PARCEL}.events[]"


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one GLS message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> Iterator[Scan]:
    if "parcels" in document:
        for parcel in items(document, "parcels"):
            yield from _parcel(parcel)
    elif not {"errors", "error", "errorCode", "exceptionText"} & document.keys():
        raise unknown_shape("GLS", "a tracking answer")


def _parcel(about: Fields) -> tuple[Scan, ...]:
    events = items(about, "events", _PARCEL)
    if not events and text(about, "status", _PARCEL):
        # The parcel's status alone; beside events it may be days younger than the latest of them.
        events = [{"code": about["status"], "eventDateTime": about.get("statusDateTime")}]
    if not events:
        return ()
    written = text(about, "unitno", _PARCEL) or text(about, "requested", _PARCEL)
    parcel = Parcel("gls", number("gls", written, f"{_PARCEL}.unitno"), load_table("gls").version)
    return parcel_scans(parcel, events, _event, newest_first=True)


def _event(event: Fields) -> Reading:
    country = text(event, "country", _EVENT)
    where = place(text(event, "city", _EVENT), None, text(event, "postalCode", _EVENT), country)
    code, said = text(event, "code", _EVENT), text(event, "description", _EVENT)
    told = Told(code, said, times.iso(text(event, "eventDateTime", _EVENT), times.zone_of(country)), where)
    return told, load_table("gls").find(code.upper(), said) if code else None
