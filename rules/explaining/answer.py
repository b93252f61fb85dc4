"""The whole answer: `explain` is the one call that `wismo explain`, pages and tests make."""

from collections.abc import Iterable
from datetime import datetime

from rules.explaining.future import ahead
from rules.explaining.kinds import kinds_told
from rules.explaining.later import later
from rules.explaining.listening import Heard, listen
from rules.explaining.messages import messages_told
from rules.explaining.near import near
from rules.explaining.subject import feed_told, incident_told, order_told, promise_told, state_told, tickets_told
from rules.explaining.view import view_of
from rules.policy import PolicyBook
from schemas.explanation import Explanation
from schemas.recording import RawRecord


class UnknownSubjectError(LookupError):
    """Nothing was known of the subject at that moment; the message says so, and `near` what may be meant."""

    def __init__(self, message: str, near: list[str]) -> None:
        super().__init__(message)
        self.near = near


def explain(records: Iterable[RawRecord], subject: str, at: datetime | None, policy: PolicyBook) -> Explanation:
    """What was known of a subject at a moment, and why each kind fired or not.

    Args:
        records: raw records, in any order.
        subject: a shipment id, or `order:`, `carrier:` or `incident:` and an id.
        at: the moment, by arrival; None means the last record's.
        policy: what is decided by.

    Raises:
        UnknownSubjectError: nothing was known of it then.
        UnknownTopicError: a record is of no raw topic.
    """
    return answer(listen(records, subject, at, policy), policy)


def answer(heard: Heard, policy: PolicyBook) -> Explanation:
    """The answer from what was heard; raises `UnknownSubjectError` where that is nothing."""
    if heard.shipment is None:
        raise UnknownSubjectError(*near(heard))
    view = view_of(heard, heard.shipment, policy)
    shipment = view.shipment
    return Explanation(
        subject=shipment.subject,
        subject_id=shipment.subject_id,
        at=heard.at,
        first_heard_at=min((fact.now for fact in heard.facts), default=None),
        last_heard_at=max((fact.now for fact in heard.facts), default=None),
        forgotten=heard.forgotten,
        policy_version=view.policy.version,
        state=state_told(view),
        order=order_told(view),
        promise=promise_told(view),
        tickets=tickets_told(view),
        feed=feed_told(view),
        incident=incident_told(view),
        kinds=kinds_told(view),
        messages=messages_told(view),
        ahead=ahead(view),
        later=later(view),
    )
