"""WooCommerce: order webhooks, each the whole order as it is now.

Times come twice, in the shop's zone and, without a Z, in UTC: only the second is an instant. Parcels stand in the
meta data, where the tracking plugins leave them.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from msgspec import UNSET, UnsetType

from rules.normalize import stamps, times
from rules.normalize.decode import Fields, UnusableError, decode_json
from rules.normalize.feed import messages, unknown_shape
from rules.normalize.names import carrier, guessed, number
from rules.normalize.reading import fields, items, objects, text
from schemas.codec import digest
from schemas.facts import Destination, Money, OrderChange, OrderShipment

_DRAFTS: Final = ("checkout-draft", "auto-draft")
_GONE: Final = ("cancelled", "trash")
_LISTS: Final = (
    "_wc_shipment_tracking_items",
    "_aftership_tracking_items",
    "wc_shipment_tracking_items",
    "shipment_trackings",
)
_LABELS: Final = "wc_connect_labels"
_VOID: Final = ("PURCHASE_ERROR", "ANONYMIZED")
_NUMBERS: Final = ("_tracking_number", "tracking_number", "_aftership_tracking_number", "_wc_tracking_number")
_COMPANIES: Final = ("_tracking_provider", "tracking_provider", "_aftership_tracking_provider_name", "_wc_provider")
_SHOP: Final = ("checkout", "store-api", "admin", "pos-rest-api", "subscription")


def orders(raw: bytes) -> tuple[OrderChange, ...]:
    """The order events of one WooCommerce message; a draft of a checkout gives none."""
    tie = digest(raw)
    return tuple(change for document in messages(raw) for change in _document(document, tie))


def _document(document: Fields, tie: str) -> Iterator[OrderChange]:
    order = fields(document, "order") if isinstance(document.get("order"), dict) else document
    if "id" not in order or not {"status", "date_created"} & order.keys():
        raise unknown_shape("WooCommerce", "an order webhook")
    if text(order, "status") not in _DRAFTS:
        yield from _snapshot(order, tie)


def _snapshot(order: Fields, tie: str) -> Iterator[OrderChange]:
    order_id = text(order, "id")
    if not order_id:
        raise UnusableError("semantic_invalid", "$.id is empty; an order event needs its order")
    created, updated = _at(order, "date_created", "date_modified"), _at(order, "date_modified", "date_created")
    if created < updated:
        yield OrderChange(event="created", order_id=order_id, at=created, tie=tie)
    yield OrderChange(
        event="updated" if created < updated else "created",
        order_id=order_id,
        at=updated,
        tie=tie,
        customer_id=_customer_id(order),
        channel="dtc" if text(order, "created_via") in _SHOP else UNSET,
        value=_value(order),
        destination=_destination(order),
        shipments=tuple(_shipments(order)),
    )
    status = (text(order, "status") or "").removeprefix("wc-")
    if status == "completed":
        yield OrderChange(
            event="fulfilled", order_id=order_id, at=_at(order, "date_completed", "date_modified"), tie=tie
        )
    if status in _GONE:
        yield OrderChange(event="cancelled", order_id=order_id, at=updated, tie=tie)


def _at(order: Fields, *keys: str) -> datetime:
    for key in keys:
        for name in (f"{key}_gmt", key):
            moment = times.iso(text(order, name))
            if moment.at is not None:
                return moment.at
    raise UnusableError("semantic_invalid", f"$.{keys[0]}_gmt is no time that can be true; send the order as it came")


def _customer_id(order: Fields) -> str | UnsetType:
    # 0 is a guest.
    written = text(order, "customer_id")
    return written if written and written != "0" else UNSET


def _value(order: Fields) -> Money | UnsetType:
    amount, currency = text(order, "total"), text(order, "currency")
    return Money(amount, currency) if amount and currency else UNSET


def _destination(order: Fields) -> Destination | UnsetType:
    # The shipping address is blank where it equals the billing address.
    for name in ("shipping", "billing"):
        address = fields(order, name)
        country = text(address, "country", f"$.{name}")
        if country:
            region, postal_code = text(address, "state", f"$.{name}"), text(address, "postcode", f"$.{name}")
            return Destination(country=country, region=region, postal_code=postal_code)
    return UNSET


def _shipments(order: Fields) -> Iterator[OrderShipment]:
    # Some plugins add their list to the order itself.
    meta: dict[str | None, object] = {key: order.get(key) for key in _LISTS if key in order}
    meta |= {text(one, "key", "$.meta_data[]"): one.get("value") for one in items(order, "meta_data")}
    seen: set[str] = set()
    for company, written, shipped in (*_listed(meta), *_labels(meta), *_single(meta)):
        who = carrier(company or "") or guessed(written)
        bare = number(who, written, "$.meta_data[]")
        if bare not in seen:
            seen.add(bare)
            yield OrderShipment(carrier=who, tracking_number=bare, shipped_at=shipped)


def _listed(meta: dict[str | None, object]) -> Iterator[tuple[str | None, str, datetime | None]]:
    for key in _LISTS:
        for one in _list(meta.get(key), key):
            written = text(one, "tracking_number", key)
            if written:
                own = text(one, "custom_tracking_provider", key)
                company = own or text(one, "tracking_provider", key) or text(one, "slug", key)
                yield company, written, _shipped(one.get("date_shipped"))


def _labels(meta: dict[str | None, object]) -> Iterator[tuple[str | None, str, datetime | None]]:
    """Labels bought in the shop itself."""
    for one in _list(meta.get(_LABELS), _LABELS):
        written = text(one, "tracking", _LABELS)
        if written and one.get("refund") is None and text(one, "status", _LABELS) not in _VOID:
            yield text(one, "carrier_id", _LABELS), written, None


def _list(value: object, key: str) -> list[Fields]:
    if isinstance(value, str) and value[:1] in ("[", "{"):
        value = decode_json(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, dict):
        # A list from which an item was taken comes as an object: {"0": ..., "2": ...}.
        value = [value] if "tracking_number" in value else list(value.values())
    return objects(value, f"$.meta_data[].{key}") if isinstance(value, list) else []


def _single(meta: dict[str | None, object]) -> Iterator[tuple[str | None, str, datetime | None]]:
    company = next((one for one in map(meta.get, _COMPANIES) if isinstance(one, str) and one), None)
    for key in _NUMBERS:
        value = meta.get(key)
        if isinstance(value, str) and value.strip():
            yield company, value, None


def _shipped(written: object) -> datetime | None:
    if isinstance(written, str) and not written.isdigit():
        return times.iso(written).at
    return stamps.epoch(written).at
