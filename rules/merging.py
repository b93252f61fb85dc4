"""Merging order events: a later one (by `at`, ties by bytes) replaces the fields it carries."""

from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct

from schemas.facts import Order, OrderChange, OrderShipment

_FIELDS = (
    "customer_id",
    "storefront",
    "channel",
    "promise_date",
    "needed_by",
    "value",
    "customer",
    "destination",
    "replacement_for",
)
_ONCE = {"created": "created_at", "cancelled": "cancelled_at", "fulfilled": "fulfilled_at"}


class Stamp(Struct, frozen=True, array_like=True, order=True):
    """What decides which of two events wins a field."""

    at: datetime
    tie: str


class MergedOrder(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An order and, per field, the stamp of the event that set it: enough to merge in any order of arrival."""

    order: Order
    stamps: dict[str, Stamp] = {}


def merge(merged: MergedOrder | None, change: OrderChange) -> MergedOrder:
    """Merge one event; any order of arrival and any repetition end in the same order."""
    stamp = Stamp(change.at, change.tie)
    old = merged or MergedOrder(order=Order(order_id=change.order_id, at=change.at))
    stamps = dict(old.stamps)
    fields = _own_fields(change, stamps, stamp)
    fields["at"] = max(old.order.at, change.at)
    if (once := _ONCE.get(change.event)) is not None:
        fields[once] = _earliest(getattr(old.order, once), change.at)
    fields["shipments"] = _parcels(old.order.shipments, change.shipments, stamps, stamp)
    return MergedOrder(order=_replaced(old.order, fields), stamps=stamps)


def _own_fields(change: OrderChange, stamps: dict[str, Stamp], stamp: Stamp) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name in _FIELDS:
        value = getattr(change, name)
        if value is not UNSET and _wins(stamps, name, stamp):
            fields[name] = value
    return fields


def _parcels(
    old: tuple[OrderShipment, ...], new: tuple[OrderShipment, ...], stamps: dict[str, Stamp], stamp: Stamp
) -> tuple[OrderShipment, ...]:
    parcels = {parcel.shipment_id: parcel for parcel in old}
    for parcel in new:
        if _wins(stamps, f"shipment {parcel.shipment_id}", stamp):
            parcels[parcel.shipment_id] = parcel
    return tuple(parcels[key] for key in sorted(parcels))


def _wins(stamps: dict[str, Stamp], name: str, stamp: Stamp) -> bool:
    if name in stamps and stamps[name] >= stamp:
        return False
    stamps[name] = stamp
    return True


def _earliest(old: datetime | None, new: datetime) -> datetime:
    return new if old is None else min(old, new)


def _replaced(order: Order, fields: dict[str, Any]) -> Order:
    return Order(**{name: fields.get(name, getattr(order, name)) for name in Order.__struct_fields__})
