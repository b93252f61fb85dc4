"""Shippo: the track and the webhooks that carry one.

Status and substatus together are the code. A substatus that nobody knows, or that contradicts its status (the
vendor's own example does), leaves the status to decide; text counts only where there is no substatus at all.
"""

from rules.normalize import times
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import named, number
from rules.normalize.reading import fields, items, several, text
from rules.normalize.services import service_level
from rules.normalize.tables import Row, load_table
from schemas.facts import Scan

_EVENT = "$.tracking_history[]"


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one Shippo message; what is no track (a transaction, a batch) gives none."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> tuple[Scan, ...]:
    webhook = "event" in document
    track = fields(document, "data") if isinstance(document.get("data"), dict) else document
    if "tracking_history" in track or "tracking_status" in track:
        return _track(track)
    if webhook or "messages" in document or "detail" in document:
        return ()
    raise unknown_shape("Shippo", "a track_updated webhook")


def _track(track: Fields) -> tuple[Scan, ...]:
    events = items(track, "tracking_history")
    events += [status for status in _alone(track) if not any(_covers(event, status) for event in events)]
    if not events:
        return ()
    who = named(text(track, "carrier"), "$.carrier")
    level = fields(track, "servicelevel")
    parcel = Parcel(
        who,
        number(who, text(track, "tracking_number"), "$.tracking_number"),
        load_table("shippo").version,
        service_level=service_level(text(level, "name") or text(level, "token")),
    )
    estimate = times.iso(text(track, "eta")).at
    return parcel_scans(parcel, events, _event, newest_first=False, estimate=estimate, by_text=True)


def _covers(event: Fields, status: Fields) -> bool:
    """Whether the status repeats this event of the history, or is older: the history knows better then."""
    then, at = (times.iso(text(one, "status_date", _EVENT)).at for one in (event, status))
    return at is None or then is None or at <= then


def _alone(track: Fields) -> list[Fields]:
    # An old answer gives the bare word.
    return items(track, "tracking_status") if not isinstance(track.get("tracking_status"), str) else []


def _event(event: Fields) -> Reading:
    status = text(event, "status", _EVENT)
    detail = event.get("substatus")
    narrow = text(detail, "code", _EVENT) if isinstance(detail, dict) else text(event, "substatus", _EVENT)
    address = fields(event, "location", _EVENT)
    where = place(*several(address, ("city", "state", "zip", "country"), _EVENT))
    zone = times.zone_of(where.country, where.region) if where else None
    moment = times.iso(text(event, "status_date", _EVENT), zone)
    code = "/".join(part for part in (status, narrow) if part) or None
    told = Told(code, text(event, "status_details", _EVENT), moment, where)
    return told, _row(status, narrow, told.text)


def _row(status: str | None, narrow: str | None, said: str | None) -> Row | None:
    if status is None:
        return None
    table = load_table("shippo")
    if narrow is None:
        return table.find(status.upper(), said)
    return table.find(f"{status.upper()}/{narrow.lower()}") or table.find(status.upper())
