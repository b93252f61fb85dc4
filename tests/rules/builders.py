"""Makes facts as the routers and the linker make them, and feeds them to the core."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from rules.decision import Decision, Event
from rules.engine import decide, sweep
from rules.loading import load_policy
from rules.policy import PolicyBook
from rules.state import Shipment
from schemas.codec import digest, dumps, to_plain
from schemas.events import model_of
from schemas.facts import (
    Action,
    ActionFact,
    Customer,
    Destination,
    Fact,
    Location,
    Money,
    Order,
    OrderFact,
    OrderShipment,
    Scan,
    ScansFact,
    TicketChange,
    TicketFact,
)

NUMBER = "1Z999AA10123456784"
OTHER = OrderShipment(carrier="usps", tracking_number="9400111899223100000012")
"""A second parcel: an order that has it is split."""
MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
"""10:00 in New York; no holiday and no change of clocks in the week after it."""
DAY_BEFORE = MONDAY - timedelta(hours=24)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def scan(state: str | None, at: datetime | None = MONDAY, carrier: str = "ups", **fields: Any) -> Scan:
    place = fields.pop("place", None)
    return Scan(
        carrier=carrier,
        tracking_number=NUMBER,
        state=state,
        occurred_at=at,
        raw_time=fields.pop("raw_time", at.isoformat() if at else None),
        time_quality=fields.pop("quality", "offset" if at else "missing"),
        flags=tuple(fields.pop("flags", ())),
        location=Location(**place) if place else None,
        **fields,
    )


def scans_fact(*scans: Scan, heard: datetime | None = None, imported: bool = False) -> ScansFact:
    moment = heard or max((one.occurred_at for one in scans if one.occurred_at), default=MONDAY)
    return ScansFact(
        fact_id=digest("scans", *(one.identity for one in scans), *(one.mapped for one in scans), moment),
        shipment_id=scans[0].shipment_id,
        received_at=moment,
        now=moment,
        source="wismo",
        topic="carrier-scans",
        position="00000/0000000000000001",
        imported=imported,
        scans=scans,
    )


def order_fact(carrier: str = "ups", heard: datetime = DAY_BEFORE, **fields: Any) -> OrderFact:
    level, direction = fields.pop("service_level", None), fields.pop("direction", None)
    shipped_at, position = fields.pop("shipped_at", None), fields.pop("position", "00000/0000000000000002")
    country, timezone = fields.pop("country", "US"), fields.pop("timezone", None)
    region, amount = fields.pop("region", None), fields.pop("amount", None)
    customer = {name: fields.pop(name) for name in ("tier", "orders_before", "failed_deliveries_90d") if name in fields}
    parcel = OrderShipment(
        carrier=carrier, tracking_number=NUMBER, service_level=level, direction=direction, shipped_at=shipped_at
    )
    order = Order(
        order_id=fields.pop("order_id", "A-1001"),
        at=fields.pop("at", heard),
        customer_id="C-77",
        storefront="main",
        customer=Customer(**customer) if customer else None,
        destination=Destination(country=country, region=region, timezone=timezone),
        value=Money(amount, "USD") if amount else None,
        shipments=(parcel, *fields.pop("others", ())),
        **fields,
    )
    return OrderFact(
        fact_id=digest("order", dumps(to_plain(order)).decode()),
        shipment_id=parcel.shipment_id,
        received_at=heard,
        now=heard,
        source="wismo",
        topic="order-events",
        position=position,
        linked_by="order_id",
        order=order,
        parcel=parcel,
    )


def ticket_fact(event: str, at: datetime, ticket_id: str = "T-5", carrier: str = "ups", **fields: Any) -> TicketFact:
    change = TicketChange(event=event, ticket_id=ticket_id, at=at, order_id="A-1001", **fields)
    return TicketFact(
        fact_id=digest("ticket", ticket_id, event, at),
        shipment_id=f"{carrier}:{NUMBER}",
        received_at=at,
        now=at,
        source="wismo",
        topic="ticket-events",
        position="00000/0000000000000003",
        linked_by="order_id",
        ticket=change,
    )


def action_fact(action: str, at: datetime, carrier: str = "ups", **fields: Any) -> ActionFact:
    done = Action(action=action, shipment_id=f"{carrier}:{NUMBER}", at=at, by=fields.pop("by", "sam"), **fields)
    return ActionFact(
        fact_id=digest("action", action, at, fields),
        shipment_id=done.shipment_id,
        received_at=at,
        now=at,
        source="wismo",
        topic="operator-actions",
        position="00000/0000000000000004",
        action=done,
    )


class Story:
    """One shipment: facts in, marks on every minute that something is due, events kept and held to their contract."""

    def __init__(self, policy: PolicyBook | None = None) -> None:
        self.policy = policy or load_policy()
        self.shipment: Shipment | None = None
        self.events: list[Event] = []
        self.refusals: list[str] = []

    def tell(self, *facts: Fact) -> list[Event]:
        """Apply facts, letting the clock run up to each."""
        before = len(self.events)
        for fact in facts:
            self.wait(fact.now)
            self._keep(decide(self.shipment, fact, fact.now, self.policy))
        return self.events[before:]

    def scans(self, *scans: Scan, heard: datetime | None = None, imported: bool = False) -> list[Event]:
        return self.tell(scans_fact(*scans, heard=heard, imported=imported))

    def wait(self, until: datetime) -> list[Event]:
        """Let the marks up to `until` come, on the minute."""
        before = len(self.events)
        while self.shipment is not None and self.shipment.next_due is not None:
            minute = on_minute(self.shipment.next_due)
            if minute > until:
                break
            assert self.shipment.clock is None or self.shipment.next_due > self.shipment.clock
            self._keep(sweep(self.shipment, minute, self.policy))
        return self.events[before:]

    def of(self, topic: str) -> list[dict[str, Any]]:
        return [event.value for event in self.events if event.topic.startswith(topic)]

    def cases(self) -> list[tuple[str, str]]:
        """Changes of cases, as (change, kind)."""
        return [(value["change"], value["kind"]) for value in self.of("exceptions-")]

    def open_kinds(self) -> set[str]:
        assert self.shipment is not None
        return {case.kind for case in self.shipment.cases.values() if case.is_open}

    def messages(self) -> list[tuple[str, str, str | None]]:
        """Decisions about messages, as (about, fate, reason)."""
        return [(value["about"], value["fate"], value["reason"]) for value in self.of("customer-messages")]

    @property
    def state(self) -> str:
        assert self.shipment is not None
        return self.shipment.life.state

    @property
    def flags(self) -> tuple[str, ...]:
        assert self.shipment is not None
        return self.shipment.life.flags

    def _keep(self, decision: Decision) -> None:
        hold_to_contract(decision.events)
        self.refusals += [refusal.message for refusal in decision.refusals]
        self.shipment = decision.shipment
        self.events += decision.events


def hold_to_contract(events: Iterable[Event]) -> None:
    for event in events:
        model_of(event.topic).model_validate_json(dumps(event.value))
        assert event.key == event.value["shipment_id"]


def on_minute(moment: datetime) -> datetime:
    floor = moment.replace(second=0, microsecond=0)
    return floor if floor == moment else floor + timedelta(minutes=1)
