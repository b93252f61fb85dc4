"""Signs of trouble that show at a glance: a kind that needs one which is not there need not be asked."""

from typing import Final

from rules.situation import Situation
from rules.state import Lifecycle

FLAGGED: Final = 1
"""The state has flags."""
REASONED: Final = 2
"""The state has a reason."""
TRIED: Final = 4
"""A delivery was attempted."""
ESTIMATED: Final = 8
"""The carrier told an estimate."""
MOVED_DATE: Final = 16
"""It told another one before."""
PROMISED: Final = 32
"""The order has a promise or a day of need."""
REPLACES: Final = 64
"""It is sent in place of another."""
SIBLING: Final = 128
"""Another parcel of its order was delivered."""
TICKETED: Final = 256
"""Somebody has written."""
CONTRADICTED: Final = 512
"""Its scans contradict each other, or it was delivered and we know where its order goes."""
HURT: Final = 1024
"""It was reported damaged, or somebody has written."""
MOVED: Final = 2048
"""The carrier has it."""


def signs(shipment: Situation) -> int:
    """The signs that are there, as bits."""
    order, kept = shipment.order, shipment.shipment
    found = _of_life(shipment.life)
    if order is not None and (order.promise_date is not None or order.needed_by is not None):
        found |= PROMISED
    if order is not None and order.destination is not None and shipment.life.state == "delivered":
        found |= CONTRADICTED
    if shipment.is_replacement:
        found |= REPLACES
    if kept.siblings:
        found |= SIBLING
    if kept.tickets:
        found |= TICKETED | HURT
    return found


def _of_life(life: Lifecycle) -> int:
    found = FLAGGED if life.flags else 0
    if life.reason is not None:
        found |= REASONED
    if life.attempts:
        found |= TRIED
    if life.estimated_at is not None:
        found |= ESTIMATED if life.estimated_at == life.estimate_least else ESTIMATED | MOVED_DATE
    if life.contradictions:
        found |= CONTRADICTED
    if life.damaged_at is not None:
        found |= HURT
    return found | MOVED if life.moved_at is not None else found
