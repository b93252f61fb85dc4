"""DPD: the MyDPD answers (JSON) and the parcel life cycle of Belgium, the Netherlands, Germany and others (SOAP, JSON).

MyDPD holds two histories of the same scans, in opposite orders and with different codes: one of them is read; so
are the stages of a life cycle, and not the scans beside them. The SOAP answer does not name its parcel. Unless its
sender added the number, the parcel is known by a hash of its first scans: nothing links it to an order, but it is
never taken for another.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Final

from msgspec.structs import replace

from rules.normalize import clocks, times
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, body, is_error, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import number
from rules.normalize.reading import MAX_TEXT, items, text
from rules.normalize.tables import Row, load_table
from schemas.codec import digest
from schemas.facts import Location, Scan

_HISTORY: Final = "$.parcelHistory[]"
_EVENT: Final = "$.parcelEvents[]"
_RESULT: Final = "trackingresult"
_STATUS: Final = f"{_RESULT}.statusInfo"
_FIRST_SCANS: Final = 3
_DEPTH: Final = 5
"""How deep below the answer a life cycle lies, whatever the service calls its wrappers."""
_ERRORS: Final = ("error", "errors", "errorCode", "message")


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one DPD message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> Iterator[Scan]:
    answer = body(document)
    cycles = list(_life_cycles(answer, text(answer, "parcelLabelNumber"), _DEPTH))
    for result, written in cycles:
        yield from _result(result, written)
    if "parcelHistory" in document or "parcelEvents" in document:
        yield from _parcel_scans(document)
    elif not cycles and "Fault" not in answer and not is_error(document, _ERRORS):
        raise unknown_shape("DPD", "a parcel's answer")


def _life_cycles(answer: Fields, written: str | None, depth: int) -> Iterator[tuple[Fields, str | None]]:
    """What holds the stages of a parcel, with the number that its sender may have put beside or above it."""
    if "statusInfo" in answer or "shipmentInfo" in answer:
        yield answer, written
    elif depth:
        for inner in (one for value in answer.values() for one in (value if isinstance(value, list) else [value])):
            if isinstance(inner, dict):
                named = inner.get("parcelLabelNumber")
                yield from _life_cycles(inner, named if isinstance(named, str) and named else written, depth - 1)


def _parcel(written: str | None, path: str) -> Parcel:
    return Parcel("dpd", number("dpd", written, path), load_table("dpd").version)


def _parcel_scans(document: Fields) -> tuple[Scan, ...]:
    parcel = _parcel(text(document, "parcelNumber"), "$.parcelNumber")
    estimate = times.iso(text(document, "deliveryDate")).at
    history = items(document, "parcelHistory")
    if history:
        return parcel_scans(parcel, history, _of_history, newest_first=False, estimate=estimate)
    return parcel_scans(parcel, items(document, "parcelEvents"), _of_events, newest_first=True, estimate=estimate)


def _of_history(event: Fields) -> Reading:
    land = _country(text(event, "countryCode", _HISTORY))
    where = place(text(event, "city", _HISTORY), None, None, land)
    written = text(event, "eventDateAndTime", _HISTORY)
    moment = times.iso(written, times.zone_of(land))
    if moment.quality in ("naive", "zone_inferred"):
        naive = datetime.fromisoformat(written or "")
        zone_name = text(event, "eventDateAndTimeZoneId", _HISTORY)
        moment = clocks.zoned(naive, zone_name, times.zone_of(land), written)
    code = text(event, "description", _HISTORY)
    return Told(code, None, moment, where), _row(code)


def _of_events(event: Fields) -> Reading:
    land = _country(text(event, "country", _EVENT)) or _country(text(event, "depotCountry", _EVENT))
    where = place(text(event, "city", _EVENT), None, None, land)
    moment = clocks.moment(text(event, "date", _EVENT), text(event, "time", _EVENT), times.zone_of(land))
    code = text(event, "eventType", _EVENT)
    said = text(event, "translation", _EVENT) or text(event, "eventTypeText", _EVENT)
    return Told(code, said, moment, where), _row(f"scan:{code}" if code else None)


def _country(written: str | None) -> str | None:
    # Scans without a place say UNDEFINED.
    return clocks.country(written)


def _row(code: str | None) -> Row | None:
    # Some services write the statuses in capitals, some in camel case.
    table = load_table("dpd")
    return (table.find(code) or table.find(_spellings().get(code.upper(), code))) if code else None


@cache
def _spellings() -> dict[str, str]:
    return {key.upper(): key for key in load_table("dpd").rows if not key.isupper()}


def _result(result: Fields, written: str | None) -> tuple[Scan, ...]:
    # A stage that has not been reached is an outlook, not a scan.
    about = items(result, "shipmentInfo", _RESULT)
    stages = [*about, *items(result, "statusInfo", _RESULT)]
    events = [one for one in stages if _reached(one) and _words(one.get("date"))]
    if not events:
        return ()
    known = (_words(one.get("parcelLabelNumber")) for one in (result, *about))
    named = next((one for one in known if one), None) or written or _unnamed(events)
    return parcel_scans(_parcel(named, f"{_RESULT}.parcelLabelNumber"), events, _stage, newest_first=False)


def _reached(stage: Fields) -> bool:
    return str(stage.get("statusHasBeenReached", "")).lower() == "true"


def _unnamed(events: list[Fields]) -> str:
    firsts = events[:_FIRST_SCANS]
    told = (f"{text(one, 'status', _STATUS)} {_words(one.get('date'))} {_words(one.get('location'))}" for one in firsts)
    return f"UNNAMED{digest(*told, size=8).upper()}"


def _stage(event: Fields) -> Reading:
    where = _place(_words(event.get("location")))
    written = _words(event.get("date"))
    moment = _moment(written, times.zone_of(where.country) if where else None)
    code = text(event, "status", _STATUS)
    said = _words(event.get("description")) or _words(event.get("label"))
    return Told(code, said, moment, where), _row(code)


def _moment(written: str | None, zone: times.Zone) -> times.Moment:
    """`8/17/2021 7:11:26 PM`, `27.04.2023, 10:10`, `17/08/2021 19:11`, or an ISO text."""
    if written is None or written[:4].isdigit():
        return times.iso(written, zone)
    day, _, clock = written.replace(",", "").partition(" ")
    # Only the dates with a twelve-hour clock are American.
    order = "mdy" if clock[-2:].upper() in ("AM", "PM") else "dmy"
    return replace(clocks.moment(day or None, clock or None, zone, order=order), raw=written)


def _words(value: object) -> str | None:
    """Texts stand as they are, or in an element of their own, beside their weight and paragraph."""
    if isinstance(value, dict):
        return _words(value.get("content"))
    if isinstance(value, list):
        return next((one for one in map(_words, value) if one), None)
    return value.strip()[:MAX_TEXT] or None if isinstance(value, str) else None


def _place(written: str | None) -> Location | None:
    """`Mechelen (BE)`."""
    city, _, land = (written or "").rstrip(")").partition("(")
    return place(city.strip(), None, None, clocks.country(land.strip()))
