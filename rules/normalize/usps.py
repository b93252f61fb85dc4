"""USPS: tracking API v3 (JSON) and Web Tools (XML).

The UTC field of v3 keeps the local date, so that a scan after 18:00 at -06:00 stands 24 h early: the instant is
recomputed from the local time and its offset. Web Tools gives local times only, and some of them blank.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final

from msgspec.structs import replace

from rules.normalize import clocks, times, usps_sentence
from rules.normalize.decode import Fields, UnusableError, decode
from rules.normalize.history import Parcel, Told, in_order, place, scan
from rules.normalize.names import number
from rules.normalize.reading import fields, items, objects, several, text, texts
from rules.normalize.services import service_level
from rules.normalize.tables import Table, load_table
from schemas.facts import Location, Scan

_MONTHS: Final = {
    name: month
    for month, name in enumerate(
        "january february march april may june july august september october november december".split(), start=1
    )
}
_EVENT: Final = "$.trackingEvents[]"
_TOLD: Final = (
    "eventCity",
    "eventState",
    "eventZIP",
    "eventCountry",
    "eventCode",
    "eventType",
    "eventTimestamp",
    "GMTTimestamp",
    "GMTOffset",
)
_EXPECTED: Final = (
    "predictedDeliveryTimeStamp",
    "predictedDeliveryDate",
    "expectedDeliveryTimeStamp",
    "expectedDeliveryDate",
)
_OLD_EXPECTED: Final = ("PredictedDeliveryDate", "ExpectedDeliveryDate")


_SUMMARIES: Final = ("eventSummaries", "statusSummary", "status")
"""What a summary tells, the fullest first: sentences of all events, of the latest one, and its wording."""


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one USPS message."""
    document = decode(raw)
    messages = objects(document, "$") if isinstance(document, list) else [document]
    # A subscription pushes the answer inside an envelope of its own.
    answers = [one for message in messages for one in (items(message, "payload") or [message])]
    return tuple(one for answer in answers for one in _message(answer))


def _message(document: Fields) -> Iterator[Scan]:
    if "trackingEvents" in document:
        yield from _tracking(document, items(document, "trackingEvents"))
    elif "eventCode" in document:
        yield from _tracking(document, [document])  # one event alone, as a subscription pushes it
    elif "trackingNumber" in document and any(document.get(name) for name in _SUMMARIES):
        yield from _summary(document)
    elif "TrackResponse" in document:
        for info in items(fields(document, "TrackResponse"), "TrackInfo", "TrackResponse"):
            yield from _info(info)
    elif not {"error", "errors", "Error", "trackingNumber"} & document.keys():
        raise UnusableError("schema_invalid", "$ is no USPS message we know; send a tracking answer")


def _parcel(written: str | None, path: str, mail_class: str | None, table: Table) -> Parcel:
    # USPS sells returns as a mail class of its own; "Delivered" is then the merchant's.
    direction = "return" if mail_class and "return" in mail_class.lower() else "outbound"
    return Parcel(
        "usps",
        number("usps", written, path),
        table.version,
        direction=direction,
        service_level=service_level(mail_class),
    )


def _tracking(answer: Fields, events: list[Fields]) -> tuple[Scan, ...]:
    if not events:
        return ()
    table = load_table("usps")
    parcel = _parcel(text(answer, "trackingNumber"), "$.trackingNumber", text(answer, "mailClass"), table)
    found = [one for one in (_event(event, parcel, table) for event in events) if one]
    expected = next((day for day in (text(answer, name) for name in _EXPECTED) if day), None)
    estimate = times.iso(expected, midnight_is_day=True).at
    return in_order(found, newest_first=True, estimate=estimate)


def _summary(answer: Fields) -> tuple[Scan, ...]:
    table = load_table("usps")
    parcel = _parcel(text(answer, "trackingNumber"), "$.trackingNumber", text(answer, "mailClass"), table)
    told = next(found for found in (texts(answer, name) for name in _SUMMARIES) if found)
    found = [one for one in (_old_event(usps_sentence.read(said), parcel, table) for said in told) if one]
    return in_order(found, newest_first=True)


def _event(event: Fields, parcel: Parcel, table: Table) -> Scan | None:
    city, region, postal_code, country, code, said, written, gmt, distance = several(event, _TOLD, _EVENT)
    where = _place(city, region, postal_code, country)
    return _scan(parcel, table, Told(code, said, _moment(written, gmt, distance, where), where))


