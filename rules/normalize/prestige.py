"""Prestige: tracking answers in Amazon's EVENT_ codes, of which 101 says that it does not have the parcel yet."""

from typing import Final

from rules.normalize import stamps, times
from rules.normalize.amazon import event_row
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import number, unnamed
from rules.normalize.reading import items, text
from rules.normalize.tables import load_table
from schemas.facts import Scan

_EVENT: Final = "$[].TrackingEventHistory[]"
_NUMBERS: Final = ("TrackingNumber", "trackingNumber", "TrackingID", "PackageTrackingNumber", "Barcode")
_EXACT: Final = ("EventDateTime", "EventDate", "ServerDateTime", "EventTime")


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one Prestige message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> tuple[Scan, ...]:
    if "TrackingEventHistory" not in document:
        if {*_NUMBERS, "Error", "error", "Message"} & document.keys():
            return ()
        raise unknown_shape("Prestige", "a tracking answer")
    events = items(document, "TrackingEventHistory", "$[]")
    if not events:
        return ()
    parcel = Parcel("prestige", number("prestige", _number(document, events), "$[]"), load_table("amazon").version)
    promised = (stamps.read(text(event, "EstimatedDeliveryDate", _EVENT)).at for event in events)
    return parcel_scans(parcel, events, _event, newest_first=True, estimate=next((at for at in promised if at), None))


def _number(document: Fields, events: list[Fields]) -> str:
    for holder in (document, *items(document, "Pieces", "$[]"), *events):
        for name in _NUMBERS:
            written = text(holder, name, "$[]")
            if written:
                return written
    return unnamed(*min((_moment(event).raw or "", text(event, "EventCode", _EVENT) or "") for event in events))


def _event(event: Fields) -> Reading:
    code, said = text(event, "EventCode", _EVENT), text(event, "EventCodeDesc", _EVENT)
    where = place(*(text(event, name, _EVENT) for name in ("ELCity", "ELState", "ELZip", "ELCountry")))
    return Told(code, said, _moment(event), where), event_row("prestige", code, said)


def _moment(event: Fields) -> times.Moment:
    """The epoch where there is one, else the server's date and time, which are UTC, else the event's time as text."""
    for name in _EXACT:
        exact = stamps.dotnet(text(event, name, _EVENT))
        if exact is not None and exact.at:
            return exact
    parts = (text(event, "serverDate", _EVENT), text(event, "serverTime", _EVENT))
    day = stamps.dotnet(parts[0])
    if day and day.at:
        return day
    server = " ".join(part for part in parts if part)
    return stamps.read(server or text(event, _EXACT[0], _EVENT))
