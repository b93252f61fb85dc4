"""Link events: what the routers tell the linker, keyed by order, tracking number or customer."""

from datetime import datetime

from msgspec import Struct

from schemas.facts import OrderChange, TicketChange


class RawOrigin(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Where a raw record stood, and its bytes: so that giving up on it still loses nothing."""

    topic: str
    partition: int
    offset: int
    timestamp: datetime
    value: bytes | None = None
    source: str | None = None


class _Link(Struct, frozen=True, omit_defaults=True, kw_only=True, tag_field="link"):
    """What every link event carries."""

    received_at: datetime
    source: str
    topic: str
    position: str
    imported: bool = False
    trace: str | None = None


class OrderLink(_Link, frozen=True, omit_defaults=True, kw_only=True, tag="order"):
    """An order event, to be merged into its order. Key `order:<id>`."""

    change: OrderChange


class NumberLink(_Link, frozen=True, omit_defaults=True, kw_only=True, tag="number"):
    """A tracking number was heard of under this shipment id. Key `number:<NUMBER>`."""

    number: str
    shipment_id: str


class TicketLink(_Link, frozen=True, omit_defaults=True, kw_only=True, tag="ticket"):
    """A ticket event. Key `order:<id>` or `number:<NUMBER>` where it names one.

    One that names only its customer, or only itself, is written to every partition: each order is merged in one
    partition, and only that one knows whose order it is.
    """

    ticket: TicketChange
    origin: RawOrigin | None = None


class FlightLink(_Link, frozen=True, omit_defaults=True, kw_only=True, tag="flight"):
    """A message about a parcel: what its carrier's feed and its places are judged by. Key `carrier:<name>`."""

    carrier: str
    shipment_id: str
    at: datetime | None = None
    """When the latest scan that says a state happened; None where the message has none."""
    place: str | None = None
    """Where that was."""
    stuck: bool = False
    """That scan tells of a delay of the carrier's."""
    over: bool = False
    """That scan ends the parcel's way."""


class HeardLink(_Link, frozen=True, omit_defaults=True, kw_only=True, tag="heard"):
    """A carrier was heard of in an hour: told once to every partition, which judges its own carriers beside it."""

    carrier: str
    hour: datetime


Link = OrderLink | NumberLink | TicketLink | FlightLink | HeardLink
