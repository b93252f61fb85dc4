"""Runs the cases of the twins: the situation that one describes, what is found in it, and whether it is as it says."""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from rules.cases import spoken_for, weigh
from rules.emission import MINUTE, Draft
from rules.engine import decide
from rules.feeds import NO_FEEDS, Feeds, told
from rules.kinds import find, told_by
from rules.loading import load_policy
from rules.policy import PolicyBook
from rules.situation import Situation, policy_of
from rules.state import Sent, Shipment
from rules.surroundings import let_count
from rules.twin_orders import NUMBER, TwinCase, order_of
from schemas.codec import rfc3339
from schemas.facts import (
    Fact,
    FeedFact,
    IncidentFact,
    Location,
    Scan,
    ScansFact,
    SiblingFact,
    TicketChange,
    TicketFact,
    subject_key,
)

_SUCH: Final[dict[str, Any]] = {"source": "wismo", "topic": "carrier-scans", "position": "0"}
_SAID: Final = ("stage", "owner", "posture")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a kind in a situation."""

    fires: bool
    stage: str | None = None
    owner: str | None = None
    posture: str | None = None
    because: tuple[str, ...] = ()
    """The policy entries that set the limits of its evidence."""


def situation_of(case: TwinCase, book: PolicyBook | None = None) -> Situation:
    """What the kinds see at `now` of a case; `docs/review.md` lists what a case may say."""
    subject, carrier, now = case.get("subject", "shipment"), case.get("carrier", "ups"), case["now"]
    book, shipment, feeds = book or load_policy(), None, _feeds(case)
    for fact in _facts(case, subject, carrier):
        shipment = decide(shipment, fact, now, book, feeds).shipment
    if shipment is None:
        key = subject_key(subject, carrier)
        shipment = Shipment(shipment_id=key, subject=subject, carrier=carrier, tracking_number="")
    shipment = copy(shipment)
    let_count(shipment, now)
    if count := case.get("messages_sent", 0):
        sent = [Sent(f"sent {number}", "milestone", now) for number in range(count)]
        shipment = msgspec.structs.replace(shipment, sent=sent)
    return Situation(shipment, policy_of(shipment, now, book), feeds)


def outcome_of(kind: str, situation: Situation, now: datetime) -> Outcome:
    """Whether a kind is found, and what a case of it would say."""
    policy = situation.policy
    draft = Draft(situation.shipment, now, now, MINUTE + rfc3339(now), policy, situation.feeds)
    found = find(draft.situation, now, policy, policy.off)
    if kind not in found:
        return Outcome(fires=False)
    hides = spoken_for(draft, found)
    weighed = weigh(draft, kind, found[kind], hides.get(kind), told_by(kind, found))
    limits = tuple(one.policy for one in found[kind].evidence if one.policy)
    return Outcome(True, found[kind].stage, weighed.twin.owner_at(found[kind].stage), weighed.posture, limits)


def unlike(case: TwinCase, outcome: Outcome) -> list[str]:
    """What is not as the case says; empty where all of it holds."""
    if outcome.fires != case["fires"]:
        return ["it fires" if outcome.fires else "it stays quiet"]
    if not outcome.fires:
        return []
    wrong = [
        f"{name} is {getattr(outcome, name)}, not {case[name]}"
        for name in _SAID
        if name in case and case[name] != getattr(outcome, name)
    ]
    if "because" in case and case["because"] not in outcome.because:
        wrong.append(f"{case['because']} set none of its limits")
    return wrong


def run_case(kind: str, case: TwinCase, book: PolicyBook | None = None) -> list[str]:
    """What is not as a case of a twin says, today."""
    return unlike(case, outcome_of(kind, situation_of(case, book), case["now"]))


def _feeds(case: TwinCase) -> Feeds:
    feeds = NO_FEEDS
    for number, one in enumerate(case.get("feeds", ())):
        common = _common(subject_key("carrier", one["carrier"]), f"feed {number}", case["now"])
        feeds, _ = told(feeds, FeedFact(**common, subject="carrier", **one))
    return feeds


def _facts(case: TwinCase, subject: str, carrier: str) -> Iterator[Fact]:
    now, own = case["now"], f"{carrier}:{NUMBER}"
    if {"order", "service_level", "parcels"} & case.keys():
        yield order_of(case, subject, carrier)
    for number, one in enumerate(case.get("scans", ())):
        yield _scans(one if isinstance(one, list) else [one], carrier, number, now)
    for number, one in enumerate(case.get("tickets", ())):
        yield _ticket(dict(one), own, number)
    for name, at in case.get("siblings", {}).items():
        yield SiblingFact(**_common(own, f"sibling {name}", at), sibling=name, delivered_at=at)
    if "incident" in case:
        yield from _incident(dict(case["incident"]), subject, carrier, now)


def _scans(told: list[dict[str, Any]], carrier: str, number: int, now: datetime) -> ScansFact:
    """One message: a scan, or a list of them in its sender's order."""
    heard = next((one["heard"] for one in told if "heard" in one), now)
    common = _common(f"{carrier}:{NUMBER}", f"scans {number}", heard)
    several = len(told) > 1
    names = [f"code {number}.{place}" if several else f"code {number}" for place in range(len(told))]
    return ScansFact(
        **common, scans=tuple(_scan(dict(one), carrier, name) for one, name in zip(told, names, strict=True))
    )


def _scan(one: dict[str, Any], carrier: str, code: str) -> Scan:
    one.pop("heard", None)
    at, place = one.pop("at"), one.pop("place", None)
    return Scan(
        carrier=carrier,
        tracking_number=NUMBER,
        occurred_at=at,
        raw_time=one.pop("raw_time", at.isoformat() if at else None),
        time_quality=one.pop("quality", "offset" if at else "missing"),
        location=Location(**place) if place else None,
        code=one.pop("code", code),
        estimated_delivery_at=one.pop("estimate", None),
        flags=tuple(one.pop("flags", ())),
        undoes=tuple(one.pop("undoes", ())),
        **one,
    )


def _ticket(one: dict[str, Any], own: str, number: int) -> TicketFact:
    linked_by, at = one.pop("linked_by", "order_id"), one["at"]
    change = TicketChange(**{"ticket_id": "T-5", "order_id": "A-1001", **one})
    return TicketFact(**_common(own, f"ticket {number}", at), linked_by=linked_by, ticket=change)


def _incident(fields: dict[str, Any], subject: str, carrier: str, now: datetime) -> list[IncidentFact]:
    ended = fields.pop("ended", False)
    key = subject_key(subject, "storm") if subject == "incident" else f"{carrier}:{NUMBER}"
    common = _common(key, "incident", now)
    found = IncidentFact(**common, subject=subject, incident_id="storm", carrier=carrier, **fields)
    later = msgspec.structs.replace(found, fact_id="ended", now=now + timedelta(seconds=1), ended=True)
    return [found, later] if ended else [found]


def _common(key: str, fact_id: str, now: datetime) -> dict[str, Any]:
    now = now.astimezone(UTC)
    return {"fact_id": fact_id, "shipment_id": key, "received_at": now, "now": now, **_SUCH}
