"""The truth about troubles: what each was caused by, and when anybody could first have known."""

from collections.abc import Iterator
from typing import Any

from cli.simulation.things import Order, Parcel, Trouble
from cli.simulation.timing import DAY, utc_text
from cli.simulation.world import World


def of_order(order: Order) -> Iterator[Trouble]:
    """What follows for the customer from the troubles of the parcels."""
    for parcel in order.parcels:
        yield from _of_parcel(parcel)
        if parcel.direction == "outbound" and order.cancelled_at is None:
            if order.promised:
                yield from _promise(order, parcel)
            yield from _replacement(order, parcel)
    yield from _partial(order)


def _of_parcel(parcel: Parcel) -> Iterator[Trouble]:
    for trouble in parcel.troubles:
        revealing = trouble.revealing
        if trouble.kind == "invalid_tracking":
            trouble.shipment_id = parcel.named_id
        elif parcel.silent or (revealing is not None and not revealing.heard):
            continue
        else:
            trouble.shipment_id = parcel.shipment_id
        yield trouble


def _promise(order: Order, parcel: Parcel) -> Iterator[Trouble]:
    delivered, end, cause = parcel.delivered_at, order.promise_end, parcel.cause
    if delivered is not None and delivered < end:
        return
    if cause is not None and cause.begins < end:
        yield _copy(parcel, "promise_at_risk", cause, end)
    yield Trouble("promise_missed", end, None, end, delivered, "shipment", parcel.named_id, parcel.shipment_id)
    if delivered is not None:
        seen = next((event for event in parcel.happenings if event.at == delivered), None)
        yield Trouble("delivered_late", delivered, seen, 0, None, "shipment", parcel.named_id, parcel.shipment_id)


def _replacement(order: Order, parcel: Parcel) -> Iterator[Trouble]:
    if order.replacement_for is not None and parcel.cause is not None:
        yield _copy(parcel, "replacement_at_risk", parcel.cause, parcel.delivered_at)


def _partial(order: Order) -> Iterator[Trouble]:
    """One parcel of several comes days after the others, because something happened to it."""
    parcels = [parcel for parcel in order.parcels if parcel.direction == "outbound"]
    arrived = [parcel.delivered_at for parcel in parcels if parcel.delivered_at is not None and parcel.cause is None]
    if len(parcels) < 2 or not arrived or order.cancelled_at is not None:
        return
    last = max(arrived)
    for parcel in parcels:
        if parcel.cause is not None and (parcel.delivered_at is None or parcel.delivered_at > last + DAY):
            ends = parcel.delivered_at
            yield Trouble("partial_delivery", last, None, last, ends, "shipment", parcel.named_id, parcel.shipment_id)


def _copy(parcel: Parcel, kind: str, cause: Trouble, ends: int | None) -> Trouble:
    known = cause.revealing
    ends = None if ends is None else max(ends, cause.begins)
    return Trouble(kind, cause.begins, known, cause.expected, ends, "shipment", parcel.named_id, parcel.shipment_id)


def of_world(world: World, struck: int) -> Iterator[Trouble]:
    """What struck many parcels at once."""
    hub, feed = world.hub_outage, world.feed_outage
    if struck:
        where = f"{hub.carrier}:{hub.city}"
        yield Trouble("incident", hub.begins, None, hub.begins, hub.ends, "incident", where)
    if feed.carrier is not None:
        yield Trouble("feed_silent", feed.begins, None, feed.begins, feed.ends, "carrier", feed.carrier)


def first_knowable(trouble: Trouble) -> int:
    """When anybody could first have known: the report was heard, or one that was due did not come."""
    known = trouble.revealing.heard if trouble.revealing is not None else trouble.expected
    return max(known, trouble.begins)


def line(trouble: Trouble) -> dict[str, Any]:
    """One line of the labels' file."""
    return {
        "shipment_id": trouble.shipment_id,
        "kind": trouble.kind,
        "begins": utc_text(trouble.begins),
        "first_knowable": utc_text(first_knowable(trouble)),
        "ends": None if trouble.ends is None else utc_text(max(trouble.ends, trouble.begins)),
        "subject": trouble.subject,
        "subject_id": trouble.subject_id if trouble.shipment_id is None else trouble.shipment_id,
    }
