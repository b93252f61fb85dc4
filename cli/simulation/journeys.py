"""What truly happens to a parcel, from its label to the door."""

from operator import attrgetter

from cli.simulation import oddities
from cli.simulation.places import Place
from cli.simulation.things import Parcel
from cli.simulation.timing import HOUR, MINUTE, at_local, local_day, next_working, weekday
from cli.simulation.troubles import AFTER_DELIVERY, AT_DOCK, AT_DOOR, ON_THE_WAY, customs, deliver, start_of_crawl
from cli.simulation.walk import Walk, ride_time
from cli.simulation.world import World

_STANDS_OUTSIDE = 0.25
"""Trailers that find the hub closed and are not even scanned at its gate; the others are, and stand inside."""


def travel(parcel: Parcel, world: World) -> None:
    """Fill in the parcel's happenings and troubles."""
    dice = world.dice("journey", parcel.index)
    walk = Walk(parcel, world, dice, parcel.ready)
    walk.route = route(parcel)
    parcel.labelled_at = parcel.ready
    walk.scan("label", parcel.origin)
    if _collect(walk) and _cross(walk):
        _last_mile(walk)
    oddities.add(walk)
    parcel.happenings.sort(key=attrgetter("at"))


def route(parcel: Parcel) -> list[Place]:
    """The hubs between the shop and the delivery station."""
    hubs = parcel.carrier.hubs
    first = min(hubs, key=parcel.origin.miles)
    last = min(hubs, key=parcel.target.miles)
    return [first] if first is last else [first, last]


def due_day(parcel: Parcel, pickup: int) -> int:
    """The day on which a parcel that is well arrives: what shops promise and carriers estimate."""
    dwell = {"economy": 10 * HOUR, "ground": 6 * HOUR}.get(parcel.service, 3 * HOUR)
    stops = [parcel.origin, *route(parcel), parcel.target]
    at = pickup + 3 * HOUR
    for start, end in zip(stops, stops[1:], strict=False):
        at = _skip_weekend(at + dwell, start.zone) + ride_time(parcel.service, start, end) + HOUR
    if parcel.origin.country != parcel.target.country:
        at += 8 * HOUR
    day = local_day(at, parcel.target.zone)
    if at > at_local(day, 6 * HOUR, parcel.target.zone):
        day += 1
    return next_working(day, parcel.carrier.holidays)


def pickup_due(parcel: Parcel) -> int:
    """When the carrier's van comes for a parcel with a label: that evening, or the next working day's."""
    zone = parcel.origin.zone
    day = local_day(parcel.labelled_at or parcel.ready, zone)
    if (parcel.labelled_at or parcel.ready) > at_local(day, 16 * HOUR, zone):
        day += 1
    return at_local(next_working(day, parcel.carrier.holidays), 17 * HOUR, zone)


def _skip_weekend(at: int, zone: str) -> int:
    day = local_day(at, zone)
    spare = 7 - weekday(day)
    return at_local(day + spare, 4 * HOUR, zone) if spare < 3 else at


def _collect(walk: Walk) -> bool:
    parcel = walk.parcel
    van = pickup_due(parcel)
    handler = AT_DOCK.get(parcel.fate)
    if handler is not None and not handler(walk, van):
        return False
    walk.now = max(van, walk.now) + walk.dice.whole(0, 90 * MINUTE)
    walk.estimate = at_local(due_day(parcel, walk.now), 20 * HOUR, parcel.target.zone)
    walk.scan("pickup", parcel.origin)
    if parcel.fate == "crawl":
        start_of_crawl(walk)
    return True


def _cross(walk: Walk) -> bool:
    """Through the hubs; false where the parcel never comes out of one."""
    parcel, place = walk.parcel, walk.parcel.origin
    walk.now += walk.dice.whole(HOUR, 4 * HOUR)
    walk.scan("arrive", place)
    struck = walk.dice.whole(0, len(walk.route) - 1)
    walk.leave(place)
    for position, hub in enumerate(walk.route):
        walk.ride(place, hub)
        _arrive(walk, hub)
        place = hub
        handler = ON_THE_WAY.get(parcel.fate) if position == struck else None
        if handler is None:
            walk.leave(hub)
        elif not handler(walk, hub):
            return False
    walk.ride(place, parcel.target)
    return True


def _arrive(walk: Walk, hub: Place) -> None:
    outage = walk.world.hub_outage
    closed = outage.strikes(walk.now) and outage.city == hub.city and outage.carrier == walk.parcel.carrier.name
    if closed and walk.dice.chance(_STANDS_OUTSIDE):
        _queue_outside(walk, outage.ends)
    walk.scan("arrive", hub)
    if walk.dice.chance(0.35):
        walk.now += walk.dice.whole(10 * MINUTE, HOUR)
        walk.scan("estimate", hub)


def _queue_outside(walk: Walk, ends: int) -> None:
    # The trailers stand in the yard: the last thing heard is the departure before.
    begins, due = walk.now, walk.now
    walk.now = ends + walk.dice.skewed(0, 12 * HOUR)
    if walk.now - begins > 12 * HOUR:
        trouble = walk.trouble("stalled", begins, expected=due)
        trouble.ends, trouble.because = walk.now, "hub_outage"
    walk.delay_estimate(walk.now - begins)


def _last_mile(walk: Walk) -> None:
    parcel, station = walk.parcel, walk.parcel.target
    if parcel.origin.country != station.country:
        customs(walk, station)
    walk.scan("station", station)
    if walk.dice.chance(0.6):
        walk.now += walk.dice.whole(20 * MINUTE, 2 * HOUR)
        walk.scan("processed", station)
    walk.storm_at_door(station)
    handler = AT_DOOR.get(parcel.fate)
    if handler is not None:
        handler(walk, station)
    else:
        deliver(walk, station)
    after = AFTER_DELIVERY.get(parcel.fate)
    if after is not None and parcel.delivered_at is not None:
        after(walk)
