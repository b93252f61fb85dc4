"""DHL Parcel Germany: the XML tracking service, and the unified JSON.

ICE, RIC and standard event mean something only together: SRTED/NRQRD is a pickup, transit or a parcel on the
delivery vehicle depending on the event, and "Delivery successful" (ZU) is also given to a parcel disposed of.
"""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from rules.normalize import clocks, times
from rules.normalize.decode import Fields
from rules.normalize.dhl_unified import unified
from rules.normalize.feed import Reading, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import number
from rules.normalize.reading import items, text
from rules.normalize.tables import Row, load_table
from schemas.facts import Scan

_PIECE: Final = "data.piece-shipment"
_EVENT: Final = f"{_PIECE}.piece-event"
_CODES: Final = ("ice", "ric", "standard-event-code")
_SHARED: Final = ("event-location", "event-country", "ruecksendung")
_PIECES: Final = ("piece-shipment", "piece-status-public")
_ON_THE_WAY_BACK: Final = ("picked_up", "in_transit", "out_for_delivery")


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one DHL Parcel DE message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> Iterator[Scan]:
    if "data" not in document:
        if document.keys().isdisjoint(("shipments", "id", "title", "detail", "error")):
            raise unknown_shape("DHL Parcel DE", "a d-get-piece-detail answer")
        yield from unified(document)
        return
    for name in _PIECES:
        for piece in _named(document, name):
            yield from _piece(piece)


def _named(node: Fields, name: str) -> Iterator[Fields]:
    """The `data` elements of that name, at any depth."""
    for child in items(node, "data"):
        if _attribute(child, "name") == name:
            yield child
        else:
            yield from _named(child, name)


def _attribute(element: Fields, name: str, path: str = "data") -> str | None:
    return text(element, f"@{name}", path) or text(element, name, path)


def _piece(piece: Fields) -> tuple[Scan, ...]:
    events = list(_named(piece, "piece-event")) or _latest(piece)
    if not events:
        return ()
    written = _attribute(piece, "piece-code", _PIECE) or _attribute(piece, "searched-piece-code", _PIECE)
    bare = number("dhl_parcel_de", written, f"{_PIECE}.piece-code")
    going_back = [_attribute(event, "ruecksendung", _EVENT) == "true" for event in events]
    # A return that is a shipment of its own is one from its first scan on.
    direction = "return" if all(going_back) else "outbound"
    parcel = Parcel("dhl_parcel_de", bare, load_table("dhl_parcel_de").version, direction=direction)
    return parcel_scans(parcel, events, _event if direction == "outbound" else _read, newest_first=False)


def _latest(piece: Fields) -> list[Fields]:
    """The piece's own status as an event: an answer without details has nothing else."""
    event = {name: value for name in (*_CODES, *_SHARED) if (value := _attribute(piece, name, _PIECE))}
    if "ice" not in event and "standard-event-code" not in event:
        return []
    return [{**event, "event-timestamp": _attribute(piece, "status-timestamp", _PIECE), "event-status": _said(piece)}]


def _said(piece: Fields) -> str | None:
    return _attribute(piece, "status", _PIECE) or _attribute(piece, "short-status", _PIECE)


def _event(event: Fields) -> Reading:
    told, row = _read(event)
    if row is None or _attribute(event, "ruecksendung", _EVENT) != "true":
        return told, row
    return told, _back(row)


def _back(row: Row) -> Row:
    """What a scan means on the way back to the sender."""
    if row.state == "delivered":
        return replace(row, state="returned", flags=("back_at_sender",))
    if row.state in _ON_THE_WAY_BACK and row.reason != "awaiting_customer_pickup":
        return replace(row, state="returned", flags=("returning",))
    return row


def _read(event: Fields) -> Reading:
    parts = [_attribute(event, name, _EVENT) for name in _CODES]
    code = "/".join(part for part in parts if part) or None
    said = _attribute(event, "event-status", _EVENT) or _attribute(event, "event-short-status", _EVENT)
    land = clocks.country(_attribute(event, "event-country", _EVENT))
    where = place(_attribute(event, "event-location", _EVENT), None, None, land)
    written = _attribute(event, "event-timestamp", _EVENT)
    day, _, clock = (written or "").partition(" ")
    moment = clocks.moment(day or None, clock or None, times.zone_of("DE"), order="dmy")
    told = Told(code, said, replace(moment, raw=written), where)
    return told, load_table("dhl_parcel_de").find(code.upper(), said) if code else None
