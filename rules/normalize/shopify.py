"""Shopify: order and fulfillment webhooks as order events, fulfillment events and shipment statuses as scans.

An order is known by its numeric `id`: the name "#1001" is missing from fulfillments, the id never is. A
fulfillment event names no tracking number, so its parcel is `shopify:<fulfillment id>`, and a fulfillment without
a tracking number puts that same parcel on the order: the two meet, and no parcel is counted twice.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from rules.normalize import times
from rules.normalize.decode import Fields, UnusableError, decode
from rules.normalize.history import Parcel, Told, in_order, in_order_by_parcel, place, scan
from rules.normalize.names import ANY, UNKNOWN, carrier, guessed, number
from rules.normalize.reading import fields, items, text, texts
from rules.normalize.services import service_level
from rules.normalize.tables import load_table
from schemas.codec import digest
from schemas.facts import Customer, Destination, Money, OrderChange, OrderShipment, Scan

CARRIER: Final = "shopify"
_NAMES: Final = ("order", "fulfillment", "fulfillment_event")
_FULFILLMENT: Final = frozenset(("tracking_numbers", "tracking_number", "tracking_company", "shipment_status"))
_ORDER: Final = frozenset(("financial_status", "fulfillment_status", "order_number", "fulfillments"))
_VOID: Final = ("cancelled", "error", "failure")
"""Fulfillment statuses of a request that came to nothing: no parcel left."""
_MARKETPLACES: Final = ("amazon", "ebay", "etsy", "walmart", "facebook", "instagram", "tiktok", "google")
_NO_COMPANY: Final = ("", "other", "null-company", "none", "custom")


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one Shopify message: fulfillment events, and the shipment status of a fulfillment."""
    return in_order_by_parcel([one for body in _bodies(raw) for one in _scans(body)])


def orders(raw: bytes) -> tuple[OrderChange, ...]:
    """The order events of one Shopify message; a fulfillment event is a scan and changes no order."""
    tie = digest(raw)
    return tuple(change for body in _bodies(raw) for change in _changes(body, tie))


def _changes(body: Fields, tie: str) -> tuple[OrderChange, ...]:
    if "fulfillment_id" in body:
        return ()
    return (_fulfilled(body, tie),) if "order_id" in body else tuple(_snapshot(body, tie))


def _bodies(raw: bytes) -> list[Fields]:
    """The orders, fulfillments and fulfillment events of one message: a webhook has one, an answer maybe many."""
    document = decode(raw)
    if isinstance(document, dict):
        for name in _NAMES:
            if isinstance(document.get(name), dict):
                return [_known(fields(document, name))]
            if isinstance(document.get(f"{name}s"), list) and "id" not in document:
                return [_known(one) for one in items(document, f"{name}s")]
        if "errors" in document:
            raise UnusableError("schema_invalid", "$ is an error answer of Shopify; send its webhooks")
        return [_known(document)]
    raise _nothing_known()


def _known(body: Fields) -> Fields:
    # Refunds, transactions and returns name their order too, carts and drafts have line items.
    mine = _FULFILLMENT if "order_id" in body else _ORDER
    if "fulfillment_id" in body or mine & body.keys():
        return body
    raise _nothing_known()


def _nothing_known() -> UnusableError:
    return UnusableError("schema_invalid", "$ is no Shopify message we know; send an order or fulfillment webhook")


def _scans(body: Fields) -> Iterator[Scan]:
    if "fulfillment_id" in body:
        yield _event(body)
        return
    for done in _fulfillments(body):
        yield from _status(done)


def _event(event: Fields) -> Scan:
    table = load_table("shopify")
    parcel = Parcel(CARRIER, number(ANY, text(event, "fulfillment_id"), "$.fulfillment_id"), table.version)
    moment = times.iso(text(event, "happened_at") or text(event, "created_at"))
    where = place(*(text(event, name) for name in ("city", "province", "zip", "country")))
    code = text(event, "status")
    told = Told(code, text(event, "message"), moment, where, text(event, "id"))
    one = scan(parcel, told, table.find((code or "").upper()))
    return replace(one, estimated_delivery_at=times.iso(text(event, "estimated_delivery_at")).at)


def _fulfillments(body: Fields) -> list[Fields]:
    return [body] if "order_id" in body else items(body, "fulfillments")


def _status(done: Fields) -> Iterator[Scan]:
    code = text(done, "shipment_status")
    if code is None:
        return
    table = load_table("shopify")
    for shipment in _shipments(done):
        parcel = Parcel(shipment.carrier, shipment.tracking_number, table.version)
        told = Told(code, None, times.iso(text(done, "updated_at")))
        yield from in_order([scan(parcel, told, table.find(code.upper()))], newest_first=False)


