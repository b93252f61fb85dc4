"""AfterShip: tracking webhooks and API answers.

The subtag is the code and its table moves between API versions: a subtag that nobody knows keeps the meaning of
its tag, a tag that nobody knows is unmapped.
"""

from rules.normalize import times
from rules.normalize.clocks import country
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import named, number
from rules.normalize.reading import fields, items, text
from rules.normalize.services import service_level
from rules.normalize.tables import Row, load_table
from schemas.facts import Location, Scan

_POINT = "$.checkpoints[]"
_ESTIMATES = ("latest_estimated_delivery", "courier_estimated_delivery_date", "aftership_estimated_delivery_date")


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one AfterShip message."""
    found = [tracking for document in messages(raw) for tracking in _trackings(document)]
    return tuple(one for tracking in found for one in _tracking(tracking))


def _trackings(document: Fields) -> list[Fields]:
    answer = isinstance(document.get("meta"), dict)
    for key in ("msg", "data"):
        if isinstance(document.get(key), dict):
            document = fields(document, key)
        elif key in document:
            return items(document, key)
    for key in ("tracking", "trackings"):
        if key in document:
            return items(document, key)
    if "checkpoints" in document or "tracking_number" in document:
        return [document]
    if answer:
        return []
    raise unknown_shape("AfterShip", "a tracking webhook")


def _tracking(tracking: Fields) -> tuple[Scan, ...]:
    # The answer about the last checkpoint holds that one alone.
    points = items(tracking, "checkpoints") or items(tracking, "checkpoint")
    if not points:
        return ()
    who = named(text(tracking, "slug"), "$.slug")
    parcel = Parcel(
        who,
        number(who, text(tracking, "tracking_number"), "$.tracking_number"),
        load_table("aftership").version,
        service_level=service_level(text(tracking, "shipment_type")),
    )
    return parcel_scans(parcel, points, _point, newest_first=False, estimate=_estimate(tracking).at)


def _point(point: Fields) -> Reading:
    tag, subtag = text(point, "tag", _POINT), text(point, "subtag", _POINT)
    where = _place(point)
    zone = times.zone_of(where.country, where.region) if where else None
    moment = times.iso(text(point, "checkpoint_time", _POINT), zone)
    told = Told(subtag or tag, text(point, "message", _POINT), moment, where)
    return told, _row(tag, subtag)


def _row(tag: str | None, subtag: str | None) -> Row | None:
    table = load_table("aftership")
    known = table.find(subtag) if subtag else None
    return known or table.find(f"tag:{tag or (subtag or '').partition('_')[0]}")


def _place(point: Fields) -> Location | None:
    names = ("country_iso3", "country_region", "country_name")
    code = next((found for found in (country(text(point, name, _POINT)) for name in names) if found), None)
    postal_code = text(point, "zip", _POINT) or text(point, "postal_code", _POINT)
    city, region = text(point, "city", _POINT), text(point, "state", _POINT)
    return place(city or text(point, "location", _POINT), region, postal_code, code)


def _estimate(tracking: Fields) -> times.Moment:
    plain = text(tracking, "expected_delivery")
    if plain:
        return times.iso(plain)
    for name in _ESTIMATES:
        told = fields(tracking, name)
        moment = times.iso(text(told, "datetime") or text(told, "estimated_delivery_date"))
        if moment.at:
            return moment
    return times.missing()
