"""What a sender of source `wismo` sends: scans, orders, tickets and actions, checked strictly.

Unknown fields are ignored, unknown values are refused with the words that are allowed.
"""

import re
from datetime import date, datetime
from typing import Annotated, Any, Final, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from schemas.codec import parse_rfc3339
from schemas.words import (
    ACTIONS,
    CHANNELS,
    DIRECTIONS,
    FLAGS,
    INTENTS,
    ORDER_EVENTS,
    OWNERS,
    REASONS,
    RESOLUTIONS,
    SERVICE_LEVELS,
    STATES,
    SUBJECTS,
    TICKET_EVENTS,
    TIERS,
)

FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2100
"""Outside of these years a time cannot be true."""
_AMOUNT: Final = re.compile(r"-?\d{1,15}(\.\d{1,6})?")


def _time(value: object) -> datetime:
    try:
        moment = parse_rfc3339(value) if isinstance(value, str) else None
    except OverflowError:
        raise ValueError("a time at the end of the calendar cannot be true") from None
    except ValueError:
        moment = None
    if moment is None:
        raise PydanticCustomError("time_type", "write an RFC 3339 time with its offset, e.g. 2026-03-02T16:05:00-05:00")
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"a time in the year {moment.year} cannot be true")
    return moment


def _date(value: str) -> str:
    try:
        day = date.fromisoformat(value) if len(value) == 10 else None
    except ValueError:
        day = None
    if day is None:
        raise PydanticCustomError("date_type", "write a date, e.g. 2026-03-04")
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"a date in the year {day.year} cannot be true")
    return value


def _filled(value: str) -> str:
    stripped = value.strip()
    if not stripped:
        raise ValueError("must not be empty")
    return stripped


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, LookupError) as error:
        raise ValueError("write an IANA time zone, e.g. America/Chicago") from error
    return value


def _amount(value: str) -> str:
    if not _AMOUNT.fullmatch(value):
        raise PydanticCustomError("amount_type", 'write a decimal amount as text, e.g. "129.90"')
    return value


class _OneOf:
    """A text out of a closed vocabulary; an `enum` in JSON Schema, so that senders can read it."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self._words = words
        self._allowed = frozenset(words)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "enum": list(self._words)}

    def _check(self, value: str) -> str:
        if value not in self._allowed:
            raise ValueError(f"is not one of: {' '.join(self._words)}")
        return value


Time = Annotated[datetime, BeforeValidator(_time)]
Date = Annotated[str, AfterValidator(_date)]
Name = Annotated[str, Field(max_length=200), AfterValidator(_filled)]
Text = Annotated[str, Field(max_length=4000)]
Amount = Annotated[str, AfterValidator(_amount)]
Zone = Annotated[str, AfterValidator(_zone)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
State = Annotated[str, _OneOf(STATES)]
Reason = Annotated[str, _OneOf(REASONS)]
Flag = Annotated[str, _OneOf(FLAGS)]
Direction = Annotated[str, _OneOf(DIRECTIONS)]
ServiceLevel = Annotated[str, _OneOf(SERVICE_LEVELS)]
Tier = Annotated[str, _OneOf(TIERS)]
Channel = Annotated[str, _OneOf(CHANNELS)]
OrderEvent = Annotated[str, _OneOf(ORDER_EVENTS)]
TicketEvent = Annotated[str, _OneOf(TICKET_EVENTS)]
Intent = Annotated[str, _OneOf(INTENTS)]
ActionWord = Annotated[str, _OneOf(ACTIONS)]
Owner = Annotated[str, _OneOf(OWNERS)]
Subject = Annotated[str, _OneOf(SUBJECTS)]
Decision = Annotated[str, _OneOf(RESOLUTIONS)]


class _Raw(BaseModel):
    """Strict, frozen, and silent about the values it refuses: they may be a customer's."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", hide_input_in_errors=True)


class RawPlace(_Raw):
    """Where a scan was made."""

    city: Text | None = None
    region: Text | None = None
    postal_code: Text | None = None
    country: Text | None = None


class RawScan(_Raw):
    """One carrier scan; `status` null makes it informational."""

    carrier: Name
    tracking_number: Name
    status: State | None
    reason: Reason | None = None
    code: Text | None = None
    description: Text | None = None
    occurred_at: Time | None = None
    location: RawPlace | None = None
    estimated_delivery_at: Time | None = None
    flags: list[Flag] = []
    direction: Direction | None = None
    scan_id: Text | None = None
    service_level: ServiceLevel | None = None


class RawMoney(_Raw):
    """An amount and its currency."""

    amount: Amount
    currency: Currency


class RawCustomer(_Raw):
    """What an order says of its customer."""

    tier: Tier | None = None
    orders_before: Annotated[int, Field(ge=0, le=10**9)] | None = None
    failed_deliveries_90d: Annotated[int, Field(ge=0, le=10**9)] | None = None


class RawDestination(_Raw):
    """Where an order goes."""

    country: Country | None = None
    region: Text | None = None
    postal_code: Text | None = None
    timezone: Zone | None = None


class RawParcel(_Raw):
    """One parcel of an order."""

    carrier: Name
    tracking_number: Name
    service_level: ServiceLevel | None = None
    direction: Direction | None = None
    shipped_at: Time | None = None


class RawOrder(_Raw):
    """One order event; `model_fields_set` tells an absent field from one that is null."""

    event: OrderEvent
    order_id: Name
    at: Time
    customer_id: Name | None = None
    storefront: Name | None = None
    channel: Channel | None = None
    promise_date: Date | None = None
    needed_by: Date | None = None
    value: RawMoney | None = None
    customer: RawCustomer | None = None
    destination: RawDestination | None = None
    replacement_for: Name | None = None
    shipments: list[RawParcel] | None = None


class RawTicket(_Raw):
    """One support-ticket event."""

    event: TicketEvent
    ticket_id: Name
    at: Time
    order_id: Name | None = None
    tracking_number: Name | None = None
    customer_id: Name | None = None
    channel: Name | None = None
    intent: Intent | None = None
    stated_state: State | None = None


class RawAction(_Raw):
    """What an operator did."""

    action: ActionWord
    shipment_id: Name | None = None
    subject: Subject | None = None
    subject_id: Name | None = None
    """As on the event of the case, where its subject is no shipment; `shipment_id` may hold it instead."""
    at: Time
    case_id: Name | None = None
    by: Name | None = None
    owner: Owner | None = None
    assignee: Name | None = None
    until: Time | None = None
    decision: Decision | None = None
    message_id: Name | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _names_its_subject(self) -> Self:
        if self.shipment_id is None and self.subject_id is None:
            raise PydanticCustomError("missing", "name the shipment in shipment_id, or the subject in subject_id")
        return self