def _fulfilled(done: Fields, tie: str) -> OrderChange:
    status = text(done, "status")
    return OrderChange(
        # The status is about the request: only a success says that the goods left.
        event="fulfilled" if status == "success" else "updated",
        order_id=_order_id(done, "order_id"),
        at=_at(done, "updated_at", "created_at"),
        tie=tie,
        shipments=() if status in _VOID else tuple(_shipments(done)),
    )


def _snapshot(order: Fields, tie: str) -> Iterator[OrderChange]:
    """An order webhook is the whole order as it is now: each thing that happened at its own time."""
    order_id = _order_id(order, "id")
    created, updated = _at(order, "created_at", "updated_at"), _at(order, "updated_at", "created_at")
    done = [one for one in items(order, "fulfillments") if text(one, "status") not in _VOID]
    if created < updated:
        yield OrderChange(event="created", order_id=order_id, at=created, tie=tie)
    yield OrderChange(
        event="updated" if created < updated else "created",
        order_id=order_id,
        at=updated,
        tie=tie,
        customer_id=_customer_id(order),
        channel=_channel(order),
        value=_value(order),
        customer=_customer(order),
        destination=_destination(order),
        shipments=tuple(shipment for one in done for shipment in _shipments(one)),
    )
    if text(order, "fulfillment_status") == "fulfilled" and done:
        last = max(_at(one, "created_at", "updated_at") for one in done)
        yield OrderChange(event="fulfilled", order_id=order_id, at=last, tie=tie)
    if text(order, "cancelled_at"):
        yield OrderChange(event="cancelled", order_id=order_id, at=_at(order, "cancelled_at"), tie=tie)


def _shipments(done: Fields) -> Iterator[OrderShipment]:
    written = dict.fromkeys((*texts(done, "tracking_numbers"), *texts(done, "tracking_number")))
    company = text(done, "tracking_company") or ""
    shipped = times.iso(text(done, "created_at")).at if text(done, "status") == "success" else None
    level = service_level(text(done, "service"))
    for one in written:
        who = _carrier(company, one)
        yield OrderShipment(
            carrier=who,
            tracking_number=number(who, one, "$.tracking_numbers[]"),
            service_level=level,
            shipped_at=shipped,
        )
    if not written and text(done, "id"):
        bare = number(ANY, text(done, "id"), "$.id")
        yield OrderShipment(carrier=CARRIER, tracking_number=bare, service_level=level, shipped_at=shipped)


def _carrier(company: str, written: str) -> str:
    who = carrier(company)
    if who not in _NO_COMPANY:
        return who
    by_form = guessed(written)
    return by_form if by_form != UNKNOWN else who or UNKNOWN


def _order_id(fields_: Fields, key: str) -> str:
    order_id = text(fields_, key)
    if not order_id:
        raise UnusableError("semantic_invalid", f"$.{key} is empty; an order event needs its order")
    return order_id


def _at(fields_: Fields, *keys: str) -> datetime:
    for key in keys:
        moment = times.iso(text(fields_, key))
        if moment.at is not None:
            return moment.at
    raise UnusableError("semantic_invalid", f"$.{keys[0]} is no time that can be true; send RFC 3339 with its offset")


def _customer_id(order: Fields) -> str | UnsetType:
    return text(fields(order, "customer"), "id", "$.customer") or UNSET


def _customer(order: Fields) -> Customer | UnsetType:
    tags = text(fields(order, "customer"), "tags", "$.customer")
    if tags is None:
        return UNSET
    return Customer(tier="vip" if "vip" in (tag.strip().lower() for tag in tags.split(",")) else "standard")


def _channel(order: Fields) -> str | UnsetType:
    # A number here is an app's id, which says nothing.
    source = (text(order, "source_name") or "").lower()
    if not source or source.isdigit():
        return UNSET
    return "marketplace" if source.startswith(_MARKETPLACES) else "dtc"


def _value(order: Fields) -> Money | UnsetType:
    amount, currency = text(order, "total_price"), text(order, "currency")
    return Money(amount, currency) if amount and currency else UNSET


def _destination(order: Fields) -> Destination | UnsetType:
    address = fields(order, "shipping_address")
    if not address:
        return UNSET
    names = ("country_code", "province_code", "zip")
    country, region, postal_code = (text(address, name, "$.shipping_address") for name in names)
    return Destination(country=country, region=region, postal_code=postal_code)
