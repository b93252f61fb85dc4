"""Canada Post: the tracking web service (REST and SOAP XML, newer JSON) and the answers of its website (JSON).

The summary of the web service has a type of event instead of the identifier; where that says nothing, its wording
does, which is the one of the identifiers' list.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from rules.normalize import clocks, times
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, body, is_error, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import number
from rules.normalize.reading import fields, items, text
from rules.normalize.services import service_level
from rules.normalize.tables import Row, load_table
from rules.normalize.wording import worded_place
from schemas.facts import Scan

_DETAIL: Final = "tracking-detail"
_OCCURRENCE: Final = f"{_DETAIL}.significant-events.occurrence"
_SUMMARY: Final = "tracking-summary"
_PIN_SUMMARY: Final = f"{_SUMMARY}.pin-summary"
_CAMEL: Final = re.compile("(?<=[a-z])(?=[A-Z])")
_EVENT: Final = "$.events[]"
_MIDNIGHT: Final = ("00:00:00", "00:00")
_PLACEHOLDER: Final = "11:59:59"


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one Canada Post message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> Iterator[Scan]:
    answer = _answer(document)
    if _DETAIL in answer:
        yield from _detail(fields(answer, _DETAIL))
    elif _SUMMARY in answer:
        for summary in items(fields(answer, _SUMMARY), "pin-summary", _SUMMARY):
            yield from _latest(summary)
    elif "pin" in document:
        yield from _page(document)
    elif "Fault" not in answer and not is_error(answer, ("messages", "error")):
        raise unknown_shape("Canada Post", "a tracking-detail answer")


def _answer(document: Fields) -> Fields:
    """The answer under the names of the XML: out of its SOAP operation, and from the newer JSON."""
    found = body(document)
    inner = next((fields(found, name) for name in found if name.startswith("get-tracking-")), found)
    if "significantEvents" in inner:
        return {_DETAIL: _kebab(inner)}
    if "eventDescription" in inner:
        return {_SUMMARY: {"pin-summary": _kebab(inner)}}
    return {_kebab_name(name): _kebab(value) for name, value in inner.items()} if _of_tracking(inner) else inner


def _of_tracking(answer: Fields) -> bool:
    return any(name.startswith("tracking") for name in answer)


def _kebab(value: object) -> object:
    """The names of the newer JSON as the XML writes them: `eventDate` is `event-date`."""
    if isinstance(value, dict):
        return {_kebab_name(name): _kebab(inner) for name, inner in value.items()}
    return [_kebab(one) for one in value] if isinstance(value, list) else value


def _kebab_name(name: str) -> str:
    return _CAMEL.sub("-", name).lower()


def _parcel(written: str | None, path: str, service: str | None) -> Parcel:
    bare = number("canada_post", written, path)
    return Parcel("canada_post", bare, load_table("canada_post").version, service_level=service_level(service))


def _detail(detail: Fields) -> tuple[Scan, ...]:
    listed = detail.get("significant-events")
    events = items(
        {"occurrence": listed} if isinstance(listed, list) else fields(detail, "significant-events", _DETAIL),
        "occurrence",
        _DETAIL,
    )
    if not events:
        return ()
    parcel = _parcel(text(detail, "pin", _DETAIL), f"{_DETAIL}.pin", text(detail, "service-name", _DETAIL))
    expected = text(detail, "changed-expected-date", _DETAIL) or text(detail, "expected-delivery-date", _DETAIL)
    return parcel_scans(parcel, events, _occurrence, newest_first=True, estimate=times.iso(expected).at)


def _occurrence(event: Fields) -> Reading:
    region = text(event, "event-province", _OCCURRENCE)
    where = place(text(event, "event-site", _OCCURRENCE), region, None, "CA" if region else None)
    day, clock = text(event, "event-date", _OCCURRENCE), text(event, "event-time", _OCCURRENCE)
    moment = _moment(day, clock, text(event, "event-time-zone", _OCCURRENCE), region)
    said = text(event, "event-description", _OCCURRENCE)
    return _read(Told(text(event, "event-identifier", _OCCURRENCE), said, moment, where))


def _latest(summary: Fields) -> tuple[Scan, ...]:
    """The latest event alone, as the summary tells it; none where the number has no history yet."""
    kind, said = text(summary, "event-type", _PIN_SUMMARY), text(summary, "event-description", _PIN_SUMMARY)
    if kind is None and said is None:
        return ()
    parcel = _parcel(text(summary, "pin", _PIN_SUMMARY), f"{_PIN_SUMMARY}.pin", text(summary, "service-name"))
    expected = text(summary, "changed-expected-date") or text(summary, "expected-delivery-date")
    return parcel_scans(parcel, [summary], _summarised, newest_first=True, estimate=times.iso(expected).at)


def _summarised(summary: Fields) -> Reading:
    where = worded_place(text(summary, "event-location", _PIN_SUMMARY), "CA")
    written = text(summary, "event-date-time", _PIN_SUMMARY)
    day, _, clock = (written or "").partition(":")
    found = times.compact(day, clock)
    zone = times.zone_of("CA", where.region if where else None)
    moment = times.from_local(found, zone, written) if found else times.iso(written, zone)
    told = Told(text(summary, "event-type", _PIN_SUMMARY), text(summary, "event-description"), moment, where)
    by_kind = load_table("canada_post").find(f"type:{told.code.upper()}", told.text) if told.code else None
    return told, by_kind or _wordings().get((told.text or "").rstrip(".").lower())


@cache
def _wordings() -> dict[str, Row]:
    """The list's own wordings that mean one thing whatever their identifier."""
    rows = load_table("canada_post").rows.values()
    meanings: dict[str, set[tuple[str | None, str | None]]] = {}
    for row in rows:
        meanings.setdefault(row.description.lower(), set()).add((row.state, row.reason))
    return {row.description.lower(): row for row in rows if len(meanings[row.description.lower()]) == 1}


