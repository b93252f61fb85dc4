"""UPS Quantum View: the events of a subscription's files (JSON and XML), each under the name of its kind.

Only exceptions and generic events have codes; a manifest, an origin scan and a delivery are known by their kind.
Meanings stand in the table of UPS under `QV/`, those of exceptions under `X/`.
"""

from collections.abc import Iterator
from typing import Final

from rules.normalize import times
from rules.normalize.clocks import country
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading
from rules.normalize.history import Parcel, Told, in_order_by_parcel, place, scan
from rules.normalize.names import number
from rules.normalize.reading import fields, items, text
from rules.normalize.tables import load_table
from schemas.facts import Location, Scan

_EVENTS: Final = "QuantumViewResponse.QuantumViewEvents"
_FILE: Final = f"{_EVENTS}.SubscriptionEvents.SubscriptionFile"
_PLAIN: Final = {"Origin": "Origin scan", "Delivery": "Delivered"}


def scans(answer: Fields) -> Iterator[Scan]:
    """The scans of one answer, each parcel's in order; none where no file is waiting or the answer is an error."""
    found: list[Scan] = []
    for subscriber in items(answer, "QuantumViewEvents", "QuantumViewResponse"):
        for subscription in items(subscriber, "SubscriptionEvents", _EVENTS):
            for file in items(subscription, "SubscriptionFile", f"{_EVENTS}.SubscriptionEvents"):
                found += _file(file)
    yield from in_order_by_parcel(found)


def _file(file: Fields) -> Iterator[Scan]:
    for manifest in items(file, "Manifest", _FILE):
        for package in items(manifest, "Package", f"{_FILE}.Manifest"):
            yield from _event(package, _manifest(package, manifest))
    for kind, said in _PLAIN.items():
        for event in items(file, kind, _FILE):
            told = Told(None, said, _moment(event), _place(event))
            yield from _event(event, (told, load_table("ups").find(f"QV/{kind}")))
    for event in items(file, "Exception", _FILE):
        yield from _event(event, _exception(event))
    for event in items(file, "Generic", _FILE):
        yield from _event(event, _generic(event))


def _event(event: Fields, reading: Reading) -> Iterator[Scan]:
    told, row = reading
    bare = number("ups", text(event, "TrackingNumber", _FILE), f"{_FILE}.TrackingNumber")
    yield scan(Parcel("ups", bare, load_table("ups").version), told, row)


def _manifest(package: Fields, manifest: Fields) -> Reading:
    activity = fields(package, "Activity", f"{_FILE}.Manifest.Package")
    moment = _moment(activity)
    if moment.at is None:
        moment = _moment({"Date": manifest.get("PickupDate")})
    return Told(None, "Manifest", moment), load_table("ups").find("QV/Manifest")


def _exception(event: Fields) -> Reading:
    codes = [text(event, name, f"{_FILE}.Exception") for name in ("StatusCode", "ReasonCode")]
    words = [text(event, name, f"{_FILE}.Exception") for name in ("StatusDescription", "ReasonDescription")]
    told = Told(
        "/".join(code for code in codes if code) or None,
        " - ".join(word for word in words if word) or "Exception",
        _moment(event),
        _place(event),
    )
    table = load_table("ups")
    rows = (table.find(f"X/{code}") for code in codes if code)
    known = next((row for row in rows if row), None)
    return told, known if any(codes) else table.find("X")


def _generic(event: Fields) -> Reading:
    code = text(event, "ActivityType", f"{_FILE}.Generic")
    moment = _moment(fields(event, "Activity", f"{_FILE}.Generic"))
    row = load_table("ups").find(f"QV/{code}") if code else None
    return Told(code, row.description if row else None, moment), row


def _moment(event: Fields) -> times.Moment:
    day, clock = text(event, "Date", _FILE), text(event, "Time", _FILE)
    raw = " ".join(part for part in (day, clock) if part) or None
    moment = times.compact(day, clock)
    if moment is None:
        return times.missing(raw)
    where = _place(event)
    zone = times.zone_of(where.country, where.region) if where else None
    return times.from_local(moment, zone, raw)


def _place(event: Fields) -> Location | None:
    where = fields(fields(event, "ActivityLocation", _FILE), "AddressArtifactFormat", _FILE)
    city, region = text(where, "PoliticalDivision2", _FILE), text(where, "PoliticalDivision1", _FILE)
    return place(city, region, text(where, "PostcodePrimaryLow", _FILE), country(text(where, "CountryCode", _FILE)))
