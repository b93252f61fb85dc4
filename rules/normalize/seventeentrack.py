"""17TRACK: webhooks and answers of API v2.x, and the latest event of v1.

One number may pass through several carriers, each with its list of events: together they are one history. Carriers
are numbers, known by the table of names where it has them (`17track100003`) and else by the provider's name.
"""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from rules.normalize import times
from rules.normalize.clocks import country
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import carrier, named, number
from rules.normalize.reading import fields, items, text
from rules.normalize.services import service_level
from rules.normalize.tables import Row, load_table
from schemas.facts import Scan
from schemas.words import CARRIERS

_EVENT: Final = "$.track_info.tracking.providers[].events[]"


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one 17TRACK message."""
    return tuple(one for document in messages(raw) for track in _tracks(document) for one in _track(track))


def _tracks(document: Fields) -> list[Fields]:
    data = fields(document, "data") if "data" in document else document
    if "accepted" in data or "rejected" in data or "errors" in data:
        return items(data, "accepted", "$.data")
    if "number" in data:
        return [data]
    raise unknown_shape("17TRACK", "a TRACKING_UPDATED webhook")


def _track(track: Fields) -> tuple[Scan, ...]:
    info = fields(track, "track_info", "$.data")
    tracking = fields(info, "tracking", "$.data.track_info")
    providers = items(tracking, "providers", "$.data.track_info.tracking")
    events = [event for one in providers for event in items(one, "events", _EVENT)]
    # A number whose carriers tell no history may still have its latest event.
    events = events or items(info, "latest_event", "$.data.track_info")
    old = _old_events(fields(track, "track", "$.data"))
    if not events and not old:
        return ()
    who = _carrier(track, providers)
    parcel = Parcel(
        who,
        number(who, text(track, "number", "$.data"), "$.data.number"),
        load_table("17track").version,
        service_level=service_level(text(fields(info, "misc_info", "$.data.track_info"), "service_type")),
    )
    if not events:
        return parcel_scans(parcel, old, _old_event, newest_first=True)
    return parcel_scans(
        parcel,
        _with_status(events, info),
        _event,
        newest_first=True,
        estimate=_estimate(info).at,
        by_text=True,
    )


def _carrier(track: Fields, providers: list[Fields]) -> str:
    key = text(track, "carrier", "$.data")
    by_number = carrier(f"17track{key}") if key else ""
    if by_number in CARRIERS:
        return by_number
    told = [fields(one, "provider", "$.data") for one in providers]
    mine = [one for one in told if text(one, "key") == key] or told
    name = text(mine[0], "name") if mine else None
    return named(name or (f"17track-{key}" if key else None), "$.data.carrier")


def _with_status(events: list[Fields], info: Fields) -> list[Fields]:
    """The same events; the latest, where it says no status of its own, with that of the number."""
    latest = fields(info, "latest_event", "$.data.track_info")
    told = text(latest, "description", _EVENT), _moment(latest, None).at
    return [
        {**event, "latest": _latest(info)}
        if len(events) == 1 or (text(event, "description", _EVENT), _moment(event, None).at) == told
        else event
        for event in events
    ]


def _event(event: Fields) -> Reading:
    code = text(event, "sub_status", _EVENT) or text(event, "stage", _EVENT) or text(event, "latest", _EVENT)
    address = fields(event, "address", _EVENT)
    city = text(address, "city", _EVENT) or text(event, "location", _EVENT)
    region, postal_code = text(address, "state", _EVENT), text(address, "postal_code", _EVENT)
    where = place(city, region, postal_code, country(text(address, "country", _EVENT)))
    zone = times.zone_of(where.country, where.region) if where else None
    return Told(code, text(event, "description", _EVENT), _moment(event, zone), where), _row(code)


def _row(code: str | None) -> Row | None:
    if code is None:
        return None
    table = load_table("17track")
    # A sub-status that nobody knows keeps the meaning of its status.
    return table.find(code) or table.find(code.partition("_")[0])


def _moment(event: Fields, zone: times.Zone) -> times.Moment:
    local, utc = times.iso(text(event, "time_iso", _EVENT), zone), times.iso(text(event, "time_utc", _EVENT))
    if local.at and local.quality == "offset":
        return local
    if utc.at:
        return replace(utc, quality="gmt_field")
    raw = fields(event, "time_raw", _EVENT)
    parts = [part for part in (text(raw, "date", _EVENT), text(raw, "time", _EVENT)) if part]
    return local if local.at or not parts else times.iso("T".join(parts), zone)


def _latest(info: Fields) -> str | None:
    status = fields(info, "latest_status", "$.data.track_info")
    return text(status, "sub_status") or text(status, "status")


def _estimate(info: Fields) -> times.Moment:
    metrics = fields(info, "time_metrics", "$.data.track_info")
    told = fields(metrics, "estimated_delivery_date", "$.data.track_info.time_metrics")
    return times.iso(text(told, "to") or text(told, "from"))


def _old_events(track: Fields) -> list[Fields]:
    """Of v1 only the latest event, the one of which `e` tells the status."""
    return list(_old_latest(track))


def _old_latest(track: Fields) -> Iterator[Fields]:
    latest = fields(track, "z0", "$.data.track")
    if latest:
        yield {**latest, "e": text(track, "e", "$.data.track")}


def _old_event(event: Fields) -> Reading:
    code = text(event, "e")
    where = place(text(event, "c"), None, None, None)
    told = Told(code, text(event, "z"), times.iso(text(event, "a")), where)
    return told, load_table("17track").find(f"v1:{code}") if code else None
