"""Newgistics: tracking answers for returns, whose "Delivered" is the warehouse's.

The day stands in `Date` and the clock time in `Time`, both .NET dates: the day of the second is that of the query.
"""

from typing import Final

from rules.normalize import stamps
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import number
from rules.normalize.reading import fields, items, text
from rules.normalize.tables import load_table
from schemas.facts import Location, Scan

_EVENT: Final = "$.Packages[].PackageTrackingEvents[]"
_EVENTS: Final = ("PackageTrackingEvents", "TrackingEvents", "Events")
_NUMBERS: Final = ("Barcode", "TrackingNumber", "CarrierBarcode", "ReferenceNumber")


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one Newgistics message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> tuple[Scan, ...]:
    wrapped = next((key for key in ("Packages", "Package") if key in document), None)
    packages = items(document, wrapped) if wrapped else [document]
    if wrapped is None and not {*_EVENTS, "Error", "Errors", "ErrorMessage"} & document.keys():
        raise unknown_shape("Newgistics", "a tracking answer")
    return tuple(one for package in packages for one in _package(package))


def _package(package: Fields) -> tuple[Scan, ...]:
    listed = next((name for name in _EVENTS if name in package), _EVENTS[0])
    events = items(package, listed, "$.Packages[]")
    if not events:
        return ()
    written = next((found for found in (text(package, name) for name in _NUMBERS) if found), None)
    service = text(package, "Service") or text(package, "ServiceType") or "return"
    parcel = Parcel(
        "newgistics",
        number("newgistics", written, "$.Packages[].Barcode"),
        load_table("newgistics").version,
        # Its business was returns: only a service that says otherwise is none.
        direction="return" if "return" in service.lower() else "outbound",
    )
    return parcel_scans(parcel, events, _event, newest_first=True)


def _event(event: Fields) -> Reading:
    code = text(event, "EventCode", _EVENT) or text(event, "Code", _EVENT)
    said = text(event, "EventDescription", _EVENT) or text(event, "Description", _EVENT)
    moment = stamps.wcf(text(event, "Date", _EVENT), text(event, "Time", _EVENT))
    return Told(code, said, moment, _place(event)), load_table("newgistics").find(code.upper()) if code else None


def _place(event: Fields) -> Location | None:
    told = fields(event, "Address", _EVENT) if isinstance(event.get("Address"), dict) else event
    postal_code = text(told, "PostalCode", _EVENT) or text(told, "Zip", _EVENT)
    return place(text(told, "City", _EVENT), text(told, "State", _EVENT), postal_code, text(told, "Country", _EVENT))
