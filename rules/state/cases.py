"""What is remembered of a shipment's tickets and cases."""

from datetime import datetime
from typing import Any

from msgspec import Struct


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


class Suppressed(Struct, frozen=True, array_like=True):
    """A kind that was found but not opened, because another case speaks for it."""

    hidden_by: str
    since: datetime
