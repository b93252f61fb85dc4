"""The troubles of single parcels: what causes each, how it shows, and how it ends."""

from collections.abc import Callable
from typing import Final

from cli.simulation.places import Place
from cli.simulation.things import Trouble
from cli.simulation.timing import DAY, HOUR, MINUTE, at_local, local_day
from cli.simulation.walk import Walk


def _forgotten(walk: Walk, van: int) -> bool:
    """The parcel stays on the dock for days after the van came."""
    trouble = walk.trouble("label_not_scanned", walk.now, expected=van)
    walk.now = van
    walk.to_working_day(walk.dice.whole(2, 5), walk.parcel.origin, 15)
    trouble.ends = walk.now
    return True


def _never_handed(walk: Walk, van: int) -> bool:
    """A label without a parcel."""
    walk.trouble("label_not_scanned", walk.now, expected=van)
    return False


def _voided(walk: Walk, van: int) -> bool:
    """The shop takes its label back."""
    walk.now += walk.dice.whole(2 * HOUR, 30 * HOUR)
    walk.trouble("label_cancelled", walk.now, walk.scan("cancelled", walk.parcel.origin))
    return False


def _hold(walk: Walk, hub: Place, trouble: Trouble, low: int, high: int) -> bool:
    walk.leave(hub, walk.dice.whole(low * HOUR, high * HOUR))
    trouble.ends = walk.now
    return True


def _carrier_delay(walk: Walk, hub: Place) -> bool:
    begins = walk.now
    walk.now += walk.dice.whole(HOUR, 3 * HOUR)
    return _hold(walk, hub, walk.trouble("carrier_delay", begins, walk.scan("delay", hub)), 12, 50)


def _weather(walk: Walk, hub: Place) -> bool:
    begins = walk.now
    walk.now += walk.dice.whole(HOUR, 3 * HOUR)
    return _hold(walk, hub, walk.trouble("carrier_delay", begins, walk.scan("weather", hub)), 10, 40)


def _stalled(walk: Walk, hub: Place) -> bool:
    """Mislaid at the hub: nobody scans it until somebody finds it."""
    due = walk.now + 8 * HOUR
    return _hold(walk, hub, walk.trouble("stalled", walk.now, expected=due), 60, 150)


def _missort(walk: Walk, hub: Place) -> bool:
    """Loaded on the wrong truck, noticed there, and sent back."""
    walk.leave(hub)
    begins = walk.now
    wrong = max(walk.parcel.carrier.hubs, key=hub.miles)
    walk.ride(hub, wrong)
    walk.scan("arrive", wrong)
    walk.now += walk.dice.whole(HOUR, 5 * HOUR)
    trouble = walk.trouble("misrouted", begins, walk.scan("missort", wrong))
    walk.leave(wrong)
    walk.ride(wrong, hub)
    walk.delay_estimate(walk.now - begins)
    walk.scan("arrive", hub)
    trouble.ends = walk.now
    walk.leave(hub)
    return True


def _damaged(walk: Walk, hub: Place) -> bool:
    walk.now += walk.dice.whole(20 * MINUTE, 5 * HOUR)
    walk.trouble("damaged", walk.now, walk.scan("damaged", hub))
    if walk.dice.chance(0.4):
        walk.now += walk.dice.whole(6 * HOUR, 30 * HOUR)
        send_back(walk, hub)
    return False


def _lost(walk: Walk, hub: Place) -> bool:
    """Gone. Some carriers say so after a search, others never."""
    trouble = walk.trouble("lost_presumed", walk.now, expected=walk.now + 8 * HOUR)
    if walk.dice.chance(0.5):
        walk.to_working_day(walk.dice.whole(5, 8), hub, 10)
        walk.trouble("lost_declared", walk.now, walk.scan("lost", hub))
        trouble.ends = walk.now
    return False


def start_of_crawl(walk: Walk) -> None:
    """From here on everything takes three times as long, but keeps moving."""
    walk.slow = 3
    walk.trouble("long_transit", walk.now, expected=walk.estimate)


def customs(walk: Walk, place: Place) -> None:
    """Over the border."""
    walk.scan("customs", place)
    begins = walk.now
    if walk.parcel.fate == "customs_hold":
        walk.now += walk.dice.whole(HOUR, 5 * HOUR)
        trouble = walk.trouble("customs_hold", walk.now, walk.scan("customs_hold", place))
        walk.to_working_day(walk.dice.whole(2, 6), place, 9)
        walk.delay_estimate(walk.now - begins)
        trouble.ends = walk.now
    walk.now += walk.dice.whole(HOUR, 7 * HOUR)
    walk.scan("cleared", place)
    walk.now += walk.dice.whole(HOUR, 4 * HOUR)


