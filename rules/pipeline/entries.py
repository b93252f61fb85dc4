"""What the linker remembers: one row an order, a tracking number, a customer, a ticket."""

from datetime import datetime

import msgspec
from msgspec import Struct

from rules.merging import MergedOrder
from rules.pipeline.records import Rows
from rules.pipeline.shelf import Shelf
from schemas.links import TicketLink

MAX_TICKETS = 100
"""Ticket events kept under one row; beyond it the new one goes to the dead letters."""
MAX_SHIPMENTS = 200
"""Shipments kept under one tracking number or order row."""


class Entry(Struct, omit_defaults=True, kw_only=True):
    """A row of `links`: shipments known under this key and ticket events that named it."""

    merged: MergedOrder | None = None
    """The order, in an order's row."""
    shipments: list[str] = []
    """The shipment ids heard of, in a tracking number's row."""
    tickets: list[TicketLink] = []
    """Ticket events that named this key: kept, so that a parcel heard of later learns of them too."""
    keys: list[str] = []
    """Rows of this partition that a customer or a ticket concerns."""
    until: datetime | None = None
    """When the row is forgotten, or what waits in it given up, unless it is heard of again."""


_decoder = msgspec.json.Decoder(Entry)


class Entries:
    """The rows of `links` in one partition, decoded."""

    def __init__(self, rows: Rows | None, partition: int) -> None:
        self._shelf = Shelf(rows, _decoder.decode, msgspec.json.encode)
        self._partition = partition

    def load(self, key: str) -> Entry:
        """The row, or an empty one."""
        return self._shelf.get(self._key(key)) or Entry()

    def store(self, key: str, entry: Entry) -> None:
        """Keep the row as it is now."""
        self._shelf.put(self._key(key), entry)

    def drop(self, key: str) -> None:
        """Forget the row."""
        self._shelf.drop(self._key(key))

    def save(self) -> None:
        """Write what has changed."""
        self._shelf.save()

    def _key(self, key: str) -> str:
        # A customer or a ticket has a row in each partition that knows one of its orders: keys must differ.
        if key.startswith(("customer:", "ticket:")):
            return f"{key}@{self._partition}"
        return key
