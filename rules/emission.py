"""The working copy of one decision: the shipment as it becomes, and the events it leaves behind."""

from copy import copy
from datetime import datetime, timedelta
from typing import Any

from rules.decision import Decision, Event, Refusal
from rules.feeds import NO_FEEDS, Feeds
from rules.policy import Policy
from rules.situation import Situation
from rules.state import Shipment, Standstill
from schemas.codec import digest

SCHEMA_VERSION = 1
MINUTE = "minute:"
"""What the cause of a mark begins with."""
SOON = timedelta(microseconds=1)
"""After a moment, what is to be decided at the next mark, whatever else comes before it."""
OLD_NEWS = timedelta(hours=24)
"""A scan older than that when it comes is part of a history, of which more may follow."""


def _copy(shipment: Shipment) -> Shipment:
    """A copy whose own lists and dicts may be changed; what they hold is never changed in place."""
    copied = copy(shipment)
    copied.scans = shipment.scans[:]
    copied.tickets = shipment.tickets.copy()
    copied.cases = shipment.cases.copy()
    copied.suppressed = shipment.suppressed.copy()
    copied.siblings = shipment.siblings.copy()
    copied.pending = shipment.pending[:]
    copied.sent = shipment.sent[:]
    copied.asides = shipment.asides.copy()
    copied.told = shipment.told[:]
    copied.actions = shipment.actions[:]
    copied.sequences = shipment.sequences.copy()
    return copied


class Draft:
    """Takes changes and events in; what it was made from stays as it was."""

    def __init__(  # noqa: PLR0913 - what a decision is made from
        self,
        shipment: Shipment,
        now: datetime,
        heard: datetime,
        cause: str,
        policy: Policy,
        feeds: Feeds = NO_FEEDS,
    ) -> None:
        self.before = shipment
        self.shipment = _copy(shipment)
        self.shipment.clock, self.shipment.last_received_at = now, heard
        self.now = now
        self.heard = heard
        self.cause = cause
        """The fact or the minute that this decision answers: part of every event's id."""
        self.policy = policy
        self.watched = False
        """Whether the policy may be appended to while this shipment lives by it."""
        self.edge: datetime | None = None
        """When the policy next changes, as far as its file says."""
        self.feeds = feeds
        self.events: list[Event] = []
        self.aside: list[Event] = []
        """What goes to nobody who acts: it follows the others, and nothing follows from it."""
        self.refusals: list[Refusal] = []
        self.imported = False
        self.by_clock = cause.startswith(MINUTE)
        """Whether this answers a mark of the clock, not a fact."""
        self.quietly = False
        """Whether something is to be kept that nobody need be told of: when an estimate was last heard."""
        self.wake = False
        """Whether the next mark has something to decide."""
        self.reopens: datetime | None = None
        """When a cause that is there, and whose case ended just before, counts again."""
        self._situation: Situation | None = None

    @property
    def situation(self) -> Situation:
        """The view of the shipment as it is now; taken anew after `touch`."""
        if self._situation is None:
            self._situation = Situation(self.shipment, self.policy, self.feeds)
        return self._situation

    @property
    def incident(self) -> Standstill | None:
        """The incident that speaks for the parcel; none where the policy does not let incidents speak."""
        return self.shipment.incident if "incident" not in self.policy.not_live else None

    def case_id(self, kind: str, episode: int) -> str:
        """What an episode of a kind is known by."""
        return digest("case", self.shipment.shipment_id, kind, episode)

    def dedup_key(self, kind: str) -> str:
        """What all episodes of a kind are known by."""
        return f"{self.shipment.shipment_id}/{kind}"

    def touch(self) -> None:
        """The shipment has changed in a way that the view may have read."""
        self._situation = None

    def emit(self, topic: str, type_: str, occurred_at: datetime, marker: str, fields: dict[str, Any]) -> str:
        """Add an event and return its id.

        Args:
            topic: where it goes.
            type_: its CloudEvents type.
            occurred_at: when what it tells of happened.
            marker: tells events of one cause on one topic apart.
            fields: what it says beside the fields of every event.
        """
        shipment = self.shipment
        sequence = shipment.sequences.get(topic, 0) + 1
        shipment.sequences[topic] = sequence
        # The sequence is in it because one message may come again with more in it, under the same fact id.
        event_id = digest(shipment.shipment_id, topic, self.cause, marker, sequence, size=24)
        value = self._common()
        value["event_id"], value["sequence"] = event_id, sequence
        value["occurred_at"] = value["timestamp"] = occurred_at
        value.update(fields)
        self.events.append(Event(topic, shipment.subject_id, type_, shipment.subject_id, occurred_at, value))
        return event_id

    def refuse(self, message: str, reason: str = "semantic_invalid", scan: str | None = None) -> None:
        """Note what could not be applied."""
        self.refusals.append(Refusal(reason, message, scan))

    def decision(self, *, duplicate: bool = False) -> Decision:
        """The answer; a duplicate leaves the shipment as it was."""
        shipment = self.before if duplicate else self.shipment
        return Decision(shipment, (*self.events, *self.aside), tuple(self.refusals), duplicate)

    def _common(self) -> dict[str, Any]:
        shipment, order = self.shipment, self.shipment.order
        life, is_parcel = shipment.life, shipment.subject == "shipment"
        return {
            "schema_version": SCHEMA_VERSION,
            "received_at": self.heard,
            "subject": shipment.subject,
            "subject_id": shipment.subject_id,
            "shipment_id": shipment.shipment_id if is_parcel else None,
            "carrier": shipment.carrier or None,
            "tracking_number": shipment.tracking_number or None,
            "order_id": order.order_id if order else None,
            "customer_id": order.customer_id if order else None,
            "storefront": order.storefront if order else None,
            "current_state": life.state if is_parcel else None,
            "previous_state": life.previous_state,
            "promise_date": order.promise_date if order else None,
            "exception_reason": life.reason,
        }
