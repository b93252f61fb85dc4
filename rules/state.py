"""What is remembered of a shipment between two facts: compact, complete, and never changed in place."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from schemas.facts import Order, OrderShipment, subject_id


class Seen(Struct, frozen=True, array_like=True):
    """One scan, as much of it as folding the history again needs."""

    at: datetime
    """Where it stands in the history; for a scan without a clock time, where its day and its state put it."""
    index: int
    """Its place in the message that told it: settles equal times."""
    id: str
    occurred_at: datetime | None
    heard: datetime
    """When we first heard of it."""
    state: str | None
    reason: str | None
    flags: tuple[str, ...]
    direction: str
    mapped: bool
    quality: str
    code: str | None
    text: str | None
    place: str | None
    country: str | None
    estimate: datetime | None
    service_level: str | None
    version: str | None
    """Of the table that mapped it."""
    undoes: tuple[str, ...] = ()
    """Of a retraction: the states it can take back; empty means whatever came last."""
    estimate_heard: datetime | None = None
    """When the estimate was last told: the newest counts, earlier or later than the one before."""
    estimate_least: datetime | None = None
    """The earliest estimate that was ever told with this scan, where the newest is another."""

    @property
    def happened(self) -> datetime:
        """When it happened, or when we heard where the sender gave no time."""
        return self.occurred_at or self.heard


class Contradiction(Struct, frozen=True, omit_defaults=True):
    """Two scans that cannot both be true."""

    name: str
    at: datetime
    scan: str
    """What the scan that contradicts said: its state."""
    scan_id: str


class Lifecycle(Struct, omit_defaults=True):
    """Where the shipment is and how it got there: the fold of its scans in true order of occurrence."""

    state: str = "unknown"
    previous_state: str | None = None
    state_at: datetime | None = None
    state_quality: str = "offset"
    state_version: str | None = None
    """Of the table that mapped the scan which brought the state."""
    reason: str | None = None
    flags: tuple[str, ...] = ()
    direction: str = "outbound"
    labelled_at: datetime | None = None
    possessed_at: datetime | None = None
    """First possession by the carrier."""
    moved_at: datetime | None = None
    """Last scan that says where the parcel is, after possession."""
    moved_quality: str = "offset"
    attempts: tuple[datetime, ...] = ()
    """Scans of failed attempts; several on one local day are one attempt."""
    final_attempt: bool = False
    country: str | None = None
    """Of the last scan that named one."""
    origin: str | None = None
    """The country of the first scan that named one."""
    out_at: datetime | None = None
    delivered_at: datetime | None = None
    returning_at: datetime | None = None
    returned_at: datetime | None = None
    damaged_at: datetime | None = None
    refused_at: datetime | None = None
    contradictions: tuple[Contradiction, ...] = ()
    estimated_at: datetime | None = None
    """The carrier's latest estimate."""
    estimate_least: datetime | None = None
    """The earliest estimate the carrier has told: what people go by."""
    service_level: str | None = None
    earlier: int = 0
    """Parcels that ended under this number before this one."""


class Ticket(Struct, frozen=True, omit_defaults=True):
    """A support ticket as merged from its events, in any order."""

    opened_at: datetime | None = None
    customer_at: datetime | None = None
    agent_at: datetime | None = None
    closed_at: datetime | None = None
    intents: tuple[str, ...] = ()
    names_it: bool = False
    """It names the order or the number, not only a customer who has other parcels too."""
    stated_state: str | None = None
    stated_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Open until closed, and again once the customer writes after that."""
        spoken = max((at for at in (self.opened_at, self.customer_at) if at), default=None)
        return self.closed_at is None or (spoken is not None and spoken > self.closed_at)


class Case(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The latest episode of one kind of exception."""

    case_id: str
    kind: str
    episode: int = 1
    owner: str
    ruled: str = ""
    """Who owns it by its kind: where that changes the case moves, unless a person has moved it before."""
    watchers: tuple[str, ...] = ()
    assignee: str | None = None
    stage: str = ""
    """Which step of the kind it stands at; a new one is evidence that matters."""
    mark: str = ""
    """What of its evidence counts beside the step."""
    score: int = 0
    severity: str = "watch"
    posture: str = "silent"
    terms: dict[str, Any] = {}
    evidence: tuple[dict[str, Any], ...] = ()
    review_reasons: tuple[str, ...] = ()
    reviewed: tuple[str, ...] = ()
    """The reasons for review that a person has answered."""
    tickets: tuple[str, ...] = ()
    """The open tickets that its owner knows of."""
    next_action: str = ""
    due_by: datetime | None = None
    opened_at: datetime
    since: datetime | None = None
    """When what it now tells of happened, where that is known."""
    cause_event_id: str | None = None
    policy_version: str = ""
    acknowledged_by: str | None = None
    snoozed_until: datetime | None = None
    kept_by: str | None = None
    """Who reopened it though its cause is gone: then only a person ends it."""
    hidden_by: str | None = None
    """The kind whose case speaks for this one."""
    decision: str | None = None
    decided_by: str | None = None
    note: str | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    resolution: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to care."""
        return self.resolved_at is None

    @property
    def needs_review(self) -> bool:
        """Whether there is a reason for review that nobody has answered."""
        return any(reason not in self.reviewed for reason in self.review_reasons)


class Message(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Something the customer may be told, until its fate is decided for good."""

    message_id: str
    kind: str
    class_: str
    topic: str
    """The milestone or the kind of case it is about."""
    episode: int = 1
    key: str = ""
    text: str = ""
    occurred_at: datetime
    """When what it tells of happened."""
    due: datetime
    """When its fate is next looked at."""
    stage: str = ""
    """The step of the case that it tells of, where the kind speaks again at that step."""
    case_id: str | None = None
    reason: str | None = None
    """Why it is held; None until a first decision."""
    not_before: datetime | None = None
    slot: datetime | None = None
    """The day's slot that it waits for, where its order is split."""
    approved_by: str | None = None
    imported: bool = False


