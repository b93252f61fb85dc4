"""The situation that a case of a twin describes, made from facts as the core takes them."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from rules.engine import decide
from rules.feeds import NO_FEEDS, told
from rules.loading import load_policy
from rules.situation import Situation
from rules.state import Shipment
from schemas.facts import FeedFact, IncidentFact, OrderFact, OrderShipment, SiblingFact, subject_key
from tests.rules.builders import NUMBER, order_fact, scan, scans_fact, ticket_fact

_PLACE: dict[str, Any] = {"source": "wismo", "topic": "carrier-scans", "position": "0"}


def situation_of(case: dict[str, Any]) -> Situation:
    """What the kinds see at `now` of a case.

    A case has `scans`, and may have `order` (fields of the order), `service_level`, `parcels` (numbers of the order),
    `tickets`, `siblings` (id: delivered at), `incident`, `feeds`, and a `subject` other than a shipment.
    """
    subject, carrier, now = case.get("subject", "shipment"), case.get("carrier", "ups"), case["now"]
    policy, shipment, feeds = load_policy(), None, NO_FEEDS
    for number, one in enumerate(case.get("feeds", ())):
        feeds, _ = told(feeds, _feed(one, number, now))
    for fact in _facts(case, subject, carrier, now):
        shipment = decide(shipment, fact, now, policy, feeds).shipment
    if shipment is None:
        key = subject_key(subject, carrier)
        shipment = Shipment(shipment_id=key, subject=subject, carrier=carrier, tracking_number="")
    return Situation(shipment, policy.at(now, carrier), feeds)


def _facts(case: dict[str, Any], subject: str, carrier: str, now: datetime) -> list[Any]:
    facts: list[Any] = []
    if {"order", "service_level", "parcels"} & case.keys():
        facts.append(_order(case, subject, carrier))
    facts += [_scan_fact(dict(one), carrier, number, now) for number, one in enumerate(case.get("scans", ()))]
    facts += [ticket_fact(one.pop("event"), one.pop("at"), carrier=carrier, **one) for one in _copies(case, "tickets")]
    for name, at in case.get("siblings", {}).items():
        common = _common(f"{carrier}:{NUMBER}", f"sibling {name}", at)
        facts.append(SiblingFact(**common, sibling=name, delivered_at=at))
    if "incident" in case:
        facts += _incident(dict(case["incident"]), subject, carrier, now)
    return facts


def _copies(case: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [dict(one) for one in case.get(name, ())]


def _order(case: dict[str, Any], subject: str, carrier: str) -> OrderFact:
    fields: dict[str, Any] = {
        name: str(value) if name in ("promise_date", "needed_by") else value
        for name, value in case.get("order", {}).items()
    }
    fact = order_fact(carrier=carrier, service_level=case.get("service_level"), **fields)
    numbers = case.get("parcels", () if subject == "order" else None)
    if numbers is not None:
        parcels = tuple(OrderShipment(carrier=carrier, tracking_number=number) for number in numbers)
        fact = msgspec.structs.replace(fact, order=msgspec.structs.replace(fact.order, shipments=parcels))
    if subject == "order":
        fact = msgspec.structs.replace(fact, subject="order", shipment_id="order:A-1001", parcel=None)
    return fact


def _scan_fact(one: dict[str, Any], carrier: str, number: int, now: datetime) -> Any:
    state, at, code = one.pop("state"), one.pop("at"), one.pop("code", f"code {number}")
    estimate, heard = one.pop("estimate", None), one.pop("heard", now)
    return scans_fact(scan(state, at, carrier, code=code, estimated_delivery_at=estimate, **one), heard=heard)


def _incident(fields: dict[str, Any], subject: str, carrier: str, now: datetime) -> list[IncidentFact]:
    ended = fields.pop("ended", False)
    key = subject_key(subject, "storm") if subject == "incident" else f"{carrier}:{NUMBER}"
    found = IncidentFact(
        **_common(key, "incident", now), subject=subject, incident_id="storm", carrier=carrier, **fields
    )
    later = msgspec.structs.replace(found, fact_id="ended", now=now + timedelta(seconds=1), ended=True)
    return [found, later] if ended else [found]


def _feed(fields: dict[str, Any], number: int, now: datetime) -> FeedFact:
    key = subject_key("carrier", fields["carrier"])
    return FeedFact(**_common(key, f"feed {number}", now), subject="carrier", **fields)


def _common(key: str, fact_id: str, now: datetime) -> dict[str, Any]:
    return {"fact_id": fact_id, "shipment_id": key, "received_at": now, "now": now, **_PLACE}
