"""The world of one run: carriers and their holidays, and the troubles that strike many parcels at once."""

from dataclasses import dataclass
from typing import Final

from cli.simulation import places
from cli.simulation.dice import Dice
from cli.simulation.places import Place
from cli.simulation.rates import REALISTIC, Mix
from cli.simulation.timing import DAY, HOUR, MINUTE, at_local, day_number, is_working

_US_HOLIDAYS: Final = frozenset(
    day_number(text)
    for text in """2026-01-01 2026-05-25 2026-07-03 2026-09-07 2026-11-26 2026-12-25
    2027-01-01 2027-05-31 2027-07-05 2027-09-06 2027-11-25 2027-12-24""".split()
)
_POSTAL_HOLIDAYS: Final = _US_HOLIDAYS | frozenset(
    day_number(text)
    for text in """2026-01-19 2026-02-16 2026-06-19 2026-10-12 2026-11-11
    2027-01-18 2027-02-15 2027-06-18 2027-10-11 2027-11-11""".split()
)


@dataclass(frozen=True, slots=True)
class Carrier:
    """How one carrier works."""

    name: str
    services: tuple[tuple[str, int], ...]
    hubs: tuple[Place, ...]
    holidays: frozenset[int] = _US_HOLIDAYS
    saturdays: float = 0.0
    """How likely a parcel that could be delivered on a Saturday is."""
    attempts: int = 3
    batch: int = 0
    """Scans are reported every so many seconds; 0 means one by one."""


UPS: Final = Carrier(
    "ups",
    (("ground", 7), ("two_day", 2), ("express", 1)),
    (places.LOUISVILLE, places.CHICAGO, places.DALLAS, places.ONTARIO, places.PHILADELPHIA),
)
USPS: Final = Carrier(
    "usps",
    (("ground", 6), ("economy", 4)),
    (places.CHICAGO, places.ATLANTA, places.NEWARK, places.DALLAS, places.OAKLAND),
    holidays=_POSTAL_HOLIDAYS,
    saturdays=0.7,
    attempts=2,
    batch=30 * MINUTE,
)
FEDEX: Final = Carrier(
    "fedex",
    (("ground", 6), ("two_day", 2), ("express", 2)),
    (places.MEMPHIS, places.INDIANAPOLIS, places.OAKLAND, places.NEWARK, places.DALLAS),
    saturdays=0.5,
)
ONTRAC: Final = Carrier("ontrac", (("ground", 1),), (places.PHOENIX, places.ONTARIO, places.OAKLAND, places.ATLANTA))
DHL_ECOMMERCE: Final = Carrier(
    "dhl_ecommerce", (("economy", 1),), (places.HEBRON, places.PHOENIX, places.NEWARK), attempts=2, batch=4 * HOUR
)
DHL_EXPRESS: Final = Carrier(
    "dhl_express", (("international", 1),), (places.HEBRON, places.MIDLANDS, places.LEIPZIG), batch=15 * MINUTE
)

HOME: Final = ((UPS, 33), (USPS, 29), (FEDEX, 23), (ONTRAC, 8), (DHL_ECOMMERCE, 7))
ABROAD: Final = ((DHL_EXPRESS, 6), (UPS, 4))
ABROAD_SHARE: Final = 0.04


@dataclass(frozen=True, slots=True)
class Outage:
    """Something that strikes many parcels: at a hub, in a region, or only in what a carrier reports."""

    begins: int
    ends: int
    carrier: str | None = None
    city: str | None = None
    regions: frozenset[str] = frozenset()

    def strikes(self, at: int) -> bool:
        """Whether it goes on at that time."""
        return self.begins <= at < self.ends


@dataclass(frozen=True, slots=True)
class World:
    """What all parcels of a run share."""

    seed: str
    start: int
    days: int
    hub_outage: Outage
    feed_outage: Outage
    storm: Outage
    mix: Mix
    home: tuple[tuple[Carrier, int], ...] = HOME
    """Who carries parcels within the country, and how many."""
    first: int = 0
    """Where orders and parcels begin to be counted: recordings that are played together must not share ids."""

    @property
    def span(self) -> int:
        """Seconds in which orders are placed."""
        return self.days * DAY

    def dice(self, *names: object) -> Dice:
        """A stream of draws of its own for what is named."""
        return Dice("/".join((self.seed, *map(str, names))))


_STORMY: Final = (frozenset({"MN", "IL", "MI"}), frozenset({"NY", "MA", "NJ", "PA"}), frozenset({"CO", "UT", "ID"}))


def build(seed: int, start: int, days: int, mix: Mix = REALISTIC) -> World:
    """The world of a seed."""
    dice = Dice(f"wismo/{seed}/world")
    middle = start // DAY + days // 2
    hub = dice.weigh(((UPS, 3), (FEDEX, 2)))
    place = hub.hubs[dice.whole(0, 1)]
    # The night sort of a working day: when a hub is full.
    stop = at_local(_working(middle), 20 * HOUR, place.zone) + dice.whole(0, 3 * HOUR)
    silent = dice.weigh(((UPS, 2), (FEDEX, 3), (USPS, 2)))
    feed = at_local(_working(middle + 1), 9 * HOUR, places.EAST) + dice.whole(0, 2 * HOUR)
    snow = at_local(_working(middle - 1), 4 * HOUR, places.CENTRAL)
    return World(
        seed=f"wismo/{seed}",
        start=start,
        days=days,
        hub_outage=Outage(stop, stop + dice.whole(34, 44) * HOUR, hub.name, place.city),
        feed_outage=Outage(feed, feed + dice.whole(8, 11) * HOUR, silent.name),
        storm=Outage(snow, snow + dice.whole(36, 54) * HOUR, regions=dice.pick(_STORMY)),
        mix=mix,
    )


def _working(day: int) -> int:
    # A Friday night's outage would hide behind the weekend.
    while not is_working(day, _US_HOLIDAYS) or not is_working(day + 1, _US_HOLIDAYS):
        day += 1
    return day