def deliver(walk: Walk, place: Place) -> None:
    """Tours until the parcel is delivered, waits at the counter, or goes back."""
    failed: list[Trouble] = []
    chance = walk.world.mix.attempt_fails
    for attempt in range(1, walk.parcel.carrier.attempts + 1):
        walk.to_delivery_morning(place)
        walk.scan("out", place)
        _end(failed, walk.now)
        walk.now += walk.dice.whole(2 * HOUR, 10 * HOUR)
        if not walk.dice.chance(chance):
            hand_over(walk, place)
            return
        kind = "attempt_failed" if attempt == 1 else "attempts_exhausting"
        failed.append(walk.trouble(kind, walk.now, walk.scan("attempt", place)))
        walk.delay_estimate(DAY)
        chance = 0.3
    if walk.dice.chance(0.6):
        wait_at_counter(walk, place)
    else:
        walk.now += walk.dice.whole(12 * HOUR, 40 * HOUR)
        send_back(walk, place)
    _end(failed, walk.now)


def _end(troubles: list[Trouble], at: int) -> None:
    for trouble in troubles:
        trouble.ends = trouble.ends or at


def hand_over(walk: Walk, place: Place) -> None:
    """Into the customer's hands."""
    walk.scan("delivered", place)
    walk.parcel.delivered_at = walk.now
    for trouble in walk.parcel.troubles:
        if trouble.kind == "long_transit":
            trouble.ends = walk.now
    if walk.dice.chance(0.4):
        walk.now += walk.dice.whole(5 * MINUTE, 3 * HOUR)
        walk.scan("proof", place)


def wait_at_counter(walk: Walk, place: Place) -> None:
    """Most customers come within days; some at the last moment or never."""
    walk.now += walk.dice.whole(30 * MINUTE, 3 * HOUR)
    ready = walk.scan("counter", place)
    if walk.dice.chance(0.8):
        walk.to_working_day(walk.dice.whole(0, 2) + 1, place, 10)
        hand_over(walk, place)
        return
    # Its revealing moment is the notice itself: nothing else will ever be said.
    trouble = walk.trouble("pickup_expiring", ready.at, ready)
    late = walk.dice.chance(0.5)
    walk.now = at_local(local_day(walk.now, place.zone) + walk.dice.whole(11, 15), 11 * HOUR, place.zone)
    trouble.ends = walk.now
    if late:
        hand_over(walk, place)
    else:
        send_back(walk, place)


def send_back(walk: Walk, place: Place) -> None:
    """All the way back to the shop."""
    walk.estimate = 0
    walk.moved_date = None
    going = walk.trouble("returning", walk.now, walk.scan("returning", place))
    for hub in [*reversed(walk.route), walk.parcel.origin]:
        walk.ride(place, hub)
        walk.now += walk.dice.whole(4 * HOUR, 16 * HOUR)
        walk.scan("returning", hub)
        place = hub
    walk.to_working_day(1, place, 9)
    walk.trouble("returned", walk.now, walk.scan("back", place))
    going.ends = walk.now


def _refused(walk: Walk, place: Place) -> None:
    walk.to_delivery_morning(place)
    walk.scan("out", place)
    walk.now += walk.dice.whole(2 * HOUR, 9 * HOUR)
    trouble = walk.trouble("refused", walk.now, walk.scan("refused", place))
    walk.now += walk.dice.whole(3 * HOUR, 40 * HOUR)
    send_back(walk, place)
    trouble.ends = walk.now


def _counter(walk: Walk, place: Place) -> None:
    walk.to_delivery_morning(place)
    wait_at_counter(walk, place)


def _undeliverable(walk: Walk, place: Place) -> None:
    trouble = walk.trouble("address_problem", walk.now, walk.scan("address", place))
    walk.to_working_day(walk.dice.whole(2, 4), place, 9)
    trouble.ends = walk.now
    send_back(walk, place)


def _address(walk: Walk, place: Place) -> None:
    _ask_customer(walk, place, "address_problem", "address")


def _payment(walk: Walk, place: Place) -> None:
    _ask_customer(walk, place, "payment_due", "payment")


def _ask_customer(walk: Walk, place: Place, kind: str, step: str) -> None:
    begins = walk.now
    trouble = walk.trouble(kind, walk.now, walk.scan(step, place))
    walk.to_working_day(walk.dice.whole(1, 3), place, 9)
    trouble.ends = walk.now
    walk.delay_estimate(walk.now - begins)
    deliver(walk, place)


def _stolen(walk: Walk) -> None:
    walk.trouble("not_received", walk.parcel.delivered_at or walk.now)


def _broken(walk: Walk) -> None:
    walk.trouble("damaged", walk.parcel.delivered_at or walk.now)


AT_DOCK: Final[dict[str, Callable[[Walk, int], bool]]] = {
    "forgotten": _forgotten,
    "never_handed": _never_handed,
    "voided": _voided,
}
ON_THE_WAY: Final[dict[str, Callable[[Walk, Place], bool]]] = {
    "carrier_delay": _carrier_delay,
    "weather": _weather,
    "stalled": _stalled,
    "missort": _missort,
    "damaged": _damaged,
    "lost": _lost,
}
AT_DOOR: Final[dict[str, Callable[[Walk, Place], None]]] = {
    "refused": _refused,
    "counter": _counter,
    "undeliverable": _undeliverable,
    "address": _address,
    "payment": _payment,
}
AFTER_DELIVERY: Final[dict[str, Callable[[Walk], None]]] = {"stolen": _stolen, "broken": _broken}
