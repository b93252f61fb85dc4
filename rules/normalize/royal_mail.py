"""Royal Mail: the tracking API (JSON).

The code decides: "collected" is from the sender in EVCAD and by the customer in EVNOC, and the summary's category
("IN TRANSIT") hides a missort.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from rules.normalize import times
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, is_error, meaning, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import number
from rules.normalize.reading import fields, items, text
from rules.normalize.services import service_level
from rules.normalize.tables import load_table
from schemas.facts import Scan

_PIECE: Final = "$.mailPieces"
_EVENT: Final = f"{_PIECE}.events[]"
_SUMMARY: Final = {
    "eventCode": "lastEventCode",
    "eventName": "lastEventName",
    "eventDateTime": "lastEventDateTime",
    "locationName": "lastEventLocationName",
}


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one Royal Mail message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> Iterator[Scan]:
    if "mailPieces" in document:
        for piece in items(document, "mailPieces"):
            yield from _piece(piece)
    elif not is_error(document, ("errors", "httpCode", "error")):
        raise unknown_shape("Royal Mail", "a mailPieces answer")


def _piece(piece: Fields) -> tuple[Scan, ...]:
    summary = fields(piece, "summary", _PIECE)
    events = items(piece, "events", _PIECE)
    if not events and text(summary, "lastEventDateTime", _PIECE):
        events = [{name: summary.get(last) for name, last in _SUMMARY.items()}]
    if not events:
        return ()
    # Shops and customers know the barcode; the piece's own id is the older one of the 2D mark.
    written = text(summary, "oneDBarcode", _PIECE) or text(summary, "uniqueItemId", _PIECE)
    bare = number("royal_mail", written or text(piece, "mailPieceId", _PIECE), f"{_PIECE}.mailPieceId")
    level = service_level(text(summary, "productName", _PIECE))
    parcel = Parcel("royal_mail", bare, load_table("royal_mail").version, service_level=level)
    return parcel_scans(parcel, events, _event, newest_first=True, estimate=_estimate(piece))


def _event(event: Fields) -> Reading:
    where = place(text(event, "locationName", _EVENT), None, None, None)
    moment = times.iso(text(event, "eventDateTime", _EVENT), times.zone_of("GB"))
    told = Told(text(event, "eventCode", _EVENT), text(event, "eventName", _EVENT), moment, where)
    return told, meaning(load_table("royal_mail"), told)


def _estimate(piece: Fields) -> datetime | None:
    """The day, and the end of the window, which is a time with an offset but without a date."""
    window = fields(piece, "estimatedDelivery", _PIECE)
    day, end = text(window, "date", _PIECE), text(window, "endOfEstimatedWindow", _PIECE)
    exact = times.iso(f"{day}T{end}").at if day and end else None
    return exact or times.iso(day).at
