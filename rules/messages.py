"""What customers are told: planned when something happens, decided at a mark of the clock, each once."""

from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from rules.emission import OLD_NEWS, SOON, Draft
from rules.fates import STATES, Fate, fate_of, from_history, still_true
from rules.lifecycle import VAGUE
from rules.message_events import emit_message
from rules.retractions import taken_back
from rules.state import Case, Lifecycle, Message, Seen, Sent, Standstill
from rules.texts import case_text, milestone_text
from schemas.codec import digest

_KINDS: Final = {"update": "normal_update", "apology": "proactive_apology", "human_review": "human_reviewed"}
_AHEAD: Final = timedelta(hours=2)
"""Clocks of senders may differ by that much."""
_IN_TIME: Final = timedelta(minutes=1)
"""Between two marks: what the clock finds later than that happened before we could know."""


def note_milestone(draft: Draft, scan: Seen, before: Lifecycle) -> None:
    """Take up a milestone that this scan has brought the shipment to."""
    life = draft.shipment.life
    if life.direction == "return" or life.state_at != scan.at or not scan.mapped:
        return
    milestone = _milestone(before, life)
    if milestone is None:
        return
    # What was told and then taken back by the carrier is told anew when it is true.
    episode = 1 + taken_back(draft.shipment.scans, STATES[milestone]) + life.earlier
    message = Message(
        message_id=_id(draft, "milestone", milestone, episode),
        kind="normal_update",
        class_="milestone",
        topic=milestone,
        episode=episode,
        occurred_at=scan.happened,
        due=_not_ahead_of(draft, scan.happened, scan.quality, draft.now + _soon(draft, scan)),
        imported=draft.imported or draft.shipment.imported,
    )
    _take_up(draft, message)


def _soon(draft: Draft, scan: Seen) -> timedelta:
    """Old news is part of a backlog: more of it may come, and only the last of it should speak."""
    settling: timedelta = draft.policy.value("messages.settling")
    return settling if draft.now - scan.happened > OLD_NEWS else SOON


def _not_ahead_of(draft: Draft, at: datetime | None, quality: str, due: datetime) -> datetime:
    """When to speak of something whose time lies ahead: a sender's clock may be wrong, so not before that time."""
    ahead = at is not None and at - draft.now > _AHEAD and quality not in VAGUE
    return max(at, due) if ahead and at is not None else due


def _milestone(before: Lifecycle, after: Lifecycle) -> str | None:
    if after.state == before.state:
        return None
    if after.state in ("delivered", "out_for_delivery"):
        return after.state
    shipped = before.possessed_at is None and after.state in ("picked_up", "in_transit")
    return "shipped" if shipped else None


def plan(draft: Draft) -> None:
    """Take up what open cases ask to tell, and drop what has lost its ground."""
    for message in list(draft.shipment.pending):
        if message.case_id is not None and not still_true(draft.shipment, message):
            _finish(draft, message, Fate("dropped", "state_moved_on"))
    for case in draft.shipment.cases.values():
        if speaks(draft, case):
            _plan_case(draft, case)
    if draft.incident is not None and draft.shipment.subject == "shipment":
        _plan_incident(draft, draft.incident)


def speaks(draft: Draft, case: Case) -> bool:
    """Whether a case has something to tell a customer; of an incident its parcels tell theirs, each its own."""
    return case.is_open and case.posture != "silent" and draft.shipment.subject in ("shipment", "order")


def _plan_incident(draft: Draft, incident: Standstill) -> None:
    """The incident's own plan: each parcel that is part of it is spoken of once."""
    episode = draft.shipment.incidents
    if _told("promise", "incident", episode) in draft.shipment.told:
        return
    message = Message(
        message_id=_id(draft, "promise", "incident", episode),
        kind="normal_update",
        class_="promise",
        topic="incident",
        episode=episode,
        occurred_at=min(incident.since, draft.now),
        due=draft.now + draft.policy.value("messages.settling"),
        imported=draft.imported or draft.shipment.imported,
    )
    _take_up(draft, message)


def _plan_case(draft: Draft, case: Case) -> None:
    message = case_message(draft, case)
    if _told_by(message) not in draft.shipment.told:
        _take_up(draft, message)


def case_message(draft: Draft, case: Case) -> Message:
    """What a case would tell the customer, not yet worded."""
    twin = draft.policy.twins[case.kind]
    class_, stage = twin.message_class, case.stage if case.stage in twin.speaks_again else ""
    due = _not_ahead_of(draft, case.since, draft.shipment.life.state_quality, draft.now + _settling(draft, case))
    reviewed = case.posture == "human_review"
    return Message(
        message_id=_id(draft, class_, _about_case(case.kind, _KINDS[case.posture], stage), case.episode),
        kind=_KINDS[case.posture],
        class_=class_,
        topic=case.kind,
        episode=case.episode,
        occurred_at=_cause_time(draft, case),
        due=draft.now + draft.policy.value("messages.give_up") if reviewed else due,
        stage=stage,
        case_id=case.case_id,
        imported=draft.imported or draft.shipment.imported,
    )


