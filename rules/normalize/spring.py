"""Spring GDS (XBS): tracking answers, each event with an epoch and the same instant as UTC text.

101 is "delivered to the destination country": only 100 is the addressee's.
"""

from typing import Final

from rules.normalize import stamps, times
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import number
from rules.normalize.reading import items, text
from rules.normalize.tables import load_table
from schemas.facts import Scan

_EVENT: Final = "$.Shipment.Events[]"


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one Spring message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> tuple[Scan, ...]:
    shipments = items(document, "Shipment") if "Shipment" in document else [document]
    found = [one for one in shipments if "Events" in one]
    if not found and not {"ErrorLevel", "Shipment", "TrackingNumber"} & document.keys():
        raise unknown_shape("Spring", "a TrackShipment answer")
    return tuple(one for shipment in found for one in _shipment(shipment))


def _shipment(shipment: Fields) -> tuple[Scan, ...]:
    events = items(shipment, "Events", "$.Shipment")
    if not events:
        return ()
    bare = number("spring", text(shipment, "TrackingNumber", "$.Shipment"), "$.Shipment.TrackingNumber")
    return parcel_scans(Parcel("spring", bare, load_table("spring").version), events, _event, newest_first=False)


def _event(event: Fields) -> Reading:
    code = text(event, "Code", _EVENT)
    where = place(*(text(event, name, _EVENT) for name in ("City", "State", "Zip", "Country")))
    told = Told(code, text(event, "Description", _EVENT), _moment(event), where)
    return told, load_table("spring").find(code) if code else None


def _moment(event: Fields) -> times.Moment:
    written = text(event, "DateTime", _EVENT)
    exact = stamps.epoch(event.get("Timestamp"), written)
    return exact if exact.at else stamps.read(written)
