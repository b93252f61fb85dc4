"""What `wismo explain --json` says: one subject at one moment, every kind with its why or why not, every message.

A stable shape: fields are added, never renamed. Its JSON Schema is `schemas/generated/explanation.schema.json`.
"""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from schemas.events import (
    Class,
    Count,
    Direction,
    FateReason,
    FateWord,
    Flag,
    Kind,
    MessageClass,
    MessageKind,
    Name,
    Owner,
    Posture,
    Reason,
    Severity,
    State,
    Subject,
    Term,
    TimeQuality,
)

Value = str | int | float | bool | list[Any] | None
"""A plain value: spans in hours (`48h`), times in RFC 3339."""

Standing = Literal[
    "open", "snoozed", "hidden", "settled", "waiting", "ending", "kept", "off", "quiet", "elsewhere", "unbuilt"
]
"""What has become of a kind: see `docs/explain.md`."""


class _Part(BaseModel):
    """Frozen, and made only of what it names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Told(_Part):
    """An event that was published."""

    topic: Name
    event_id: Name
    sequence: Count
    said: str = Field(description="The change of a case, the fate of a message, the state after a scan.")
    reason: FateReason | None = Field(description="Of a fate.")
    received_at: AwareDatetime


class Condition(_Part):
    """One condition of a kind, as it was at the moment."""

    fact: Name
    observed: Value
    limit: Value
    policy: str | None = Field(description="Entry and path of the policy that set the limit; null: the catalogue.")
    holds: bool


class Evidence(_Part):
    """One observed fact, the limit it was held against, and the policy entry that set the limit."""

    fact: Name
    observed: Value
    limit: Value
    policy: str | None


class ScanTold(_Part):
    """The scan that brought the state, as its sender wrote it and as our table read it."""

    code: str | None = Field(description="The sender's own code.")
    description: str | None
    state: State | None
    reason: Reason | None
    raw_time: str | None = Field(description="The time as the sender wrote it.")
    occurred_at: AwareDatetime | None
    heard_at: AwareDatetime
    time_quality: TimeQuality
    place: str | None
    table: str | None = Field(description="The carrier table that knows the code.")
    mapping_version: str | None
    event: Told | None


class StateTold(_Part):
    """Where the parcel was, as far as we knew."""

    state: State
    previous_state: State | None
    since: AwareDatetime | None
    reason: Reason | None
    flags: list[Flag]
    direction: Direction
    class_: Class = Field(serialization_alias="class")
    attempts: Count
    contradictions: list[str]
    scans: Count
    unmapped: Count
    moved_at: AwareDatetime | None = Field(description="The last scan that says where the parcel is.")
    estimated_delivery_at: AwareDatetime | None
    scan: ScanTold | None


class OrderTold(_Part):
    """The order as far as we knew it."""

    order_id: Name
    linked_by: str | None
    customer_id: str | None
    storefront: str | None
    channel: str | None
    tier: str | None
    value: str | None = Field(description="Amount and currency.")
    service_level: str | None
    needed_by: str | None
    replacement_for: str | None
    country: str | None
    region: str | None
    cancelled_at: AwareDatetime | None
    parcels: list[str]
    delivered_parcels: list[str] = Field(description="Other parcels of the order that had arrived.")


class PromiseTold(_Part):
    """What the customer was promised."""

    date: str
    ends_at: AwareDatetime | None = Field(description="24:00 of the date at the destination.")
    zone: str
    basis: str = Field(description="What the zone is known from.")
    passed: bool


class TicketTold(_Part):
    """A support ticket that concerns the subject."""

    ticket_id: Name
    open: bool
    intents: list[str]
    names_it: bool = Field(description="It names the order or the number, not only the customer.")
    opened_at: AwareDatetime | None
    customer_at: AwareDatetime | None
    agent_at: AwareDatetime | None
    closed_at: AwareDatetime | None


class FeedTold(_Part):
    """The carrier's feed: while it is silent its parcels' clocks stand still."""

    carrier: Name
    heard_at: AwareDatetime | None
    parcels_in_flight: Count
    silent_from: AwareDatetime | None


class IncidentTold(_Part):
    """The incident that the parcel is part of: it speaks for kinds that lateness brings."""

    incident_id: Name
    place: str
    since: AwareDatetime


class CaseTold(_Part):
    """A case as it was last published."""

    case_id: Name
    episode: Count
    owner: Owner
    watchers: list[Owner]
    assignee: str | None
    severity: Severity
    score: Count
    terms: dict[str, Term]
    posture: Posture
    needs_review: bool
    review_reasons: list[str]
    evidence: list[Evidence]
    next_action: str
    runbook: str
    due_by: AwareDatetime | None
    opened_at: AwareDatetime
    snoozed_until: AwareDatetime | None
    resolved_at: AwareDatetime | None
    resolved_by: str | None
    resolution: str | None
    decision: str | None
    decided_by: str | None
    policy_version: str
    events: list[Told] = Field(description="The events that told it, oldest first.")


class FoundTold(_Part):
    """A cause that is there, weighed at the moment of the question."""

    stage: str
    since: AwareDatetime | None
    evidence: list[Evidence]
    owner: Owner
    watchers: list[Owner]
    severity: Severity
    score: Count
    terms: dict[str, Term]
    posture: Posture
    review_reasons: list[str]
    next_action: str
    policies: list[str] = Field(description="Every policy path that the answer rests on.")


class KindTold(_Part):
    """One kind of exception: whether it fired, and why or why not."""

    kind: Kind
    title: str
    subject: Subject | None = Field(description="What it is an exception of.")
    standing: Standing
    mode: Literal["live", "shadow", "off"] = Field(description="In shadow it has cases that nobody is told of.")
    mode_policy: str | None = Field(description="The policy entry that sets the mode, where it is not live.")
    fires: bool = Field(description="Whether its cause is there.")
    why: str = Field(description="In one line.")
    failing: Condition | None = Field(description="The first condition that does not hold.")
    conditions: list[Condition]
    fires_at: AwareDatetime | None = Field(description="When time alone would bring it, if nothing else happens.")
    changes_at: AwareDatetime | None = Field(description="Of one that fires: when time alone brings its next step.")
    hidden_by: str | None = Field(description="The kind that speaks for it, or `incident`.")
    held_until: AwareDatetime | None = Field(description="Of one that waits or is snoozed: until when.")
    found: FoundTold | None
    case: CaseTold | None = Field(description="Its latest episode, open or not.")


class MessageTold(_Part):
    """Something the customer might be told."""

    message_id: Name
    about: str
    kind: MessageKind
    class_: MessageClass = Field(serialization_alias="class")
    fate: FateWord
    reason: FateReason | None
    final: bool
    policy: str | None = Field(description="The policy entry that the reason rests on.")
    not_before: AwareDatetime | None
    release: str = Field(description="What would release it, or why nothing will.")
    if_released: str | None = Field(description="Its fate if that happened at the moment of the question.")
    text: str
    case_id: str | None
    idempotency_key: str
    events: list[Told]


class Step(_Part):
    """Something that time alone would bring."""

    at: AwareDatetime
    topic: str | None
    said: str


class Ahead(_Part):
    """What happens if nothing else is heard: the core run on with the clock alone."""

    wakes_at: AwareDatetime | None = Field(description="The minute at which the subject is next looked at.")
    forget_at: AwareDatetime | None
    steps: list[Step]


class Later(_Part):
    """What came after the moment; nothing of it is in the answer."""

    facts: Count
    first_received_at: AwareDatetime
    happened_before: Count = Field(description="Of these, how many had happened by the moment but were not heard yet.")
    would_change: bool = Field(description="Whether knowing those would have changed the answer.")
    differences: list[str]


class Explanation(_Part):
    """One subject at one moment: what was known then, and what followed from it."""

    schema_version: Literal[1] = 1
    subject: Subject
    subject_id: Name
    at: AwareDatetime = Field(description="The moment, by arrival: what was heard later is not in the answer.")
    first_heard_at: AwareDatetime | None
    last_heard_at: AwareDatetime | None
    forgotten: bool = Field(description="It was over long ago and has left the table: this is the last that was known.")
    policy_version: Name
    state: StateTold | None = Field(description="Of a shipment.")
    order: OrderTold | None
    promise: PromiseTold | None
    tickets: list[TicketTold]
    feed: FeedTold | None
    incident: IncidentTold | None
    kinds: list[KindTold] = Field(description="In the order of the catalogue.")
    messages: list[MessageTold] = Field(description="Oldest first.")
    ahead: Ahead
    later: Later | None
