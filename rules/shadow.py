"""Cases in shadow: of kinds that the policy keeps in shadow, and of a candidate policy that runs beside the live one.

Both see the same shipment and keep their own cases. What they would do goes to `shadow-exceptions`; the live cases,
messages and states are what they would be without them.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from rules.actions import act_alike
from rules.case_events import emit_case
from rules.cases import BY_POLICY, evaluate, next_change, retire
from rules.emission import SOON, Draft
from rules.fates import Fate
from rules.kinds import KINDS, next_due
from rules.message_events import emit_message
from rules.messages import case_message, speaks, worded
from rules.policy import Policy, PolicyBook
from rules.situation import policy_of
from rules.state import Aside, Case
from schemas.codec import digest, rfc3339
from schemas.facts import Action, ActionFact, Fact
from schemas.words import CUSTOMER_MESSAGES, SHADOW_EXCEPTIONS

KIND, POLICY = "kind", "policy"
ANOTHER: Final = "another candidate"
"""Resolution of a candidate's cases when it is taken away or another one comes."""
_ALL: Final = frozenset(kind.name for kind in KINDS)
_NOTHING: Final = Aside()


class Beside(Draft):
    """A draft that reads the live one's shipment and keeps cases of its own."""

    def __init__(self, live: Draft, aside: Aside, policy: Policy, word: str) -> None:
        others = live.before.cases if word == KIND else {}
        self.before = replace(live.before, cases={**others, **aside.cases})
        self.shipment = replace(live.shipment, cases=dict(aside.cases), suppressed=dict(aside.suppressed))
        self.now = live.now
        self.heard = live.heard
        self.cause = live.cause
        self.policy = policy
        self.feeds = live.feeds
        self.events = live.aside
        self.aside = live.aside
        self.refusals = []
        self.imported = live.imported
        self.by_clock = live.by_clock
        self.quietly = False
        self.wake = False
        self.reopens = None
        self._situation = None
        self.edge = None
        self._word = word
        self._of = aside.of

    def case_id(self, kind: str, episode: int) -> str:
        """Never that of a live case."""
        return digest("shadow", self._word, self._of, self.shipment.shipment_id, kind, episode)

    def dedup_key(self, kind: str) -> str:
        """Never that of live cases."""
        return f"{super().dedup_key(kind)}/shadow-{self._word}"

    def emit(self, topic: str, type_: str, occurred_at: datetime, marker: str, fields: dict[str, Any]) -> str:
        """Whatever owner's topic it would go to, it goes to `shadow-exceptions`."""
        if topic == CUSTOMER_MESSAGES:
            return super().emit(topic, type_, occurred_at, marker, fields)
        fields = {**fields, "shadow": self._word}
        return super().emit(SHADOW_EXCEPTIONS, type_, occurred_at, f"{self._word}/{topic}/{marker}", fields)

    def kept(self, cases: dict[str, Case], told: tuple[str, ...], without: Collection[str]) -> Aside:
        """What is remembered of it, and when to look again."""
        times = [next_due(self.situation, self.now, self.policy, without), next_change(self), self.edge]
        if self.wake:
            times.append(self.now)
        due = min((time for time in times if time is not None), default=None)
        due = due if due is None else max(due, self.now + SOON)
        return Aside(of=self._of, cases=cases, suppressed=self.shipment.suppressed, told=told, next_due=due)


def look_beside(draft: Draft, candidate: PolicyBook | None, fact: Fact | None = None) -> None:
    """After the live decision: decide the same for what is in shadow."""
    asides = draft.shipment.asides
    if draft.policy.in_shadow or KIND in asides:
        _put(draft, KIND, _kinds_in_shadow(draft, asides.get(KIND) or _begun(draft, "")))
    if candidate is not None or POLICY in asides:
        action = fact.action if isinstance(fact, ActionFact) else None
        _put(draft, POLICY, _candidate(draft, asides.get(POLICY, _NOTHING), candidate, action))


def due_beside(asides: dict[str, Aside]) -> datetime | None:
    """When time alone may change something in shadow."""
    return min((one.next_due for one in asides.values() if one.next_due is not None), default=None)


def _begun(draft: Draft, of: str) -> Aside:
    """One that begins now: if the same comes again later, its cases are not those of before."""
    return Aside(of=f"{of}@{rfc3339(draft.now)}")


def _put(draft: Draft, word: str, aside: Aside | None) -> None:
    if aside is None:
        draft.shipment.asides.pop(word, None)
    else:
        draft.shipment.asides[word] = aside


def _kinds_in_shadow(draft: Draft, aside: Aside) -> Aside | None:
    """Kinds that the live policy keeps in shadow: live cases hide them, and they hide no live one."""
    policy = draft.policy
    beside = Beside(draft, aside, policy, KIND)
    retire(beside, _ALL - policy.in_shadow)
    if not policy.in_shadow:
        return None
    live = {kind: case for kind, case in draft.shipment.cases.items() if kind not in policy.not_live}
    own = beside.shipment.cases
    beside.shipment.cases = {**own, **live}
    evaluate(beside, policy.in_shadow)
    cases = {kind: case for kind, case in beside.shipment.cases.items() if kind not in live}
    told = _noted(beside, cases, aside.told)
    return beside.kept(cases, told, _ALL - policy.in_shadow)


def _noted(draft: Beside, cases: dict[str, Case], told: tuple[str, ...]) -> tuple[str, ...]:
    """Say once of each message that a case in shadow would send, at a mark like every fate, that it is not sent."""
    for case in cases.values():
        if not speaks(draft, case):
            continue
        message = worded(draft, case_message(draft, case))
        message = replace(message, message_id=digest("shadow", message.message_id), key=f"shadow/{message.key}")
        if message.message_id in told:
            continue
        if not draft.by_clock:
            draft.wake = True
            continue
        emit_message(draft, message, Fate("suppressed", "shadow"))
        told = (*told, message.message_id)
    return told


def _candidate(draft: Draft, aside: Aside, book: PolicyBook | None, action: Action | None) -> Aside | None:
    """A whole candidate policy: its live kinds, under its own limits."""
    if book is None or aside.of.partition("@")[0] != book.fingerprint:
        _end(Beside(draft, aside, draft.policy, POLICY), ANOTHER)
        aside = _NOTHING if book is None else _begun(draft, book.fingerprint)
    if book is None:
        return None
    policy = policy_of(draft.shipment, draft.now, book)
    beside = Beside(draft, aside, policy, POLICY)
    beside.edge = book.next_edge(draft.now)
    if action is not None:
        kind = _acted_on(draft, action)
        if kind is not None:
            act_alike(beside, action, kind)
    evaluate(beside)
    return beside.kept(beside.shipment.cases, (), policy.not_live)


def _acted_on(draft: Draft, action: Action) -> str | None:
    """The kind of the live case that an operator acted on, by its id or by that of its message."""
    pending = draft.before.pending
    ids = {action.case_id, *(one.case_id for one in pending if one.message_id == action.message_id)} - {None}
    return next((kind for kind, case in draft.shipment.cases.items() if case.case_id in ids), None)


def end_all(draft: Draft) -> None:
    """End every case in shadow: the shipment turned out to be none."""
    for word, aside in draft.shipment.asides.items():
        _end(Beside(draft, aside, draft.policy, word), "another shipment")


def _end(draft: Beside, why: str) -> None:
    for case in draft.shipment.cases.values():
        if case.is_open:
            ended = replace(case, resolved_at=draft.now, resolved_by=BY_POLICY, resolution=why, hidden_by=None)
            emit_case(draft, ended, "resolved")
