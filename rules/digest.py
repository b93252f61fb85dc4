"""The digest of a split order: its parcels' ordinary messages wait for one moment of the day, and go as one letter."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from rules.emission import Draft
from rules.state import Message, Shipment
from schemas.facts import subject_key

_FEWEST = 2
_ORDINARY = frozenset(("milestone", "promise"))


class Letter(Struct, frozen=True):
    """What the customer of a split order receives at one slot: the messages of its parcels that share a key."""

    at: datetime
    """The slot, UTC."""
    key: str
    """The idempotency key that all of them have."""


def parcels_of(shipment: Shipment) -> int:
    """How many outbound parcels the order of an outbound parcel has, as far as it is known; else none."""
    if shipment.order is None or shipment.subject != "shipment" or shipment.life.direction == "return":
        return 0
    return len(shipment.order.outbound)


def is_split(shipment: Shipment) -> bool:
    """Whether the parcel is one of several that are sent for one order."""
    return parcels_of(shipment) >= _FEWEST


def letter_of(draft: Draft, message: Message) -> Letter | None:
    """The letter that a message is a part of once all checks stand; None where it speaks for itself.

    What the customer has to act on, and what a person has let go, does not wait.
    """
    value = draft.policy.value
    if message.class_ not in _ORDINARY or message.kind == "human_reviewed":
        return None
    if not value("messages.digest.enabled") or message.topic in value("messages.digest.apart"):
        return None
    order = draft.shipment.order
    if order is None or not is_split(draft.shipment):
        return None
    zone, at = draft.situation.zone[0], message.slot
    # The slot that it waited for stays its own, however late the mark comes and whatever the policy says by now.
    if at is None or at > draft.now:
        at = next_slot(draft.now, zone, value("messages.digest.at"))
    # The order and the slot at its destination: all parcels of the order know the same of both.
    return Letter(at, f"{subject_key('order', order.order_id)}/digest/{at.astimezone(zone):%Y-%m-%dT%H:%M}")


def next_slot(now: datetime, zone: ZoneInfo, at: time) -> datetime:
    """The first moment from `now` on at which it is `at` o'clock there, UTC; an hour that a day lacks is the next."""
    day = now.astimezone(zone).date()
    slot = datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
    return slot if slot >= now else datetime.combine(day + timedelta(days=1), at, tzinfo=zone).astimezone(UTC)
