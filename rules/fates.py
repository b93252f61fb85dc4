"""The fate of a message at the moment it would be sent, always with its reason."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from rules.digest import letter_of
from rules.emission import Draft
from rules.hours import is_quiet
from rules.kinds import HIDING
from rules.state import Message, Shipment

_POSTURES = {"normal_update": "update", "proactive_apology": "apology", "human_reviewed": "human_review"}
STATES = {
    "shipped": frozenset(("picked_up", "in_transit", "delayed")),
    "out_for_delivery": frozenset(("out_for_delivery",)),
    "delivered": frozenset(("delivered",)),
}
"""What a milestone tells of."""


class Fate(Struct, frozen=True):
    """What becomes of a message, and why."""

    fate: str
    reason: str | None = None
    not_before: datetime | None = None
    decided_by: str | None = None
    slot: datetime | None = None
    """The day's slot that it waits for or goes at, where its order is split."""
    letter: str = ""
    """The key that it shares with its order's other messages of that slot."""


def fate_of(draft: Draft, message: Message) -> Fate:
    """Check a message whose time has come; only one that stands every check is sent."""
    return (
        from_history(draft, message)
        or _to_nobody(draft)
        or _moved_on(draft, message)
        or _in_an_incident(draft, message)
        or _in_conversation(draft, message)
        or _out_of_place(draft, message)
        or _unreviewed(draft, message)
        or _at_night(draft, message)
        or _over_budget(draft, message)
        or _in_the_digest(draft, message)
        or Fate("send", decided_by=message.approved_by)
    )


def still_true(shipment: Shipment, message: Message) -> bool:
    """Whether what the message says is still so."""
    if message.case_id is not None:
        case = shipment.cases.get(message.topic)
        if case is None or case.case_id != message.case_id or not case.is_open or case.hidden_by is not None:
            return False
        return message.stage in ("", case.stage) and case.posture == _POSTURES[message.kind]
    if message.topic == "incident":
        return shipment.incident is not None and message.episode == shipment.incidents
    life = shipment.life
    return life.state in STATES[message.topic] and "returning" not in life.flags


def from_history(draft: Draft, message: Message) -> Fate | None:
    """What a message is worth that tells of something long past, or of a history loaded from before."""
    if message.imported:
        return Fate("suppressed", "imported")
    # What waits for a person is not stale but given up, in its own time.
    if message.reason != "review_needed" and draft.now - message.occurred_at > draft.policy.value("messages.stale"):
        return Fate("suppressed", "stale")
    return None


def _to_nobody(draft: Draft) -> Fate | None:
    """Without an order, and so without a customer, there is nobody who could have agreed to be written to."""
    return Fate("suppressed", "no_consent") if draft.shipment.order is None else None


def _moved_on(draft: Draft, message: Message) -> Fate | None:
    if not still_true(draft.shipment, message):
        return Fate("dropped", "state_moved_on")
    case = draft.shipment.cases.get("contradictory_scans")
    if case is not None and case.is_open:
        return Fate("suppressed", "contradicted")
    return None


def _in_an_incident(draft: Draft, message: Message) -> Fate | None:
    """While many parcels stand still together, only the incident's plan speaks of dates."""
    if draft.incident is None or message.topic == "incident" or message.class_ != "promise":
        return None
    return Fate("suppressed", "incident")


def _in_conversation(draft: Draft, message: Message) -> Fate | None:
    """Somebody is talking with this customer: the text goes to them, not to the customer."""
    if message.class_ == "critical" or _awaits_review(message):
        return None
    if draft.situation.open_tickets:
        return Fate("suppressed", "ticket_open")
    answered = draft.situation.answered_at()
    if answered is not None and draft.now - answered < draft.policy.value("messages.recently_answered"):
        return Fate("suppressed", "recently_answered")
    return None


def _out_of_place(draft: Draft, message: Message) -> Fate | None:
    """No cheerful news of a parcel that is damaged, lost or coming back, or that a person is just writing about."""
    if message.case_id is not None:
        return None
    elsewhere = draft.shipment.cases.get("delivered_elsewhere")
    if message.topic == "delivered" and elsewhere is not None and elsewhere.is_open and elsewhere.hidden_by is None:
        # Its own message says that it was delivered, and to whom.
        return Fate("suppressed", "duplicate")
    for case in draft.shipment.cases.values():
        reviewed = case.posture == "human_review" and case.needs_review
        if case.is_open and (case.kind in HIDING[0] or reviewed):
            return Fate("suppressed", "review_needed")
    return None


def _awaits_review(message: Message) -> bool:
    return message.kind == "human_reviewed" and message.approved_by is None


def _unreviewed(draft: Draft, message: Message) -> Fate | None:
    # It waited as long as the policy lets it: nobody wants to read it any more.
    return Fate("dropped", "review_needed") if _awaits_review(message) else None


def _at_night(draft: Draft, message: Message) -> Fate | None:
    begin, end = draft.policy.value("messages.quiet.from"), draft.policy.value("messages.quiet.to")
    wake = _quiet_until(draft.now, draft.situation.zone[0], begin, end)
    return None if wake is None else Fate("held", "quiet_hours", wake)


def _quiet_until(now: datetime, zone: ZoneInfo, begin: time, end: time) -> datetime | None:
    """The end of the quiet hours that `now` falls in, if it does."""
    local = now.astimezone(zone)
    if not is_quiet(local.time(), begin, end):
        return None
    day = local.date() + timedelta(days=1) if begin > end and local.time() >= begin else local.date()
    return datetime.combine(day, end, tzinfo=zone).astimezone(UTC)


def _over_budget(draft: Draft, message: Message) -> Fate | None:
    policy, sent = draft.policy, draft.shipment.sent
    if message.class_ == "critical":
        last = max((one.at for one in sent if one.class_ == "critical"), default=None)
        return _not_before(draft, last, "messages.budget.critical_apart")
    name = "milestones" if message.class_ == "milestone" else "promises"
    letter = letter_of(draft, message)
    if letter is not None and letter.at <= draft.now:
        # What went in the same letter is no message beside this one.
        sent = [one for one in sent if one.letter != letter.key]
    used = len({one.received_as for one in sent if one.class_ == message.class_})
    most = len({one.received_as for one in sent})
    if used >= policy.value(f"messages.budget.{name}") or most >= policy.value("messages.budget.most"):
        return Fate("suppressed", "budget")
    if message.topic in ("delivered", "delivered_elsewhere"):
        return None
    last = max((one.at for one in sent), default=None)
    return _not_before(draft, last, "messages.budget.apart")


def _not_before(draft: Draft, last: datetime | None, path: str) -> Fate | None:
    free = None if last is None else last + draft.policy.value(path)
    return None if free is None or draft.now >= free else Fate("held", "budget", free)


def _in_the_digest(draft: Draft, message: Message) -> Fate | None:
    """A split order hears from us once a day: each parcel waits for the slot and is checked again there, by itself."""
    letter = letter_of(draft, message)
    if letter is None:
        return None
    if letter.at > draft.now:
        return Fate("held", "budget", letter.at, slot=letter.at)
    return Fate("send", slot=letter.at, letter=letter.key)
