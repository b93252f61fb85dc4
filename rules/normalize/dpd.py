"""DPD: the MyDPD answers (JSON) and the ParcelLifeCycleService of Belgium and the Netherlands (SOAP).

MyDPD holds two histories of the same scans, in opposite orders and with different codes: one of them is read.
The SOAP answer does not name its parcel. Unless its sender added the number, the parcel is known by a hash of its
first scans: nothing links it to an order, but it is never taken for another.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from rules.normalize import clocks, times
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, body, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import number
from rules.normalize.reading import fields, items, text
from rules.normalize.tables import Row, load_table
from schemas.codec import digest
from schemas.facts import Location, Scan

_HISTORY: Final = "$.parcelHistory[]"
_EVENT: Final = "$.parcelEvents[]"
_RESPONSE: Final = "getTrackingDataResponse"
_RESULT: Final = f"{_RESPONSE}.trackingresult"
_STATUS: Final = f"{_RESULT}.statusInfo"
_FIRST_SCANS: Final = 3


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one DPD message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> Iterator[Scan]:
    answer = body(document)
    if _RESPONSE in answer:
        response = fields(answer, _RESPONSE)
        for result in items(response, "trackingresult", _RESPONSE):
            yield from _result(result, text(response, "parcelLabelNumber", _RESPONSE))
    elif "parcelNumber" in document:
        yield from _parcel_scans(document)
    elif "Fault" not in answer and document.keys().isdisjoint(("error", "errors", "errorCode", "message")):
        raise unknown_shape("DPD", "a parcel's answer")


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
    return load_table("dpd").find(code) if code else None


def _result(result: Fields, written: str | None) -> tuple[Scan, ...]:
    # A stage that has not been reached is an outlook, not a scan.
    about = items(result, "shipmentInfo", _RESULT)
    stages = [*about, *items(result, "statusInfo", _RESULT)]
    events = [one for one in stages if text(one, "statusHasBeenReached", _STATUS) == "true" and _content(one, "date")]
    if not events:
        return ()
    known = (text(one, "parcelLabelNumber", _RESULT) for one in (result, *about))
    named = written or next((one for one in known if one), None) or _unnamed(events)
    return parcel_scans(_parcel(named, f"{_RESULT}.parcelLabelNumber"), events, _stage, newest_first=False)


def _unnamed(events: list[Fields]) -> str:
    firsts = events[:_FIRST_SCANS]
    told = (f"{text(one, 'status', _STATUS)} {_content(one, 'date')} {_content(one, 'location')}" for one in firsts)
    return f"UNNAMED{digest(*told, size=8).upper()}"


def _stage(event: Fields) -> Reading:
    where = _place(_content(event, "location"))
    written = _content(event, "date")
    day, _, clock = (written or "").partition(" ")
    zone = times.zone_of(where.country) if where else None
    # Belgian answers print American dates: 8/17/2021 7:11:26 PM.
    moment = clocks.moment(day or None, clock or None, zone, order="mdy")._replace(raw=written)
    code = text(event, "status", _STATUS)
    said = _content(fields(event, "description", _STATUS), "content") or _content(event, "label")
    return Told(code, said, moment, where), _row(code)


def _content(event: Fields, name: str) -> str | None:
    """Texts stand in an element of their own, beside their weight and paragraph."""
    return text(fields(event, name, _STATUS), "content", f"{_STATUS}.{name}")


def _place(written: str | None) -> Location | None:
    """`Mechelen (BE)`."""
    city, _, land = (written or "").rstrip(")").partition("(")
    return place(city.strip(), None, None, clocks.country(land.strip()))
