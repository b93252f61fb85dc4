"""One parcel on its way: where it is now, what was scanned, what holds it up."""

from dataclasses import dataclass, field

from cli.simulation.dice import Dice
from cli.simulation.places import Place
from cli.simulation.things import Happening, Parcel, Trouble
from cli.simulation.timing import DAY, HOUR, MINUTE, add_working, at_local, is_working, local_day, next_working
from cli.simulation.world import World

LONGEST_DWELL = 14 * HOUR
"""No parcel that is well stays longer at a hub on a working day."""
WEEKEND_REST = 0.88
"""How likely a parcel that could leave on a weekend or holiday stays until the next working day."""
_HARMLESS = frozenset({"status_unmapped", "contradictory_scans", "not_received", "pickup_expiring"})
"""Troubles that make no parcel late."""
_AIR = frozenset({"express", "two_day", "international"})


@dataclass(slots=True)
class Walk:
    """The state of one journey."""

    parcel: Parcel
    world: World
    dice: Dice
    now: int
    estimate: int = 0
    slow: int = 1
    """How many times longer than usual everything takes."""
    moved_date: Trouble | None = None
    route: list[Place] = field(default_factory=list)

    def scan(self, step: str, place: Place) -> Happening:
        """Scan the parcel now."""
        happening = Happening(self.now, step, place, self.estimate or None, direction=self.parcel.direction)
        self.parcel.happenings.append(happening)
        if self.moved_date is not None:
            self.moved_date.begins, self.moved_date.revealing = self.now, happening
            self.parcel.troubles.append(self.moved_date)
            self.moved_date = None
        return happening

    def trouble(self, kind: str, begins: int, revealing: Happening | None = None, expected: int = 0) -> Trouble:
        """Note a trouble, revealed by a report or by the silence where one was expected."""
        trouble = Trouble(kind, begins, revealing, expected, shipment_id=self.parcel.shipment_id)
        trouble.subject_id = self.parcel.shipment_id
        self.parcel.troubles.append(trouble)
        if self.parcel.cause is None and kind not in _HARMLESS:
            self.parcel.cause = trouble
        return trouble

    def leave(self, place: Place, extra: int = 0) -> None:
        """Stay as long as parcels do (longer by `extra`), sit out weekends and outages, and depart."""
        arrived = self.now
        usual = self._rested(arrived + self.slow * dwell(self.parcel.service, self.dice), place)
        leaves = usual if not extra else self._rested(usual + extra, place)
        freed = self._freed(leaves, place)
        if freed > leaves and freed - arrived > LONGEST_DWELL and not extra:
            self._held_by_outage(arrived, usual, freed, place)
        self.delay_estimate(freed - usual)
        self.now = freed
        self.scan("depart", place)

    def ride(self, start: Place, end: Place) -> None:
        """Travel between two places; the departure is already scanned."""
        self.now += self.slow * ride_time(self.parcel.service, start, end) + self.dice.skewed(0, 3 * HOUR)

    def delay_estimate(self, late: int) -> None:
        """Move the carrier's date by whole days; the next scan tells it."""
        days = late // DAY
        if self.estimate and days:
            self.estimate += days * DAY
            self.moved_date = Trouble("promise_moved", 0, shipment_id=self.parcel.shipment_id)
            self.moved_date.subject_id = self.parcel.shipment_id

    def to_delivery_morning(self, place: Place) -> None:
        """Wait for the next tour: working days, some Saturdays."""
        day = local_day(self.now, place.zone)
        if self.now > at_local(day, 7 * HOUR, place.zone):
            day += 1
        holidays = self.parcel.carrier.holidays
        while not is_working(day, holidays) and not self._works_saturday(day):
            day += 1
        self.now = at_local(day, 7 * HOUR + 30 * MINUTE, place.zone) + self.dice.whole(0, 2 * HOUR)

    def to_working_day(self, days: int, place: Place, hour: int) -> None:
        """So many working days later, from that local hour on."""
        day = add_working(local_day(self.now, place.zone), days, self.parcel.carrier.holidays)
        self.now = at_local(day, hour * HOUR, place.zone) + self.dice.whole(0, 3 * HOUR)

    def _works_saturday(self, day: int) -> bool:
        saturday = (day + 3) % 7 == 5 and day not in self.parcel.carrier.holidays
        return saturday and self.dice.chance(self.parcel.carrier.saturdays)

    def _rested(self, at: int, place: Place) -> int:
        day = local_day(at, place.zone)
        holidays = self.parcel.carrier.holidays
        if is_working(day, holidays) or not self.dice.chance(WEEKEND_REST):
            return at
        return at_local(next_working(day, holidays), HOUR, place.zone) + self.dice.whole(0, 7 * HOUR)

    def _freed(self, at: int, place: Place) -> int:
        hub, storm = self.world.hub_outage, self.world.storm
        if hub.strikes(at) and hub.city == place.city and hub.carrier == self.parcel.carrier.name:
            return hub.ends + self.dice.skewed(0, 16 * HOUR)
        if storm.strikes(at) and place.region in storm.regions:
            return storm.ends + self.dice.skewed(0, 10 * HOUR)
        return at

    def _held_by_outage(self, arrived: int, usual: int, freed: int, place: Place) -> None:
        stormy = place.region in self.world.storm.regions and self.world.storm.strikes(usual)
        if stormy and self.dice.chance(0.6):
            self.now = usual
            trouble = self.trouble("carrier_delay", arrived, self.scan("weather", place))
        else:
            trouble = self.trouble("stalled", arrived, expected=usual)
        trouble.ends = freed
        trouble.because = "storm" if stormy else "hub_outage"

    def storm_at_door(self, place: Place) -> None:
        """No tours in a storm: wait it out at the station."""
        storm = self.world.storm
        if storm.strikes(self.now) and place.region in storm.regions:
            trouble = self.trouble("carrier_delay", self.now, self.scan("weather", place))
            trouble.because = "storm"
            self.delay_estimate(DAY + storm.ends - self.now)
            self.now = storm.ends
            self.to_delivery_morning(place)
            trouble.ends = self.now


def dwell(service: str, dice: Dice) -> int:
    """How long a parcel that is well stays at a hub."""
    if service in _AIR:
        return dice.whole(40 * MINUTE, 4 * HOUR)
    return dice.whole(4 * HOUR, 13 * HOUR) if service == "economy" else dice.whole(90 * MINUTE, 8 * HOUR)


def ride_time(service: str, start: Place, end: Place) -> int:
    """How long a leg takes: trucks at about 48 miles an hour, planes for far and fast."""
    miles = start.miles(end)
    if service in _AIR and miles > 250:
        return 3 * HOUR + miles * 5
    return 40 * MINUTE + miles * (90 if service == "economy" else 75)
