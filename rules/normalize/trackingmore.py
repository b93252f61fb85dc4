"""TrackingMore: webhooks and answers of API v2 to v4, whose fields have other names in each version.

`pickup` means out for delivery here, and only its sub-status 002 that the customer must come.
"""

from typing import Final

from rules.normalize import times
from rules.normalize.clocks import country
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import named, number
from rules.normalize.reading import fields, items, text
from rules.normalize.services import service_level
from rules.normalize.tables import Row, load_table
from rules.normalize.wording import worded_place
from schemas.facts import Location, Scan

_EVENT: Final = "$.data.origin_info.trackinfo[]"


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one TrackingMore message."""
    return tuple(one for document in messages(raw) for track in _tracks(document) for one in _track(track))


def _tracks(document: Fields) -> list[Fields]:
    data = document.get("data", document)
    for key in ("items", "success"):
        if isinstance(data, dict) and key in data:
            return items(data, key, "$.data")
    if isinstance(data, dict) and "tracking_number" in data:
        return [data]
    if "meta" in document or isinstance(data, list):
        return items(document, "data") if isinstance(data, list) else []
    raise unknown_shape("TrackingMore", "a tracking webhook")


def _track(track: Fields) -> tuple[Scan, ...]:
    legs = [fields(track, name, "$.data") for name in ("origin_info", "destination_info")]
    events = [event for leg in legs for event in items(leg, "trackinfo", "$.data.origin_info")]
    if not events:
        return ()
    who = named(_either(track, "courier_code", "carrier_code"), "$.data.courier_code")
    parcel = Parcel(
        who,
        number(who, text(track, "tracking_number", "$.data"), "$.data.tracking_number"),
        load_table("trackingmore").version,
        service_level=service_level(text(track, "service_type", "$.data")),
    )
    estimate = times.iso(_either(track, "scheduled_delivery_date", "expected_delivery"), midnight_is_day=True).at
    return parcel_scans(parcel, events, _event, newest_first=True, estimate=estimate, by_text=True)


def _event(event: Fields) -> Reading:
    status = _either(event, "checkpoint_delivery_status", "checkpoint_status")
    narrow = _either(event, "checkpoint_delivery_substatus", "substatus")
    where = _place(event)
    zone = times.zone_of(where.country, where.region) if where else None
    moment = times.iso(_either(event, "checkpoint_date", "Date"), zone)
    told = Told(narrow or status, _either(event, "tracking_detail", "StatusDescription"), moment, where)
    return told, _row(status, narrow)


def _row(status: str | None, narrow: str | None) -> Row | None:
    table = load_table("trackingmore")
    known = table.find(narrow.lower()) if narrow else None
    coarse = status or (narrow or "").rstrip("0123456789")
    return known or table.find(coarse.lower())


def _place(event: Fields) -> Location | None:
    code = country(_either(event, "country_iso2", "country"))
    city, region, postal_code = (text(event, name, _EVENT) for name in ("city", "state", "zip"))
    if city or region or postal_code:
        return place(city, region, postal_code, code)
    told = worded_place(_either(event, "location", "Details"), code)
    return told or place(None, None, None, code)


def _either(parent: Fields, newer: str, older: str) -> str | None:
    return text(parent, newer, _EVENT) or text(parent, older, _EVENT)
