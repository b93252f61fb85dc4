"""What an answer is worked out from: the subject as a mark of the clock would find it at the moment of the question."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from rules.cases import spoken_for
from rules.emission import MINUTE, Draft
from rules.explaining.listening import Heard
from rules.finding import Finding
from rules.kinds import find
from rules.policy import Policy, PolicyBook
from rules.situation import Situation, policy_of
from rules.state import Aside, Case, Shipment
from schemas.codec import rfc3339
from schemas.explanation import Told
from schemas.words import CUSTOMER_MESSAGES

_SHADOW = "kind"
"""In `Shipment.asides`: the cases of kinds that the policy keeps in shadow."""
_NOTHING = Aside()


@dataclass(frozen=True, slots=True)
class Lens:
    """The cases that some kinds may have, and what is found and hidden beside them."""

    draft: Draft
    found: dict[str, Finding]
    hides: dict[str, str]


@dataclass(frozen=True, slots=True)
class View:
    """One subject at one moment."""

    heard: Heard
    shipment: Shipment
    now: datetime
    book: PolicyBook
    live: Lens
    shadow: Lens

    @property
    def policy(self) -> Policy:
        """What held then."""
        return self.live.draft.policy

    @property
    def situation(self) -> Situation:
        """What the kinds see."""
        return self.live.draft.situation

    def lens(self, kind: str) -> Lens:
        """Where the cases of a kind are: with the live ones, or in shadow."""
        return self.shadow if kind in self.policy.in_shadow else self.live

    def case(self, kind: str) -> Case | None:
        """The latest episode of a kind."""
        case = self.lens(kind).draft.shipment.cases.get(kind)
        return case if case is not None else self.live.draft.shipment.cases.get(kind)

    def at(self, moment: datetime) -> tuple[Situation, Policy]:
        """The same subject at a later moment, if nothing else happens."""
        policy = policy_of(self.shipment, moment, self.book)
        return Situation(self.shipment, policy, self.heard.feeds), policy

    def told_of_case(self, case_id: str) -> list[Told]:
        """The events that told a case, oldest first."""
        events = ((topic, one) for topic, one in self.heard.events if topic != CUSTOMER_MESSAGES)
        return [event_of(topic, one) for topic, one in events if one.get("case_id") == case_id]


def view_of(heard: Heard, shipment: Shipment, book: PolicyBook) -> View:
    """The view at the moment of the question, or at the latest that was decided at."""
    now = heard.at if shipment.clock is None else max(heard.at, shipment.clock)
    policy = policy_of(shipment, now, book)
    aside = shipment.asides.get(_SHADOW, _NOTHING)
    beside = replace(shipment, cases={**aside.cases, **_live(shipment, policy)}, suppressed=aside.suppressed)
    live = _lens(heard, shipment, now, policy, policy.not_live)
    return View(heard, shipment, now, book, live, _lens(heard, beside, now, policy, policy.off))


def _live(shipment: Shipment, policy: Policy) -> dict[str, Case]:
    return {kind: case for kind, case in shipment.cases.items() if kind not in policy.not_live}


def _lens(heard: Heard, shipment: Shipment, now: datetime, policy: Policy, without: frozenset[str]) -> Lens:
    draft = Draft(shipment, now, now, MINUTE + rfc3339(now), policy, heard.feeds)
    found = find(draft.situation, now, policy, without)
    return Lens(draft, found, spoken_for(draft, found))


def event_of(topic: str, value: dict[str, Any]) -> Told:
    """An event in short: what it said."""
    is_fate = topic == CUSTOMER_MESSAGES
    return Told(
        topic=topic,
        event_id=value["event_id"],
        sequence=value["sequence"],
        said=value.get("change") or value.get("fate") or value["current_state"],
        reason=value["reason"] if is_fate else None,
        received_at=datetime.fromisoformat(value["received_at"]),
    )
