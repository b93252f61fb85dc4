"""Canada Post: the tracking web service (XML) and the answers of its website (JSON)."""

from collections.abc import Iterator
from typing import Final

from rules.normalize import clocks, times
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import number
from rules.normalize.reading import fields, items, text
from rules.normalize.services import service_level
from rules.normalize.tables import Row, load_table
from schemas.facts import Scan

_DETAIL: Final = "tracking-detail"
_OCCURRENCE: Final = f"{_DETAIL}.significant-events.occurrence"
_EVENT: Final = "$.events[]"
_MIDNIGHT: Final = ("00:00:00", "00:00")
_PLACEHOLDER: Final = "11:59:59"


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one Canada Post message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> Iterator[Scan]:
    if _DETAIL in document:
        yield from _detail(fields(document, _DETAIL))
    elif "pin" in document:
        yield from _page(document)
    elif not {"messages", "error"} & document.keys():
        raise unknown_shape("Canada Post", "a tracking-detail answer")


def _parcel(written: str | None, path: str, service: str | None) -> Parcel:
    bare = number("canada_post", written, path)
    return Parcel("canada_post", bare, load_table("canada_post").version, service_level=service_level(service))


def _detail(detail: Fields) -> tuple[Scan, ...]:
    events = items(fields(detail, "significant-events", _DETAIL), "occurrence", _DETAIL)
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
    # Some answers drop the leading zero of a four-digit identifier.
    return table.find(code, told.text) or (table.find(code.zfill(4), told.text) if code.isdigit() else None)
