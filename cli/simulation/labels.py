"""The truth about troubles: what each was caused by, and when anybody could first have known."""

from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any

from cli.simulation.things import Happening, Order, Parcel, Trouble
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
        if trouble.because is not None and trouble.ends is not None:
            # A station that works again sends out on its next tour: until then the parcel stands still because of it.
            trouble.ends = min((one.at for one in parcel.happenings if one.at >= trouble.ends), default=trouble.ends)
        yield trouble


def _promise(order: Order, parcel: Parcel) -> Iterator[Trouble]:
    delivered, end, cause = parcel.delivered_at, order.promise_end, parcel.cause
    if delivered is not None and delivered < end:
        return
    if cause is not None and cause.begins < end:
        yield _copy(parcel, "promise_at_risk", cause, end)
    yield Trouble("promise_missed", end, None, end, delivered, "shipment", parcel.named_id, parcel.shipment_id)
    seen = _delivery(parcel)
    if delivered is not None and seen is not None:
        yield Trouble("delivered_late", delivered, seen, 0, None, "shipment", parcel.named_id, parcel.shipment_id)


def _replacement(order: Order, parcel: Parcel) -> Iterator[Trouble]:
    if order.replacement_for is not None and parcel.cause is not None:
        yield _copy(parcel, "replacement_at_risk", parcel.cause, parcel.delivered_at)


def _delivery(parcel: Parcel) -> Happening | None:
    """The true delivery; None also where nobody ever heard of it."""
    return next((event for event in parcel.happenings if event.at == parcel.delivered_at and event.heard), None)


def _partial(order: Order) -> Iterator[Trouble]:
    """One parcel of several comes days after the others, because something happened to it."""
    parcels = [parcel for parcel in order.parcels if parcel.direction == "outbound"]
    fine = [parcel for parcel in parcels if parcel.cause is None]
    arrived = [event for event in map(_delivery, fine) if event is not None]
    if not arrived or order.cancelled_at is not None:
        return
    last = max(arrived, key=attrgetter("at"))
    for parcel in parcels:
        ends = parcel.delivered_at
        if parcel.cause is not None and (ends is None or ends > last.at + DAY):
            yield Trouble("partial_delivery", last.at, last, 0, ends, "shipment", parcel.named_id, parcel.shipment_id)


def _copy(parcel: Parcel, kind: str, cause: Trouble, ends: int | None) -> Trouble:
    known = cause.revealing
    ends = None if ends is None else max(ends, cause.begins)
    return Trouble(kind, cause.begins, known, cause.expected, ends, "shipment", parcel.named_id, parcel.shipment_id)


def of_world(world: World, troubles: Iterable[Trouble]) -> Iterator[Trouble]:
    """What struck many parcels at once: known from the first of them on, over when the last of them moves again."""
    hub, storm, feed = world.hub_outage, world.storm, world.feed_outage
    known: dict[str | None, int] = {}
    over = {"hub_outage": hub.ends, "storm": storm.ends}
    for trouble in troubles:
        known[trouble.because] = min(known.get(trouble.because, first_knowable(trouble)), first_knowable(trouble))
        if trouble.because is not None:
            over[trouble.because] = max(over[trouble.because], trouble.ends or 0)
    if "hub_outage" in known:
        where = f"{hub.carrier}:{hub.city}"
        yield Trouble("incident", hub.begins, None, known["hub_outage"], over["hub_outage"], "incident", where)
    if "storm" in known:
        where = "weather:" + ",".join(sorted(storm.regions))
        yield Trouble("incident", storm.begins, None, known["storm"], over["storm"], "incident", where)
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
        "because": trouble.because,
        "subject": trouble.subject,
        "subject_id": trouble.subject_id if trouble.shipment_id is None else trouble.shipment_id,
    }
