"""The way of most senders: a message holds parcels, a parcel holds events, and an event is one scan."""

from collections.abc import Callable, Iterable
from datetime import datetime

from msgspec.structs import replace

from rules.normalize.decode import Fields, UnusableError, decode
from rules.normalize.history import Parcel, Told, as_listed, in_order, scan
from rules.normalize.reading import fields, objects
from rules.normalize.tables import Row, Table
from schemas.facts import Scan

Reading = tuple[Told, Row | None]
"""What the sender said of one scan, and what its table knows of it."""


def messages(raw: bytes) -> list[Fields]:
    """The documents in the bytes: one, or a list of them; raises `UnusableError` where there is none."""
    document = decode(raw)
    return objects(document, "$") if isinstance(document, list) else [document]


def body(document: Fields) -> Fields:
    """What a SOAP envelope wraps; any other document as it is."""
    return fields(fields(document, "Envelope"), "Body") if "Envelope" in document else document


def parcel_scans(
    parcel: Parcel,
    events: list[Fields],
    read: Callable[[Fields], Reading],
    *,
    newest_first: bool,
    estimate: datetime | None = None,
    by_text: bool = False,
) -> tuple[Scan, ...]:
    """The scans of one parcel; `newest_first` and `by_text` as in `in_order`."""
    return in_order(_found(parcel, events, read), newest_first=newest_first, estimate=estimate, by_text=by_text)


def scans_of_many_zones(
    parcel: Parcel,
    events: list[Fields],
    read: Callable[[Fields], Reading],
    *,
    newest_first: bool,
    estimate: datetime | None = None,
) -> tuple[Scan, ...]:
    """The scans of one parcel whose list holds local times of several zones.

    Where the zone of some is not known, their clocks cannot be compared, and the sender's own order counts.
    """
    found = _found(parcel, events, read)
    if any(one.time_quality == "naive" for one in found):
        listed = as_listed(found, newest_first=newest_first)
        return (*listed[:-1], replace(listed[-1], estimated_delivery_at=estimate))
    return in_order(found, newest_first=newest_first, estimate=estimate)


def _found(parcel: Parcel, events: list[Fields], read: Callable[[Fields], Reading]) -> list[Scan]:
    return [scan(parcel, told, row) for told, row in map(read, events) if not told.empty]


def meaning(table: Table, told: Told) -> Row | None:
    """What a scan means: by its code, else by its text, whose rows stand under `*`."""
    if told.code is None:
        return table.find("*", told.text)
    day, capitals = told.moment.at.date() if told.moment.at else None, told.code.upper()
    row = table.find(told.code, told.text, day)
    # Codes in capitals come in small letters too.
    return row if row or capitals == told.code else table.find(capitals, told.text, day)


def is_error(document: Fields, names: Iterable[str]) -> bool:
    """Whether one of the names by which a sender tells of an error says anything; a null beside an answer does not."""
    return any(document.get(name) for name in names)


def unknown_shape(sender: str, send: str) -> UnusableError:
    """The refusal of a document that is none of the sender's messages."""
    return UnusableError("schema_invalid", f"$ is no {sender} message we know; send {send}")