class Suppressed(Struct, frozen=True, array_like=True):
    """A kind that was found but not opened, because another case speaks for it."""

    hidden_by: str
    since: datetime


class Sent(Struct, frozen=True, array_like=True):
    """A message that was let go."""

    key: str
    class_: str
    at: datetime
    """When it was let go; of a part of a digest the slot."""
    letter: str = ""
    """The key of the digest that it went in, if it did."""

    @property
    def received_as(self) -> str:
        """What the customer received it as: parts of one digest are one letter."""
        return self.letter or self.key


class Standstill(Struct, frozen=True, array_like=True):
    """The incident a parcel is part of."""

    incident_id: str
    place: str
    since: datetime
    affected: int
    share: float
    usual: float


class Hearsay(Struct, frozen=True, array_like=True):
    """What another parcel of the order has told of itself, and from when it counts."""

    counts: datetime
    told: datetime
    """The other parcel's clock when it told it."""
    sibling: str
    delivered_at: datetime | None
    """None: it is delivered no more."""


class Aside(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Cases kept apart from the live ones: nobody is told of them, and they change nothing."""

    of: str = ""
    """Which candidate policy they are of, and since when: part of their ids."""
    cases: dict[str, Case] = {}
    suppressed: dict[str, Suppressed] = {}
    told: tuple[str, ...] = ()
    """Messages that would have been written, each noted once."""
    next_due: datetime | None = None


class Shipment(Struct, omit_defaults=True, kw_only=True):
    """Everything known of one shipment, or of another subject of cases."""

    shipment_id: str
    subject: str = "shipment"
    """A shipment, or an order, a carrier or an incident that has cases of its own."""
    carrier: str
    tracking_number: str
    clock: datetime | None = None
    """The latest moment anything was decided at; time does not run backwards."""
    scans: list[Seen] = []
    life: Lifecycle = msgspec.field(default_factory=Lifecycle)
    linked_by: str | None = None
    """By what the order found the shipment."""
    order: Order | None = None
    parcel: OrderShipment | None = None
    order_rank: tuple[datetime, str, datetime, str, str] | None = None
    """What decides which of two orders counts; the larger."""
    siblings: dict[str, datetime] = {}
    """Other parcels of its order that were delivered, and when."""
    siblings_from: datetime | None = None
    """From when the last of it counts."""
    hearsay: tuple[Hearsay, ...] = ()
    """What they told that does not count yet, in the order in which it will."""
    incident: Standstill | None = None
    incidents: int = 0
    """How many incidents it was part of."""
    tickets: dict[str, Ticket] = {}
    cases: dict[str, Case] = {}
    """The latest episode of every kind that was ever found."""
    suppressed: dict[str, Suppressed] = {}
    asides: dict[str, Aside] = {}
    """By a word of `schemas.words.SHADOWS`."""
    pending: list[Message] = []
    sent: list[Sent] = []
    imported: bool = False
    """All that is known of it was loaded from before; a recent fact from a live feed ends that."""
    told: list[str] = []
    """What was already taken up to be told: class, topic and episode, whatever the fate."""
    actions: list[str] = []
    """Fact ids of the latest operators' actions."""
    sequences: dict[str, int] = {}
    last_update_id: str | None = None
    last_received_at: datetime | None = None
    next_due: datetime | None = None
    """When time alone may change something; always later than `clock`."""
    forget_at: datetime | None = None
    """When a terminal shipment may leave the table."""

    @property
    def subject_id(self) -> str:
        """What subscribers know it by."""
        return subject_id(self.subject, self.shipment_id)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Shipment)


def encode_shipment(shipment: Shipment) -> bytes:
    """Compact JSON."""
    return _encoder.encode(shipment)


def decode_shipment(raw: bytes) -> Shipment:
    """The inverse; raises `msgspec.DecodeError` on anything else."""
    return _decoder.decode(raw)
