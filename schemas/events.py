"""The contract of every event we publish: strict models over the closed vocabularies of `schemas.words`.

They are no part of the hot path: tests hold every event of the core against them, and the JSON Schemas that
subscribers read are made from them.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from schemas import words


class _OneOf:
    """A text out of a closed vocabulary; becomes an `enum` in JSON Schema."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._words = list(vocabulary)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.literal_schema(list(self._words))


State = Annotated[str, _OneOf(words.STATES)]
Flag = Annotated[str, _OneOf(words.FLAGS)]
Direction = Annotated[str, _OneOf(words.DIRECTIONS)]
Reason = Annotated[str, _OneOf(words.REASONS)]
Class = Annotated[str, _OneOf(words.CLASSES)]
Owner = Annotated[str, _OneOf(words.OWNERS)]
Severity = Annotated[str, _OneOf(words.SEVERITIES)]
Posture = Annotated[str, _OneOf(words.POSTURES)]
Subject = Annotated[str, _OneOf(words.SUBJECTS)]
Kind = Annotated[str, _OneOf(words.KINDS)]
Change = Annotated[str, _OneOf(words.CHANGES)]
MessageKind = Annotated[str, _OneOf(words.MESSAGE_KINDS)]
MessageClass = Annotated[str, _OneOf(words.MESSAGE_CLASSES)]
FateWord = Annotated[str, _OneOf(words.FATES)]
FateReason = Annotated[str, _OneOf(words.FATE_REASONS)]
TimeQuality = Annotated[str, _OneOf(words.TIME_QUALITIES)]
ServiceLevel = Annotated[str, _OneOf(words.SERVICE_LEVELS)]
Tier = Annotated[str, _OneOf(words.TIERS)]
Channel = Annotated[str, _OneOf(words.CHANNELS)]
Resolution = Annotated[str, _OneOf(words.RESOLUTIONS)]
Shadow = Annotated[str, _OneOf(words.SHADOWS)]
Name = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=0)]
Date = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class _Strict(BaseModel):
    """Frozen, and refuses fields and types that the contract does not name."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class _Event(_Strict):
    """What every event about a shipment carries."""

    event_id: Name = Field(description="Deterministic: a repeated event has the id it had.")
    schema_version: Literal[1] = 1
    occurred_at: AwareDatetime = Field(description="When it happened.")
    received_at: AwareDatetime = Field(description="When we heard of it.")
    timestamp: AwareDatetime = Field(description="The same as `occurred_at`.")
    sequence: int = Field(ge=1, description="Gapless for each subject and topic.")
    subject: Subject
    subject_id: Name
    shipment_id: Name | None = None
    carrier: Name | None = None
    tracking_number: Name | None = None
    order_id: Name | None = None
    customer_id: Name | None = None
    storefront: Name | None = None
    current_state: State | None = None
    previous_state: State | None = None
    promise_date: Date | None = None
    exception_reason: Reason | None = None


class Place(_Strict):
    """Where a scan was made."""

    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None


class ShipmentUpdate(_Event):
    """Topic `shipment-updates`: one scan, and the state after it."""

    class_: Class = Field(alias="class")
    flags: list[Flag]
    direction: Direction
    service_level: ServiceLevel | None
    code: str | None
    description: str | None
    scan_state: State | None = Field(description="What this scan alone said; null where it says nothing of state.")
    scan_reason: Reason | None
    mapped: bool = Field(description="False where no table knows the code.")
    mapping_version: str | None
    location: Place | None
    time_quality: TimeQuality
    raw_time: str | None
    scan_id: str | None
    linked_by: str
    estimated_delivery_at: AwareDatetime | None
    imported: bool
    policy_version: Name


class LastScan(_Strict):
    """The last scan in true order of occurrence."""

    occurred_at: AwareDatetime
    received_at: AwareDatetime
    state: State | None
    code: str | None
    description: str | None
    place: str | None


class CaseSummary(_Strict):
    """An open case, as a board lists it."""

    case_id: Name
    kind: Kind
    owner: Owner
    assignee: str | None
    severity: Severity
    score: Count
    posture: Posture
    needs_review: bool
    next_action: str
    due_by: AwareDatetime | None
    opened_at: AwareDatetime
    hidden_by: Kind | None


class SuppressedCase(_Strict):
    """A cause that is there, and that another case speaks for."""

    kind: Kind
    hidden_by: Kind
    since: AwareDatetime


class Money(_Strict):
    """A decimal amount as the shop wrote it, and its ISO 4217 currency."""

    amount: str
    currency: str


class OrderSummary(_Strict):
    """What of the order weighs in decisions."""

    value: Money | None
    tier: Tier | None
    channel: Channel | None
    needed_by: Date | None
    replacement_for: str | None
    country: str | None
    region: str | None
    cancelled_at: AwareDatetime | None


class Counters(_Strict):
    """How much there is of what."""

    scans: Count
    unmapped: Count
    tickets: Count
    cases_open: Count
    messages_sent: Count


class ShipmentState(_Event):
    """Topic `shipments`: the latest trusted state."""

    class_: Class = Field(alias="class")
    flags: list[Flag]
    direction: Direction
    service_level: ServiceLevel | None
    estimated_delivery_at: AwareDatetime | None
    promise_ends_at: AwareDatetime | None = Field(description="24:00 of the promised date at the destination.")
    promise_zone: str | None
    promise_zone_basis: Literal["destination.timezone", "region", "country", "utc"] | None
    state_since: AwareDatetime | None
    last_scan: LastScan | None
    first_possession_at: AwareDatetime | None
    last_movement_at: AwareDatetime | None
    delivered_at: AwareDatetime | None
    attempts: Count
    contradictions: list[str]
    cases: list[CaseSummary]
    suppressed_cases: list[SuppressedCase]
    open_tickets: list[str]
    order: OrderSummary | None
    linked_by: str | None
    counters: Counters
    policy_version: Name


class Term(_Strict):
    """One part of a score."""

    points: int
    value: str | int | float | None
    policy: str


class EvidenceItem(_Strict):
    """One observed fact, the limit it was held against, and the policy entry that set the limit."""

    fact: Name
    observed: str | int | float | bool | None
    limit: str | int | float | bool | None
    policy: str | None


class ExceptionEvent(_Event):
    """Topics `exceptions-<owner>`: one change of one case."""

    case_id: Name
    dedup_key: Name = Field(description="The same for all episodes of one kind of one subject.")
    change: Change
    kind: Kind
    title: str
    stage: str
    episode: int = Field(ge=1)
    owner: Owner
    previous_owner: Owner | None
    watchers: list[Owner]
    assignee: str | None
    severity: Severity
    score: Count
    terms: dict[str, Term]
    next_action: str
    runbook: str
    due_by: AwareDatetime | None
    posture: Posture
    needs_review: bool
    review_reasons: list[str]
    hidden_by: Kind | None
    evidence: list[EvidenceItem] = Field(min_length=1)
    open_tickets: list[str]
    opened_at: AwareDatetime
    acknowledged_by: str | None
    snoozed_until: AwareDatetime | None
    resolved_at: AwareDatetime | None
    resolved_by: str | None = Field(description="`self`, or who ended it.")
    resolution: str | None
    decision: Resolution | None
    decided_by: str | None
    note: str | None
    cause_event_id: str | None
    policy_version: Name
    shadow: Shadow | None = Field(
        None,
        description="Only on `shadow-exceptions`: `kind` where the kind is in shadow, `policy` where a candidate"
        " policy would have opened the case. Nobody is told of either.",
    )


class CustomerMessage(_Event):
    """Topic `customer-messages`: a decision to tell a customer something, or not to."""

    message_id: Name
    kind: MessageKind
    class_: MessageClass = Field(alias="class")
    about: Name = Field(description="The milestone or the kind of case it tells of.")
    episode: int = Field(ge=1)
    fate: FateWord
    reason: FateReason | None
    not_before: AwareDatetime | None
    text: Name
    case_id: str | None
    idempotency_key: Name = Field(
        description="Names what the customer receives: send once by it. Messages of one digest share it on `send`;"
        " until then, and where there is no `digest_at`, it is the message's own."
    )
    decided_by: str | None
    policy_version: Name
    digest_at: AwareDatetime | None = Field(
        None,
        description="Only for a parcel of a split order: the slot of the day that the message waits for (`held`) or"
        " goes at (`send`), together with all messages that share its idempotency_key.",
    )


class NotificationReceipt(_Strict):
    """Topic `notification-receipts`: what became of a notification on one channel."""

    event_id: Name
    notified_event_id: Name
    schema_version: Literal[1] = 1
    occurred_at: AwareDatetime
    received_at: AwareDatetime
    timestamp: AwareDatetime | None = None
    sequence: Count
    subject: Subject | None = None
    subject_id: str | None = None
    shipment_id: str | None = None
    carrier: str | None = None
    tracking_number: str | None = None
    order_id: str | None = None
    customer_id: str | None = None
    current_state: State | None = None
    previous_state: State | None = None
    promise_date: Date | None = None
    exception_reason: Reason | None = None
    case_id: str | None = None
    message_id: str | None = None
    idempotency_key: Name = Field(description="The id under which it was sent; that of the letter, of one in a digest.")
    channel: Name
    result: Name
    reason: str
    attempts: Count
    at: AwareDatetime
    round: str
    letter: list[str] | None = Field(
        None, description="Only of one in a digest: the message_id of every message that went in the same letter."
    )


class ReplayRecord(_Strict):
    """Topic `replays`: who sent which dead letters back, and when."""

    replay_id: Name
    at: AwareDatetime
    by: Name
    plan: Name
    sent: Count
    refused: Count
    places: list[str]


MODELS: Final[dict[str, type[BaseModel]]] = {
    "shipment-update": ShipmentUpdate,
    "shipment": ShipmentState,
    "exception": ExceptionEvent,
    "customer-message": CustomerMessage,
    "notification-receipt": NotificationReceipt,
    "replay": ReplayRecord,
}
"""Contracts of `topics.yaml` and their models."""


def model_of(topic: str) -> type[BaseModel]:
    """The model of a topic's events; raises `KeyError` on a topic that carries none of ours."""
    if topic.startswith("exceptions-") or topic == words.SHADOW_EXCEPTIONS:
        return ExceptionEvent
    return _BY_TOPIC[topic]


_BY_TOPIC: Final[dict[str, type[BaseModel]]] = {
    words.SHIPMENTS: ShipmentState,
    words.SHIPMENT_UPDATES: ShipmentUpdate,
    words.CUSTOMER_MESSAGES: CustomerMessage,
    words.NOTIFICATION_RECEIPTS: NotificationReceipt,
    words.REPLAYS: ReplayRecord,
}
