"""Folds events into a subject's view; an event seen before, or older than what is known, changes nothing."""

from typing import Any, Final

from msgspec.structs import asdict

from schemas.words import SHIPMENTS, exceptions_topic
from sinks.board.events import CaseEvent, Event, MessageEvent, ReceiptEvent, StateEvent, UpdateEvent
from sinks.board.views import Case, Entry, Message, Receipt, ShadowCase, View

MOST_LINES: Final = 200
MOST_CASES: Final = 60
MOST_MESSAGES: Final = 120
_TEXT: Final = 500


def fold(view: View, topic: str, event: Event) -> None:
    """Apply one event to the view, in place."""
    if not _is_next(view, topic, event):
        return
    _identify(view, event)
    if isinstance(event, StateEvent):
        _apply_state(view, event)
    elif isinstance(event, UpdateEvent):
        _apply_update(view, event)
    elif isinstance(event, CaseEvent) and event.shadow is not None:
        _apply_shadow(view, event, event.shadow)
    elif isinstance(event, CaseEvent):
        _apply_case(view, topic, event)
    elif isinstance(event, MessageEvent):
        _apply_message(view, event)
    elif isinstance(event, ReceiptEvent):
        _apply_receipt(view, event)


def _is_next(view: View, topic: str, event: Event) -> bool:
    if isinstance(event, ReceiptEvent):
        return True  # Its sequence is that of the event it answers, once a channel; it is known by its key instead.
    if event.sequence and event.sequence <= view.sequences.get(topic, 0):
        return False
    view.sequences[topic] = max(event.sequence, view.sequences.get(topic, 0))
    return True


def _identify(view: View, event: Event) -> None:
    view.subject = event.subject
    view.carrier = event.carrier or view.carrier
    view.tracking_number = event.tracking_number or view.tracking_number
    view.order_id = event.order_id or view.order_id
    view.customer_id = event.customer_id or view.customer_id


def _is_latest(view: View, event: Event) -> bool:
    return view.received_at is None or event.received_at >= view.received_at


def _apply_common(view: View, event: StateEvent | UpdateEvent) -> None:
    view.state = event.current_state or view.state
    view.previous_state = event.previous_state
    view.reason = event.exception_reason
    view.promise_date = event.promise_date
    view.flags = event.flags
    view.direction = event.direction or view.direction
    view.storefront = event.storefront or view.storefront
    view.service_level = event.service_level or view.service_level
    view.occurred_at = event.occurred_at
    view.received_at = event.received_at


def _apply_state(view: View, event: StateEvent) -> None:
    if not _is_latest(view, event):
        return
    _apply_common(view, event)
    view.estimated_delivery_at = event.estimated_delivery_at
    view.promise_ends_at = event.promise_ends_at
    view.attempts = event.attempts
    view.contradictions = event.contradictions
    view.suppressed = event.suppressed_cases
    view.order = event.order
    view.open_tickets = event.open_tickets


def _apply_update(view: View, event: UpdateEvent) -> None:
    # Of one moment `shipments` knows best: it may tell of changes that are no update, such as a new promise.
    known = view.received_at if SHIPMENTS in view.sequences else None
    if _is_latest(view, event) and event.received_at != known:
        _apply_common(view, event)
    entry = Entry(
        id=event.event_id, what="update", at=event.occurred_at, heard=event.received_at, state=event.current_state,
        previous=event.previous_state, reason=event.scan_reason or event.exception_reason, word=event.class_,
        code=event.code, mapped=event.mapped, said=event.scan_state,
        text=_short(event.description), place=place(event.location), time_quality=event.time_quality,
        linked_by=event.linked_by,
    )  # fmt: skip
    _add(view, entry)