def _moment(written: str | None, gmt_text: str | None, distance: str | None, where: Location | None) -> times.Moment:
    from_utc = times.offset(distance)
    zone = times.zone_of(where.country, where.region) if where and from_utc is None else None
    moment = times.iso(written, zone, midnight_is_day=from_utc is None)
    if moment.at is None:
        alone = times.iso(gmt_text)
        return replace(alone, quality="gmt_field") if alone.at and not written else moment
    if moment.quality not in ("naive", "zone_inferred"):
        return moment
    if from_utc is not None:
        return times.Moment(moment.at - from_utc, "offset", written)
    gmt = times.iso(gmt_text).at
    if gmt is None:
        return moment
    # The UTC field with its local date: in the Americas UTC is ahead, so an earlier instant lost a day.
    naive = times.utc(datetime.fromisoformat(written or ""))
    return times.Moment(gmt + timedelta(days=gmt < naive), "gmt_field", written)


def _info(info: Fields) -> tuple[Scan, ...]:
    events = [*_told(info, "TrackSummary"), *_told(info, "TrackDetail")]
    if not events:
        return ()
    table = load_table("usps")
    parcel = _parcel(text(info, "@ID"), "TrackInfo.ID", text(info, "Class"), table)
    found = [one for one in (_old_event(event, parcel, table) for event in events) if one]
    expected = next((day for day in (text(info, name) for name in _OLD_EXPECTED) if day), None)
    return in_order(found, newest_first=True, estimate=_old_moment(expected, None, None).at)


def _told(info: Fields, key: str) -> list[Fields]:
    """The elements of that name; the plain variant of the API writes each as a sentence instead of fields."""
    value = info.get(key)
    listed = value if isinstance(value, list) else [value]
    told = [usps_sentence.read(one) if isinstance(one, str) else one for one in listed]
    return [one for one in objects(told, f"TrackInfo.{key}") if one.get("Event") or one.get("EventCode")]


def _old_event(event: Fields, parcel: Parcel, table: Table) -> Scan | None:
    path = "TrackInfo.TrackDetail"
    city, region, postal_code, country = several(
        event, ("EventCity", "EventState", "EventZIPCode", "EventCountry"), path
    )
    where = _place(city, region, postal_code, country)
    zone = times.zone_of(where.country, where.region) if where else None
    moment = _old_moment(text(event, "EventDate", path), text(event, "EventTime", path), zone)
    return _scan(parcel, table, Told(text(event, "EventCode", path), text(event, "Event", path), moment, where))


def _scan(parcel: Parcel, table: Table, told: Told) -> Scan | None:
    if told.empty:
        return None
    if told.code is None:
        # Without a code the text is all there is; its own rows stand under `*`.
        return scan(parcel, told, table.find("*", told.text))
    return scan(parcel, told, table.find(told.code.upper().zfill(2), told.text))


def _old_moment(day: str | None, clock: str | None, zone: times.Zone) -> times.Moment:
    """`February 13, 2014` and `12:24 pm`, the second often blank."""
    raw = " ".join(part for part in (day, clock) if part) or None
    words = (day or "").replace(",", " ").split()
    if len(words) != 3 or words[0].lower() not in _MONTHS:
        exact = times.iso(raw, zone, midnight_is_day=True) if raw and raw[:1].isdigit() else times.missing(raw)
        return exact if exact.at else replace(clocks.moment(day, clock, zone, order="mdy"), raw=raw)
    try:
        whole = date(int(words[2]), _MONTHS[words[0].lower()], int(words[1]))
    except ValueError:
        return times.missing(raw)
    of_day = _clock(clock)
    return times.local(datetime.combine(whole, of_day), zone, raw) if of_day else times.day_only(whole, raw)


def _clock(written: str | None) -> time | None:
    digits, _, half = (written or "").lower().partition(" ")
    hours, mark, minutes = digits.partition(":")
    if not mark or half not in ("am", "pm") or not (hours + minutes).isascii() or not (hours + minutes).isdigit():
        return None
    hour, minute = int(hours), int(minutes)
    return time(hour % 12 + (12 if half == "pm" else 0), minute) if 1 <= hour <= 12 and minute < 60 else None


def _place(city: str | None, region: str | None, postal_code: str | None, country: str | None) -> Location | None:
    # Domestic rows leave the country blank.
    return place(city, region, postal_code, country or ("US" if region else None))
