"""Evri: parcel tracking answers (JSON), by stage code or, on international parcels, by wording."""

from collections.abc import Iterator
from typing import Final

from rules.normalize import times
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, is_error, meaning, messages, scans_of_many_zones, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import number
from rules.normalize.reading import fields, items, text
from rules.normalize.tables import load_table
from schemas.facts import Scan

_PARCEL: Final = "$.results[]"
_EVENT: Final = f"{_PARCEL}.trackingEvents[]"
_LISTS: Final = ("trackingEvents", "events", "history")
_NUMBERS: Final = ("barcode", "trackingNumber", "tracking_number", "parcelNumber", "urn", "uniqueId")
_TIMES: Final = ("dateTime", "date_time", "timestamp", "date")
_TEXTS: Final = ("description", "event", "status")


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one Evri message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> Iterator[Scan]:
    holder = next((name for name in ("results", "parcels") if name in document), None)
    if holder:
        for parcel in items(document, holder):
            yield from _parcel(parcel)
    elif any(name in document for name in _LISTS):
        yield from _parcel(document)
    elif not is_error(document, ("error", "errors", "message")):
        raise unknown_shape("Evri", "a tracking answer")


def _parcel(about: Fields) -> tuple[Scan, ...]:
    events = next((items(about, name, _PARCEL) for name in _LISTS if name in about), [])
    if not events:
        return ()
    written = _first(about, _NUMBERS) or _first(fields(about, "parcelIdentifiers", _PARCEL), _NUMBERS)
    parcel = Parcel("evri", number("evri", written, f"{_PARCEL}.barcode"), load_table("evri").version)
    return scans_of_many_zones(parcel, events, _event, newest_first=True)


def _event(event: Fields) -> Reading:
    code = text(fields(event, "trackingStage", _EVENT), "trackingStageCode", _EVENT)
    said = text(fields(event, "trackingPoint", _EVENT), "description", _EVENT) or _first(event, _TEXTS)
    where = place(text(event, "location", _EVENT), None, None, None)
    told = Told(code, said, times.iso(_first(event, _TIMES)), where)
    return told, meaning(load_table("evri"), told)


def _first(about: Fields, names: tuple[str, ...]) -> str | None:
    return next((one for one in (text(about, name, _PARCEL) for name in names) if one), None)
