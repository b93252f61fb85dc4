"""The course of a case and of a message under one policy, as its events tell it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from rules.decision import Event
from schemas.facts import subject_key
from schemas.words import POSTURES, SEVERITIES

_PEOPLE: Final = ("acknowledged", "assigned", "snoozed", "decided")
_BY_NOBODY: Final = ("self", "policy")


class Why(Struct, frozen=True, omit_defaults=True):
    """Why a policy did not open a case at a moment."""

    text: str
    checks: tuple[dict[str, Any], ...] = ()
    """Its conditions: fact, observed, limit, policy, holds."""
    limits: tuple[dict[str, Any], ...] = ()
    """What it says where the other policy set the limits of the case's evidence: value, limit, policy."""


class CaseCourse(Struct, kw_only=True):
    """One case from its opening to its end or the end of the recording."""

    key: str
    """The subject's key: a shipment id, or e.g. `order:A-1`."""
    kind: str
    case_id: str
    episode: int
    carrier: str | None
    order_id: str | None
    opened_at: datetime
    owners: tuple[str, ...]
    """Everyone who owned it, in order."""
    severity: str
    """The worst it had."""
    score: int
    """The highest."""
    posture: str
    """The most it said to the customer."""
    due_by: datetime | None
    """As of its opening."""
    evidence: tuple[dict[str, Any], ...]
    """As of its opening, each with its limit and the policy entry that set it."""
    policy_version: str
    reopened: int = 0
    handled: bool = False
    """A person did something about it."""
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    resolution: str | None = None
    elsewhere: Why | None = None
    """Why the other policy did not open it then."""

    def note(self, value: Mapping[str, Any]) -> None:
        """One more event about it."""
        change = value["change"]
        if value["owner"] != self.owners[-1]:
            self.owners = (*self.owners, value["owner"])
        self.severity = max(self.severity, value["severity"], key=SEVERITIES.index)
        self.posture = max(self.posture, value["posture"], key=POSTURES.index)
        self.score = max(self.score, value["score"])
        if change == "reopened":
            self.reopened += 1
        by_people = change == "resolved" and value["resolved_by"] not in _BY_NOBODY
        self.handled = self.handled or change in _PEOPLE or by_people
        self.resolved_at, self.resolved_by = value["resolved_at"], value["resolved_by"]
        self.resolution = value["resolution"]

    def open_at(self, moment: datetime) -> bool:
        """Whether it was open then."""
        return self.opened_at <= moment and (self.resolved_at is None or moment < self.resolved_at)


class MessageCourse(Struct, kw_only=True):
    """One message from its first decision to its last."""

    key: str
    idempotency_key: str
    class_: str
    kind: str
    about: str
    order_id: str | None
    carrier: str | None
    fate: str
    reason: str | None
    at: datetime
    """When its latest fate was decided."""
    text: str
    policy_version: str
    held: tuple[str, ...] = ()
    """Every reason for which it was held."""
    digest: bool = False
    """It went as part of its order's letter of that day, whose key this is."""


def case_course(event: Event) -> CaseCourse:
    """A case at its first event."""
    value = event.value
    return CaseCourse(
        key=key_of(event),
        kind=value["kind"],
        case_id=value["case_id"],
        episode=value["episode"],
        carrier=value["carrier"],
        order_id=value["order_id"],
        opened_at=value["opened_at"],
        owners=(value["owner"],),
        severity=value["severity"],
        score=value["score"],
        posture=value["posture"],
        due_by=value["due_by"],
        evidence=tuple(value["evidence"]),
        policy_version=value["policy_version"],
    )


def message_course(event: Event, before: MessageCourse | None) -> MessageCourse:
    """A message after one more decision about it."""
    value = event.value
    held = before.held if before is not None else ()
    if value["fate"] == "held" and value["reason"] not in held:
        held = (*held, value["reason"])
    return MessageCourse(
        key=key_of(event),
        idempotency_key=value["idempotency_key"],
        class_=value["class"],
        kind=value["kind"],
        about=value["about"],
        order_id=value["order_id"],
        carrier=value["carrier"],
        fate=value["fate"],
        reason=value["reason"],
        at=value["received_at"],
        text=value["text"],
        policy_version=value["policy_version"],
        held=held,
        digest=value["fate"] == "send" and "digest_at" in value,
    )


def key_of(event: Event) -> str:
    """The key of the subject that an event is about."""
    return subject_key(event.value["subject"], event.value["subject_id"])