def _apply_case(view: View, topic: str, event: CaseEvent) -> None:
    known = view.cases.get(event.case_id)
    if known is None or _supersedes(known, topic, event):
        fields = {name: value for name, value in asdict(event).items() if name in Case.__struct_fields__}
        case = Case(**fields, topic=topic, heard=event.received_at, happened=event.occurred_at)
        if known is not None and case.opened_at is None:
            case.opened_at = known.opened_at
        view.cases[event.case_id] = case
        _bound_cases(view)
    if event.change == "opened" and event.previous_owner and topic == exceptions_topic(event.owner):
        return  # The other half of a hand-over, whose first half is told already.
    entry = Entry(
        id=event.event_id, what="case", at=event.occurred_at, heard=event.received_at, word=event.change,
        kind=event.kind, owner=event.owner, severity=event.severity, ref=event.case_id,
        text=_short(event.resolution or event.decision or event.next_action),
    )  # fmt: skip
    _add(view, entry)


def _apply_shadow(view: View, event: CaseEvent, word: str) -> None:
    if event.change == "resolved":
        view.shadows.pop(event.case_id, None)
    else:
        view.shadows[event.case_id] = ShadowCase(word, event.kind)


def _supersedes(known: Case, topic: str, event: CaseEvent) -> bool:
    """Whether an event tells more of a case than what is known; topics of different owners have no mutual order."""
    if event.received_at != known.heard or topic == known.topic:
        return event.received_at >= known.heard
    if event.owner == known.previous_owner:
        return False
    return topic == exceptions_topic(event.owner)


def _apply_message(view: View, event: MessageEvent) -> None:
    known = view.messages.get(event.message_id)
    if known is None or event.received_at >= known.heard:
        view.messages[event.message_id] = Message(
            message_id=event.message_id, at=event.occurred_at, heard=event.received_at, kind=event.kind,
            class_=event.class_, fate=event.fate, reason=event.reason, not_before=event.not_before,
            text=_short(event.text), case_id=event.case_id, policy_version=event.policy_version,
            digest_at=event.digest_at,
        )  # fmt: skip
        while len(view.messages) > MOST_MESSAGES:
            view.messages.pop(next(iter(view.messages)))
    entry = Entry(
        id=event.event_id, what="message", at=event.occurred_at, heard=event.received_at, word=event.fate,
        kind=event.kind, reason=event.reason, ref=event.message_id,
    )  # fmt: skip
    _add(view, entry)


def _apply_receipt(view: View, event: ReceiptEvent) -> None:
    key = f"{event.notified_event_id or event.message_id or event.event_id}/{event.channel}"
    known = view.receipts.get(key)
    if known is not None and known.at > event.occurred_at:
        return
    view.receipts[key] = Receipt(
        channel=event.channel, result=event.result, at=event.occurred_at, attempts=event.attempts,
        reason=event.reason, message_id=event.message_id, case_id=event.case_id,
    )  # fmt: skip
    while len(view.receipts) > MOST_MESSAGES:
        view.receipts.pop(next(iter(view.receipts)))


def _add(view: View, entry: Entry) -> None:
    if entry.id and any(known.id == entry.id for known in view.timeline):
        return
    view.timeline.append(entry)
    view.timeline.sort(key=lambda line: (line.at, line.heard))
    if (over := len(view.timeline) - MOST_LINES) > 0:
        del view.timeline[:over]
        view.dropped += over


def _bound_cases(view: View) -> None:
    """Forget the oldest closed cases; an open one is never dropped."""
    closed = [case_id for case_id, case in view.cases.items() if not case.is_open]
    for case_id in closed[: max(0, len(view.cases) - MOST_CASES)]:
        del view.cases[case_id]


def place(location: Any) -> str | None:
    """A location in one line, whether it comes as text or as fields."""
    if isinstance(location, dict):
        parts = (location.get(name) for name in ("city", "region", "postal_code", "country"))
        return ", ".join(str(part) for part in parts if part) or None
    return _short(location)


def _short(text: Any) -> str | None:
    return None if text is None else str(text)[:_TEXT]