def _page(page: Fields) -> tuple[Scan, ...]:
    events = items(page, "events")
    if not events and text(page, "status"):
        events = [{"cd": page["status"]}]  # the parcel's status alone, without a history
    if not events:
        return ()
    parcel = _parcel(text(page, "pin"), "$.pin", text(page, "productNmEn"))
    dates = fields(page, "expectedDlvryDateTime")
    expected = text(dates, "revisedDate") or text(dates, "dlvryDate")
    return parcel_scans(parcel, events, _event, newest_first=True, estimate=times.iso(expected).at)


def _event(event: Fields) -> Reading:
    address = fields(event, "locationAddr", _EVENT)
    region, land = text(address, "regionCd", _EVENT), clocks.country(text(address, "countryCd", _EVENT))
    where = place(text(address, "city", _EVENT), region, None, land or ("CA" if region else None))
    when = fields(event, "datetime", _EVENT)
    day, clock, offset = (text(when, name, _EVENT) for name in ("date", "time", "zoneOffset"))
    moment = _moment(day, clock, offset, region)
    return _read(Told(text(event, "cd", _EVENT), text(event, "descEn", _EVENT), moment, where))


def _moment(day: str | None, clock: str | None, zone_name: str | None, region: str | None) -> times.Moment:
    found = clocks.moment(day, clock, times.zone_of("CA", region), zone_name=zone_name)
    whole = clocks.day(day)
    if whole and clock == _PLACEHOLDER:
        return times.day_only(whole, found.raw, "placeholder")
    # Scans from abroad come with midnight instead of a time.
    return times.day_only(whole, found.raw) if whole and clock in _MIDNIGHT else found


def _read(told: Told) -> Reading:
    return told, _row(told) if told.code else None


def _row(told: Told) -> Row | None:
    table, code = load_table("canada_post"), told.code or ""
    # Some answers drop the leading zero of a four-digit identifier, some lists pad those of two.
    codes = (code, code.zfill(4), code.lstrip("0")) if code.isdigit() else (code,)
    return next((row for row in (table.find(one, told.text) for one in codes) if row), None)
