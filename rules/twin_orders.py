"""The order that a case of a twin describes; what the case leaves out is that of an ordinary order."""

from datetime import UTC, datetime
from typing import Any, Final

from schemas.facts import Customer, Destination, Money, Order, OrderFact, OrderShipment, subject_key

TwinCase = dict[str, Any]
"""One case as its twin writes it."""

NUMBER: Final = "1Z999AA10123456784"
"""The parcel of every case."""
ORDER: Final = "A-1001"
_AT: Final = datetime(2026, 3, 1, 15, tzinfo=UTC)
CUSTOMER: Final = ("tier", "orders_before", "failed_deliveries_90d")
PARCEL: Final = ("service_level", "direction", "shipped_at")
PLACE: Final = ("country", "region", "timezone")
TIMES: Final = ("created_at", "cancelled_at", "fulfilled_at")
DATES: Final = ("promise_date", "needed_by")


def order_of(case: TwinCase, subject: str, carrier: str) -> OrderFact:
    """The order of a case, told to its parcel or to the order itself."""
    said = {"country": "US", "at": _AT, **case.get("order", {})}
    said |= {"service_level": case["service_level"]} if "service_level" in case else {}
    parcel = OrderShipment(carrier=carrier, tracking_number=NUMBER, **_only(said, PARCEL))
    is_order = subject == "order"
    order = _order(said, _parcels(case, carrier, parcel, is_order=is_order))
    return OrderFact(
        fact_id="order",
        shipment_id=subject_key(subject, ORDER) if is_order else parcel.shipment_id,
        subject="order" if is_order else "shipment",
        received_at=said["at"],
        now=said["at"],
        source="wismo",
        topic="order-events",
        position="0",
        linked_by="order_id",
        order=order,
        parcel=None if is_order else parcel,
    )


def _order(said: dict[str, Any], parcels: tuple[OrderShipment, ...]) -> Order:
    customer = _only(said, CUSTOMER)
    return Order(
        order_id=ORDER,
        at=said["at"],
        customer_id="C-77",
        storefront=said.get("storefront", "main"),
        customer=Customer(**customer) if customer else None,
        destination=Destination(**_only(said, PLACE)),
        value=Money(str(said["amount"]), "USD") if said.get("amount") is not None else None,
        replacement_for=said.get("replacement_for"),
        shipments=parcels,
        **_only(said, TIMES),
        promise_date=_day(said, "promise_date"),
        needed_by=_day(said, "needed_by"),
    )


def _parcels(case: TwinCase, carrier: str, own: OrderShipment, *, is_order: bool) -> tuple[OrderShipment, ...]:
    """Numbers, or lines with a `number`; the parcel alone where the case names none."""
    if "parcels" not in case:
        return () if is_order else (own,)
    return tuple(_line(one, carrier, own) for one in case["parcels"])


def _line(one: Any, carrier: str, own: OrderShipment) -> OrderShipment:
    said = dict(one) if isinstance(one, dict) else {"number": one}
    number, of = said.pop("number"), said.pop("carrier", carrier)
    is_own = number == NUMBER and of == carrier and not said
    return own if is_own else OrderShipment(carrier=of, tracking_number=number, **said)


def _day(said: dict[str, Any], name: str) -> str | None:
    # YAML makes a date of what looks like one.
    return str(said[name]) if said.get(name) is not None else None


def _only(said: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: said[name] for name in names if said.get(name) is not None}
