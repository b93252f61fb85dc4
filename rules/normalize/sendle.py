"""Sendle: the tracking answer and the webhook with one event.

The answer does not say whose it is: where no reference comes with it, its first scan stands for one. Where the
local time equals the UTC one the zone was unknown, and the time is no better than naive.
"""

from typing import Final

from msgspec.structs import replace

from rules.normalize import times
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import number, unnamed
from rules.normalize.reading import fields, items, text
from rules.normalize.tables import Row, load_table
from rules.normalize.wording import worded_place
from schemas.facts import Location, Scan

_EVENT: Final = "$.tracking_events[]"


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one Sendle message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> tuple[Scan, ...]:
    if "tracking_events" not in document and "event_type" not in document:
        if "error" in document or "messages" in document:
            return ()
        raise unknown_shape("Sendle", "a tracking answer or event")
    events = items(document, "tracking_events") if "tracking_events" in document else [document]
    if not events:
        return ()
    written = text(document, "sendle_reference") or text(document, "tracking_id") or _first(events)
    parcel = Parcel("sendle", number("sendle", written, "$.sendle_reference"), load_table("sendle").version)
    home = text(fields(document, "origin"), "country", "$.origin")
    return parcel_scans(
        parcel, events, lambda event: _event(event, home), newest_first=False, estimate=_estimate(document).at
    )


def _first(events: list[Fields]) -> str:
    return unnamed(
        *min((text(one, "scan_time", _EVENT) or "", text(one, "event_type", _EVENT) or "") for one in events)
    )


def _event(event: Fields, home: str | None) -> Reading:
    code = text(event, "event_type", _EVENT)
    where = _place(event, home)
    said = text(event, "description", _EVENT) or text(event, "reason", _EVENT)
    told = Told(code, said, _moment(event, where), where, text(event, "event_id", _EVENT))
    return told, _row(code) if code else None


def _row(code: str) -> Row | None:
    # Its own documents write one word as "Dropped Off" and as "Dropped off".
    table = load_table("sendle")
    return table.find(code) or next((row for key, row in table.rows.items() if key.lower() == code.lower()), None)


def _moment(event: Fields, where: Location | None) -> times.Moment:
    local = text(event, "local_scan_time", _EVENT)
    written = text(event, "scan_time", _EVENT)
    zone = times.zone_of(where.country, where.region) if where else None
    moment = times.iso(written, zone) if written else times.iso(local, zone)
    if moment.quality == "offset" and local and (written or "").startswith(local):
        return replace(moment, quality="naive")
    return moment


def _place(event: Fields, home: str | None) -> Location | None:
    told = fields(event, "location_data", _EVENT)
    if told:
        return place(*(text(told, name, _EVENT) for name in ("suburb", "state", "postcode", "country")))
    return worded_place(text(event, "location", _EVENT), home)


def _estimate(document: Fields) -> times.Moment:
    plan = fields(document, "scheduling")
    return times.iso(text(plan, "estimated_delivery_date_maximum", "$.scheduling"))
