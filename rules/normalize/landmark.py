"""Landmark Global: tracking answers (XML).

Each leg writes its own local times without a zone, so that "delivered" may stand hours before "crossed the
border": the order of the list is right, its times are not.
"""

from typing import Final

from msgspec.structs import replace

from rules.normalize import stamps, times
from rules.normalize.decode import Fields
from rules.normalize.feed import messages, unknown_shape
from rules.normalize.history import Parcel, Told, as_listed, scan
from rules.normalize.names import number
from rules.normalize.reading import fields, items, text
from rules.normalize.tables import load_table
from rules.normalize.wording import worded_place
from schemas.facts import Scan

_EVENT: Final = "TrackResponse.Result.Packages.Package.Events.Event"
_EVENTS: Final = "TrackResponse.Result.Packages.Package.Events"


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one Landmark message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> tuple[Scan, ...]:
    if "TrackResponse" not in document:
        raise unknown_shape("Landmark", "a TrackResponse")
    response = fields(document, "TrackResponse")
    packages = [
        package
        for result in items(response, "Result", "TrackResponse")
        for package in items(fields(result, "Packages", "TrackResponse.Result"), "Package", "TrackResponse.Result")
    ]
    return tuple(one for package in packages for one in _package(package))


def _package(package: Fields) -> tuple[Scan, ...]:
    events = items(fields(package, "Events", _EVENTS), "Event", _EVENTS)
    if not events:
        return ()
    written = text(package, "TrackingNumber", _EVENT) or text(package, "LandmarkTrackingNumber", _EVENT)
    table = load_table("landmark")
    parcel = Parcel("landmark", number("landmark", written, "TrackResponse.Result.Packages.Package"), table.version)
    told = [one for one in map(_told, events) if not one.empty]
    found = [scan(parcel, one, table.find(one.code) if one.code else None) for one in told]
    listed = as_listed(found, newest_first=False)
    estimate = stamps.read(text(package, "ExpectedDelivery", _EVENT)).at
    return (*listed[:-1], *(replace(one, estimated_delivery_at=estimate) for one in listed[-1:]))


def _told(event: Fields) -> Told:
    where = worded_place(text(event, "Location", _EVENT))
    zone = times.zone_of(where.country, where.region) if where else None
    moment = stamps.read(text(event, "DateTime", _EVENT), zone)
    return Told(text(event, "EventCode", _EVENT), text(event, "Status", _EVENT), moment, where)
