"""All parcels of a carrier that are under way, as one partition of the second hop sees them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from rules.calendar import calendar_of
from rules.feeds import reached
from rules.pipeline.clock import GRID, Due, PartitionClock
from rules.pipeline.fleet.feed import FeedJudge, Others
from rules.pipeline.fleet.hubs import HubJudge
from rules.pipeline.fleet.rows import Carrier, Flight, Heard, Hub, Rates, shelf
from rules.pipeline.records import Rows
from rules.policy import PolicyBook
from schemas.facts import FeedFact, IncidentFact, subject_key
from schemas.links import FlightLink, HeardLink

REMEMBER_FOR: Final = timedelta(days=30)
"""A parcel that was not scanned for so long is under way no more."""
KEEP_ARRIVED: Final = timedelta(days=14)
_LOOK_AGAIN: Final = timedelta(hours=1)

Found = FeedFact | IncidentFact


class Fleet:
    """Applies what is heard of parcels; yields what is found of feeds and places."""

    def __init__(self, rows: Rows | None, clock: PartitionClock, partition: int, policy: PolicyBook) -> None:
        self._flights = shelf(rows, Flight)
        self._carriers = shelf(rows, Carrier)
        self._hubs = shelf(rows, Hub)
        self._rates = shelf(rows, Rates)
        self._heard = shelf(rows, Heard)
        self._others = Others(self._heard, partition)
        self._clock = clock
        self._policy = policy
        self._feed = FeedJudge(self._carriers, self._rates, self._others, clock, policy)
        self._places = HubJudge(self._hubs, self._carriers, policy)

    def save(self) -> None:
        """Write the rows that have changed."""
        for rows in (self._flights, self._carriers, self._hubs, self._rates, self._heard):
            rows.save()

    def apply(self, link: FlightLink | HeardLink) -> Iterator[Found]:
        """One message about a parcel, or an hour in which a carrier was heard."""
        if isinstance(link, HeardLink):
            self._others.heard(link.carrier, link.hour)
            return
        yield from self._feed.heard(link)
        if link.at is not None:
            yield from self._moved(link, link.at)

    def carrier(self, name: str) -> Carrier | None:
        """What is known of a carrier's feed."""
        return self._carriers.get(subject_key("carrier", name))

    def due(self, step: Due) -> Iterator[Found]:
        """The time of a parcel or of a carrier has come."""
        if step.subject.startswith("carrier:"):
            yield from self._feed.due(step.subject, step.now)
            return
        row = self._flights.get(step.subject)
        if row is None:
            return
        row.armed = None
        carrier = step.subject.split(":", 2)[1]
        if row.until <= step.now:
            yield from self._forget(step.subject, row, carrier, step.now)
            return
        if not row.over and not row.still:
            at = self._stands_still_at(carrier, row.at)
            if at is not None and at <= step.now:
                yield from self._stands_still(carrier, step.subject, row, step.now)
        self._keep(step.subject, row, carrier, step.now)

    def _moved(self, link: FlightLink, at: datetime) -> Iterator[Found]:
        key = f"flight:{link.shipment_id}"
        old, now = self._flights.get(key), link.received_at
        if old is not None and at <= old.at:
            # A crash between two tables may have lost the agenda's half of it.
            if old.armed is not None:
                self._clock.heal(key, old.armed)
            return
        if old is not None and old.still and old.place is not None and (link.over or not _stays(old, link)):
            yield from self._places.moves_on(link.carrier, old.place, link.shipment_id, now)
        until = now + (KEEP_ARRIVED if link.over else REMEMBER_FOR)
        armed = old.armed if old is not None else None
        row = Flight(at=at, place=link.place, over=link.over, armed=armed, until=until)
        if not link.over and old is not None and old.still and _stays(old, link):
            row.still, row.quiet = True, old.quiet
        self._in_flight(link.carrier, old, row)
        if link.place is not None and not link.over and (old is None or old.place != link.place):
            self._places.arrived(link.carrier, link.place, now)
        if link.stuck and not row.still:
            yield from self._stands_still(link.carrier, key, row, now)
        self._keep(key, row, link.carrier, now)

    def _stands_still(self, carrier: str, key: str, row: Flight, now: datetime) -> Iterator[Found]:
        row.still = row.quiet = True
        self._carries(carrier, quiet=1)
        if row.place is not None:
            yield from self._places.stands_still(carrier, row.place, key.split(":", 1)[1], now)

    def _in_flight(self, carrier: str, old: Flight | None, row: Flight | None) -> None:
        flying = [one is not None and not one.over for one in (old, row)]
        quiet = [one is not None and one.quiet for one in (old, row)]
        self._carries(carrier, flying[1] - flying[0], quiet[1] - quiet[0])

    def _carries(self, carrier: str, flying: int = 0, quiet: int = 0) -> None:
        """So many parcels more, or less, are under way, and so many of them stand still."""
        key = subject_key("carrier", carrier)
        row = self._carriers.get(key)
        if row is not None and (flying or quiet):
            row.in_flight, row.quiet = max(0, row.in_flight + flying), max(0, row.quiet + quiet)
            self._carriers.put(key, row)

    def _forget(self, key: str, row: Flight, carrier: str, now: datetime) -> Iterator[Found]:
        self._flights.drop(key)
        self._in_flight(carrier, row, None)
        if not row.over and row.still and row.place is not None:
            yield from self._places.moves_on(carrier, row.place, key.split(":", 1)[1], now)

    def _stands_still_at(self, carrier: str, at: datetime) -> datetime | None:
        """When a parcel last scanned then stands still; None while its carrier's feed is silent."""
        feed = self._carriers.get(subject_key("carrier", carrier))
        silences = feed.silences if feed is not None else ()
        limit: timedelta = self._policy.at(at, carrier).value("incident.silence")
        still = reached(calendar_of(carrier), silences, at, limit)
        # A minute before the parcel's own limit of the same length, so that the incident speaks first.
        return still - GRID if still is not None else None

    def _keep(self, key: str, row: Flight, carrier: str, now: datetime) -> None:
        # An entry that comes too early asks again, and a new scan only puts off what falls due.
        if row.armed is None:
            row.armed = row.until
            if not row.over and not row.still:
                at = self._stands_still_at(carrier, row.at)
                row.armed = now + _LOOK_AGAIN if at is None else max(at, now)
            self._clock.arm(key, row.armed)
        self._flights.put(key, row)


def _stays(old: Flight, link: FlightLink) -> bool:
    """Whether a parcel that is delayed at a place is only said to be delayed there again."""
    return link.stuck and old.place == link.place
