"""Each message to the customer: what became of it, by which rule, and what would release it."""

from itertools import groupby
from typing import Any, Final

from msgspec.structs import replace

from rules.explaining.view import View, event_of
from rules.explaining.wording import ahead, minute
from rules.fates import Fate, fate_of
from rules.state import Message
from schemas.explanation import MessageTold
from schemas.words import CUSTOMER_MESSAGES

_RULES: Final = {
    "settling": "messages.settling",
    "quiet_hours": "messages.quiet.from",
    "budget": "messages.budget.apart",
    "stale": "messages.stale",
    "recently_answered": "messages.recently_answered",
    "review_needed": "messages.give_up",
}
"""The policy value behind a reason, where one value is."""
_SLOT: Final = "messages.digest.at"
_FINAL: Final = {
    "imported": "nothing: it tells of a history that was loaded from before",
    "stale": "nothing: what it tells of is too long ago",
    "no_consent": "nothing: no order was known, and so no customer who agreed to be written to",
    "contradicted": "nothing: the scans contradicted each other, so it may have been untrue",
    "incident": "nothing: an incident was going on, and only its own message speaks of dates",
    "ticket_open": "nothing: a ticket was open, so its agent speaks",
    "recently_answered": "nothing: an agent had only just written to the customer",
    "review_needed": "nothing: a person had to look first, and stopped it or never answered",
    "budget": "nothing: the customer had been written to often enough",
    "duplicate": "nothing: it was told already",
    "state_moved_on": "nothing: what it says is no longer so",
    "shadow": "nothing: its kind is in shadow, so nobody is told",
}


def messages_told(view: View) -> list[MessageTold]:
    """Every message of the subject, oldest first."""
    waiting = {message.message_id: message for message in view.shipment.pending}
    events = [one for one in view.heard.events if one[0] == CUSTOMER_MESSAGES]
    ids = list(dict.fromkeys(value["message_id"] for _, value in events))
    events.sort(key=lambda one: ids.index(one[1]["message_id"]))  # stable: each message's own order stays
    told = [
        _published(view, [event for event in group], waiting.get(id_))
        for id_, group in groupby(events, key=lambda one: str(one[1]["message_id"]))
    ]
    return told + [_unsaid(view, message) for id_, message in waiting.items() if id_ not in ids]


def _published(view: View, events: list[tuple[str, dict[str, Any]]], waiting: Message | None) -> MessageTold:
    # A milestone that comes again is suppressed as a duplicate under the same id: that is not what became of the first.
    last = next((one for _, one in reversed(events) if one["reason"] != "duplicate"), events[-1][1])
    rule = _SLOT if last.get("digest_at") else _RULES.get(last["reason"] or "")
    return MessageTold(
        message_id=last["message_id"],
        about=last["about"],
        kind=last["kind"],
        class_=last["class"],
        fate=last["fate"],
        reason=last["reason"],
        final=waiting is None,
        policy=view.policy.limit(rule).path if rule else None,
        not_before=last["not_before"],
        release=_release(view, waiting) if waiting else _ended(last),
        if_released=_tried(view, waiting) if waiting else None,
        text=last["text"],
        case_id=last["case_id"],
        idempotency_key=last["idempotency_key"],
        events=[event_of(topic, value) for topic, value in events],
    )


def _unsaid(view: View, message: Message) -> MessageTold:
    """Taken up since the last mark: nothing was published of it yet."""
    return MessageTold(
        message_id=message.message_id,
        about=message.topic,
        kind=message.kind,
        class_=message.class_,
        fate="held",
        reason=None,
        final=False,
        policy=None,
        not_before=message.not_before,
        release=_release(view, message),
        if_released=_tried(view, message),
        text=message.text,
        case_id=message.case_id,
        idempotency_key=message.key,
        events=[],
    )


def _release(view: View, message: Message) -> str:
    """What would release a message that waits."""
    due = ahead(message.due, view.now)
    if message.approved_by is not None:
        return f"the next mark of the clock: {message.approved_by} approved it"
    if message.kind == "human_reviewed":
        return f"a person who approves it (operator action `approve`); unanswered it is dropped at {due}"
    if message.due <= view.now or message.reason is None:
        return "the next mark of the clock, which decides it"
    if message.slot is not None:
        return f"the day's slot of its split order at {due}: then it is checked again, and goes with its order's others"
    return f"time: it is decided at {due}, against the state of then"


def _ended(last: dict[str, Any]) -> str:
    if last["fate"] == "send":
        return "it was let go, as part of the day's letter of its order" if last.get("digest_at") else "it was let go"
    return _FINAL.get(last["reason"] or "", "nothing: it was decided for good")


def _tried(view: View, message: Message) -> str:
    """Its fate if its time had come, and a person had approved it, at the moment of the question."""
    approved = message.approved_by or ("somebody" if message.kind == "human_reviewed" else None)
    slot = min(message.slot, view.live.draft.now) if message.slot else None
    fate: Fate = fate_of(view.live.draft, replace(message, approved_by=approved, slot=slot))
    until = f" until {minute(fate.not_before)}" if fate.not_before else ""
    return f"{fate.fate}{f', {fate.reason}' if fate.reason else ''}{until}"