def _cause_time(draft: Draft, case: Case) -> datetime:
    """When what the message tells of happened; a case that speaks anew, in another way, does so because of now."""
    before = draft.before.cases.get(case.kind)
    spoke = before is not None and before.is_open and before.posture != "silent"
    return draft.now if spoke or case.since is None else min(case.since, draft.now)


def _settling(draft: Draft, case: Case) -> timedelta:
    """Corrections come in batches after a scan, and a backlog over minutes; what the clock finds in time is settled."""
    if draft.by_clock and case.since is not None and draft.now - case.since < _IN_TIME:
        return timedelta(0)
    inside = case.kind == "carrier_delay" and case.stage == "inside_promise"
    name = "messages.carrier_delay_settling" if inside else "messages.settling"
    settling: timedelta = draft.policy.value(name)
    return settling


def _take_up(draft: Draft, message: Message) -> None:
    told, message = _told_by(message), worded(draft, message)
    if told in draft.shipment.told:
        emit_message(draft, message, Fate("suppressed", "duplicate"))
        return
    draft.shipment.told.append(told)
    reason = _held_for(draft, message)
    if reason is None:
        message = replace(message, due=draft.now if draft.by_clock else draft.now + SOON)
    else:
        not_before = message.due if reason == "settling" else None
        message = replace(message, reason=reason, not_before=not_before)
        emit_message(draft, message, Fate("held", reason, not_before))
    draft.shipment.pending.append(message)


def _held_for(draft: Draft, message: Message) -> str | None:
    """Why the next mark is too early to decide; what comes out of history need not wait to be suppressed."""
    if from_history(draft, message) is not None:
        return None
    if message.kind == "human_reviewed":
        return "review_needed"
    return "settling" if message.due > draft.now + SOON else None


def review(draft: Draft) -> None:
    """At a mark: plan for what the mark has opened, then decide every message whose time has come."""
    plan(draft)
    for message in list(draft.shipment.pending):
        if message.due <= draft.now:
            _decide(draft, message)


def _decide(draft: Draft, message: Message) -> None:
    pending = draft.shipment.pending
    if message.approved_by is None and still_true(draft.shipment, message):
        # The order may have come after the scan: the words and the key are those known when it is decided.
        at, message = pending.index(message), worded(draft, message)
        pending[at] = message
    fate = fate_of(draft, message)
    if fate.fate != "held":
        _finish(draft, message, fate)
        return
    assert fate.not_before is not None
    later = replace(message, due=fate.not_before, not_before=fate.not_before, reason=fate.reason, slot=fate.slot)
    pending[pending.index(message)] = later
    if (later.reason, later.not_before) != (message.reason, message.not_before):
        emit_message(draft, later, fate)


def _finish(draft: Draft, message: Message, fate: Fate) -> None:
    draft.shipment.pending.remove(message)
    if fate.fate == "send":
        # A mark may come late; the next day's slot is a day after the slot all the same.
        draft.shipment.sent.append(Sent(message.key, message.class_, fate.slot or draft.now, fate.letter))
    emit_message(draft, message, fate)


def next_message(draft: Draft) -> datetime | None:
    """When a message is next looked at."""
    return min((message.due for message in draft.shipment.pending), default=None)


def approve(draft: Draft, message: Message, by: str) -> None:
    """A person lets a held message go: it is decided at the next mark like any other."""
    pending = draft.shipment.pending
    pending[pending.index(message)] = replace(message, approved_by=by, due=draft.now + SOON)


def reject(draft: Draft, message: Message, by: str) -> None:
    """A person stops a held message."""
    _finish(draft, replace(message, approved_by=None), Fate("dropped", "review_needed", decided_by=by))


def _about_case(kind: str, message_kind: str, stage: str) -> str:
    return f"{kind}.{message_kind}.{stage}" if stage else f"{kind}.{message_kind}"


def _told(class_: str, about: str, episode: int) -> str:
    return f"{class_}/{about}/{episode}"


def _id(draft: Draft, class_: str, about: str, episode: int) -> str:
    return digest("message", draft.shipment.shipment_id, _told(class_, about, episode))


def _told_by(message: Message) -> str:
    about = message.topic
    if message.case_id is not None:
        about = _about_case(message.topic, message.kind, message.stage)
    return _told(message.class_, about, message.episode)


def worded(draft: Draft, message: Message) -> Message:
    """The message with its idempotency key and its text."""
    # Nothing in it may change while the message waits, such as the storefront of an order that comes later.
    key = f"{draft.shipment.shipment_id}/{_told_by(message)}"
    case = draft.shipment.cases.get(message.topic) if message.case_id else None
    text = milestone_text(draft, message.topic) if case is None else case_text(draft, case)
    return replace(message, key=key, text=text)
