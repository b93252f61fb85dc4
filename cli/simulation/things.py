"""The records of the invented world: parcels, what happened to them, orders, and the truth about troubles."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from cli.simulation.places import Place
from cli.simulation.world import Carrier


@dataclass(slots=True, eq=False)
class Happening:
    """Something that happened to a parcel, and when it was first heard of (0: never)."""

    at: int
    step: str
    place: Place
    estimate: int | None = None
    heard: int = 0
    fault: str | None = None
    """What is wrong with the time as reported: `naive`, `wrong_zone` or `no_time`."""
    direction: str = "outbound"


@dataclass(slots=True, eq=False)
class Trouble:
    """What truly went wrong, written where it is caused and never derived from a limit."""

    kind: str
    begins: int
    revealing: Happening | None = None
    """The first report that could reveal it."""
    expected: int = 0
    """When silence could first reveal it: the time by which a scan was due."""
    ends: int | None = None
    subject: str = "shipment"
    subject_id: str = ""
    shipment_id: str | None = None
    because: str | None = None
    """The greater trouble behind it: `hub_outage` or `storm`."""


@dataclass(slots=True, eq=False)
class Parcel:
    """One parcel and its story."""

    index: int
    carrier: Carrier
    service: str
    number: str
    origin: Place
    target: Place
    ready: int
    """When the shop hands it over to its dock."""
    sender: str = "wismo"
    unique_id: str | None = None
    direction: str = "outbound"
    real_number: str | None = None
    """The number on the label, where the order names a wrong one and is corrected later."""
    corrected_at: int = 0
    silent: bool = False
    """Nobody ever reports on it: its order names a number that does not exist."""
    happenings: list[Happening] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    fate: str = "fine"
    """The trouble that strikes it, if any."""
    delivered_at: int | None = None
    labelled_at: int = 0
    cause: Trouble | None = None
    """The first trouble that could make it late."""

    @property
    def label_number(self) -> str:
        """The number that its scans carry."""
        return self.real_number or self.number

    @property
    def shipment_id(self) -> str:
        """The id its scans carry."""
        base = f"{self.carrier.name}:{self.label_number}"
        return f"{base}:{self.unique_id}" if self.unique_id else base

    @property
    def named_id(self) -> str:
        """The id its order knows."""
        return f"{self.carrier.name}:{self.number}"

    def as_happened(self, events: Iterable[Happening]) -> list[Happening]:
        """These happenings in their order, also those of one second."""
        told = set(events)
        return [event for event in self.happenings if event in told]


@dataclass(slots=True, eq=False)
class Order:
    """One order."""

    index: int
    order_id: str
    customer_id: str
    at: int
    promise_day: int
    target: Place
    warehouse: Place
    amount: int
    vip: bool
    parcels: list[Parcel] = field(default_factory=list)
    needed_by: int | None = None
    replacement_for: str | None = None
    cancelled_at: int | None = None
    shipped_at: int | None = None
    heard_late: int = 0
    """Seconds by which all that the shop says comes late."""
    shop: bool = False
    """Whether the shop speaks through its webhooks."""
    promise_end: int = 0
    promised: bool = True
    """Whether anybody tells us the date: a shop's webhooks do not."""


@dataclass(frozen=True, slots=True)
class Message:
    """One raw record before it is written."""

    timestamp: int
    topic: str
    key: str
    source: str
    value: object
    history: bool = False
