"""Orders: who buys what, what the shop promises, and what it says about it."""

from collections.abc import Iterator
from typing import Any, Final

from cli.simulation import places
from cli.simulation.dice import Dice
from cli.simulation.journeys import due_day, pickup_due
from cli.simulation.numbers import tracking_number
from cli.simulation.senders import shopify
from cli.simulation.things import Message, Order, Parcel, Trouble
from cli.simulation.timing import (
    DAY,
    HOUR,
    MINUTE,
    add_working,
    at_local,
    day_text,
    local_day,
    next_working,
    utc_text,
)
from cli.simulation.world import ABROAD, ABROAD_SHARE, World

NOT_SHIPPED_SHARE: Final = 0.01
"""Orders whose goods are not there (assumed)."""
_SLACK: Final = ((0, 5), (1, 11), (2, 4))
"""Working days that a shop adds to the carrier's usual time, and how often (assumed)."""
_KNOWS_DATE: Final = 0.6
"""Of the orders that come as shop webhooks, those whose date another system of the shop tells (assumed)."""
_CURRENCY: Final = {"GB": "GBP", "DE": "EUR", "FR": "EUR", "CA": "CAD"}


def draw_order(world: World, index: int, at: int) -> Order:
    """A new order, without its parcels."""
    dice = world.dice("order", index)
    abroad = dice.chance(ABROAD_SHARE)
    buyer = world.first + dice.whole(0, 4 * (index - world.first + 25) // 5)
    shop = dice.chance(world.mix.shop_webhooks)
    return Order(
        index=index,
        order_id=order_id(index, shop),
        customer_id=str(7700000000000 + buyer) if shop else f"C-{10000 + buyer}",
        at=at,
        promise_day=0,
        target=dice.weigh(places.ABROAD if abroad else places.CUSTOMERS),
        warehouse=places.WAREHOUSES[0][0] if abroad else dice.weigh(places.WAREHOUSES),
        amount=1200 + dice.skewed(0, 60000),
        vip=dice.chance(world.mix.vip),
        shop=shop,
        promised=not shop or dice.chance(_KNOWS_DATE),
        heard_late=dice.whole(8 * HOUR, 3 * DAY) if dice.chance(world.mix.late_orders) else 0,
    )


def order_id(index: int, shop: bool) -> str:
    """The order's id: a shop's webhooks know theirs by a number only."""
    return str(5500000000000 + index) if shop else f"A-{100000 + index}"


def draw_parcel(world: World, order: Order, index: int, ready: int) -> Parcel:
    """A parcel of this order."""
    dice = world.dice("parcel", index)
    abroad = order.target.country != "US"
    carrier = dice.weigh(ABROAD if abroad else world.home)
    service = "international" if abroad else dice.weigh(carrier.services)
    number = tracking_number(carrier.name, index, dice)
    return Parcel(index, carrier, service, number, order.warehouse, order.target, ready)


def ready_at(order: Order, dice: Dice) -> int:
    """When a shop that has the goods hands the order to its dock."""
    zone = order.warehouse.zone
    day = local_day(order.at, zone)
    if order.at > at_local(day, 13 * HOUR, zone):
        day += 1
    morning = at_local(next_working(day), 9 * HOUR, zone)
    return max(morning, order.at + 30 * MINUTE) + dice.whole(0, 4 * HOUR)


def promise(order: Order, parcel: Parcel, dice: Dice, mix_needed_by: float) -> None:
    """What the shop tells the customer at the checkout: the carrier's usual time and some slack."""
    due = due_day(parcel, pickup_due(parcel))
    order.promise_day = add_working(due, dice.weigh(_SLACK))
    order.promise_end = at_local(order.promise_day + 1, 0, order.target.zone)
    if dice.chance(mix_needed_by):
        order.needed_by = order.promise_day + dice.whole(0, 4)


def out_of_stock(order: Order, ready: int, dice: Dice) -> tuple[int, Trouble]:
    """The goods are not there: the order waits for days."""
    zone = order.warehouse.zone
    day = add_working(local_day(ready, zone), dice.whole(3, 8))
    shipped = at_local(day, 10 * HOUR, zone) + dice.whole(0, 4 * HOUR)
    trouble = Trouble("not_shipped", order.at, None, ready, shipped, "order", order.order_id)
    return shipped, trouble


def tell(order: Order, world: World) -> Iterator[Message]:
    """What the shop says, in our own shape or as its webhooks."""
    dice = world.dice("shop", order.index)
    for source, at, event in _webhooks(order) if order.shop else _events(order):
        heard = at + order.heard_late + dice.skewed(1, 3 * MINUTE)
        yield Message(heard, "order-events", order.order_id, source, event)


def _webhooks(order: Order) -> Iterator[tuple[str, int, dict[str, Any]]]:
    currency = _CURRENCY.get(order.target.country, "USD")
    yield "shopify", order.at, shopify.order_as_of(order, order.at, currency)
    for parcel in order.parcels:
        if parcel.direction == "outbound":
            yield "shopify", parcel.ready, shopify.fulfillment(order, parcel)
        else:
            yield "wismo", parcel.ready, _with_parcels(order, "updated", parcel.ready, [parcel])
        if parcel.real_number is not None:
            yield "wismo", parcel.corrected_at, _corrected(order, parcel)
    if order.promised:
        yield "wismo", order.at + MINUTE, _event(order, "updated", order.at + MINUTE) | _dates(order)
    if order.cancelled_at is not None:
        yield "shopify", order.cancelled_at, shopify.order_as_of(order, order.cancelled_at, currency)


def _events(order: Order) -> Iterator[tuple[str, int, dict[str, Any]]]:
    yield "wismo", order.at, _created(order)
    shipped: dict[int, list[Parcel]] = {}
    for parcel in order.parcels:
        shipped.setdefault(parcel.ready, []).append(parcel)
    for ready, parcels in sorted(shipped.items(), key=_first):
        returned = parcels[0].direction == "return"
        yield "wismo", ready, _with_parcels(order, "updated" if returned else "fulfilled", ready, parcels)
    for parcel in order.parcels:
        if parcel.real_number is not None:
            yield "wismo", parcel.corrected_at, _corrected(order, parcel)
    if order.cancelled_at is not None:
        yield "wismo", order.cancelled_at, _event(order, "cancelled", order.cancelled_at)


def _first(item: tuple[int, list[Parcel]]) -> int:
    return item[0]


def _event(order: Order, event: str, at: int) -> dict[str, Any]:
    return {"event": event, "order_id": order.order_id, "at": utc_text(at)}


def _created(order: Order) -> dict[str, Any]:
    target = order.target
    place = {"country": target.country, "region": target.region or None, "postal_code": target.postal}
    return _event(order, "created", order.at) | {
        "customer_id": order.customer_id,
        "storefront": "main" if order.index % 5 else "outlet",
        "channel": "marketplace" if order.index % 7 == 3 else "dtc",
        **_dates(order),
        "value": {
            "amount": f"{order.amount // 100}.{order.amount % 100:02d}",
            "currency": _CURRENCY.get(target.country, "USD"),
        },
        "customer": {
            "tier": "vip" if order.vip else "standard",
            "orders_before": order.amount % 6,
            "failed_deliveries_90d": int(order.amount % 29 == 0),
        },
        "destination": {**place, "timezone": target.zone},
    }


def _dates(order: Order) -> dict[str, Any]:
    return {
        "promise_date": day_text(order.promise_day),
        "needed_by": None if order.needed_by is None else day_text(order.needed_by),
        "replacement_for": order.replacement_for,
    }


def _with_parcels(order: Order, event: str, at: int, parcels: list[Parcel]) -> dict[str, Any]:
    return _event(order, event, at) | {"shipments": [_line(parcel, parcel.number) for parcel in parcels]}


def _corrected(order: Order, parcel: Parcel) -> dict[str, Any]:
    lines = [_line(parcel, parcel.real_number or parcel.number)]
    return _event(order, "updated", parcel.corrected_at) | {"shipments": lines}


def _line(parcel: Parcel, number: str) -> dict[str, Any]:
    return {
        "carrier": parcel.carrier.name,
        "tracking_number": number,
        "service_level": parcel.service,
        "direction": parcel.direction,
        "shipped_at": utc_text(parcel.ready),
    }
