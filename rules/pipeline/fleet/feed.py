"""Judges a carrier's feed: by its own history of half hours, else by hours of silence while others send."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from rules.feeds import Silence
from rules.pipeline.clock import PartitionClock, micros
from rules.pipeline.fleet.rows import Carrier, Heard, Rates
from rules.pipeline.shelf import Shelf
from rules.policy import PolicyBook
from schemas.codec import digest, rfc3339
from schemas.facts import FeedFact, subject_key
from schemas.links import FlightLink

SLOT: Final = timedelta(minutes=30)
_WEEK: Final = timedelta(days=7)
_WEEKS: Final = 2
"""A half hour is judged by its own past once it was seen in so many weeks."""
_EXPECTED: Final = 10
"""Where fewer messages than that were to come, it may be chance that none, or few, came."""
_FADES: Final = 47 / 48
"""What a half hour later is left of what was heard, where the last day is meant."""
_HOUR: Final = timedelta(hours=1)
_REMEMBERED: Final = 10


class FeedJudge:
    """Counts a carrier's messages and says when too few come."""

    def __init__(
        self,
        carriers: Shelf[Carrier],
        rates: Shelf[Rates],
        others: "Others",
        clock: PartitionClock,
        policy: PolicyBook,
    ) -> None:
        self._carriers = carriers
        self._rates = rates
        self._others = others
        self._clock = clock
        self._policy = policy

    def heard(self, link: FlightLink) -> Iterator[FeedFact]:
        """One message of a carrier."""
        key = subject_key("carrier", link.carrier)
        row = self._carriers.get(key) or Carrier(heard_at=link.received_at)
        order = f"{micros(link.received_at):020d}|{link.topic}|{link.position}"
        if order <= row.counted:
            # A crash between two tables may have lost the agenda's half of it.
            if row.armed is not None:
                self._clock.heal(key, row.armed)
            return
        row.counted = order
        self._count(link.carrier, row, link.received_at)
        row.heard_at = max(row.heard_at, link.received_at)
        if row.silent_from is not None and not row.by_history:
            yield self._again(link.carrier, row, link.received_at)
        # What is armed already comes soon enough: a message only puts off what falls due.
        if row.armed is None:
            self._arm(key, row, link.received_at)
        self._carriers.put(key, row)

    def due(self, key: str, now: datetime) -> Iterator[FeedFact]:
        """A carrier's time has come: a half hour is over, or it may have been silent for too long."""
        row, carrier = self._carriers.get(key), key.partition(":")[2]
        if row is None:
            return
        row.armed = None
        policy = self._policy.at(now, carrier)
        if row.slot is not None and now - row.slot > _WEEK:
            row.slot = None
        while row.slot is not None and row.slot + SLOT <= now:
            yield from self._close(carrier, row, now)
        enough = row.moving >= policy.value("feed.least_in_flight")
        long = now - row.heard_at >= policy.value("feed.silence")
        missed = row.silent_from is None and enough and long and self._others.heard_since(carrier, row.heard_at)
        if missed and self._should_have_spoken(carrier, row, now):
            row.silent_from, row.by_history = row.heard_at, False
            row.silences = (*row.silences, Silence(row.heard_at))[-_REMEMBERED:]
            yield self._fact(carrier, row, now)
        self._arm(key, row, now)
        self._carriers.put(key, row)

    def _count(self, carrier: str, row: Carrier, at: datetime) -> None:
        start = _slot(at)
        if row.slot is None:
            row.slot, row.count = start, 0
        elif start > row.slot:
            # The clock has not come by yet: what it would have judged is history now.
            if row.count:
                self._learn(carrier, row, row.slot, row.count)
            row.slot, row.count = start, 0
        if row.heard_at < start and start - row.heard_at < _WEEK:
            self._learn_quiet(carrier, row, start)
        row.count += 1

    def _close(self, carrier: str, row: Carrier, now: datetime) -> Iterator[FeedFact]:
        """Judge the half hour that is over by the same half hour of past weeks."""
        assert row.slot is not None
        expected, observed = self._expected(carrier, row), row.count
        policy = self._policy.at(now, carrier)
        low = expected is not None and observed < policy.value("feed.share") * expected
        if expected is not None and low and row.silent_from is None:
            if row.moving >= policy.value("feed.least_in_flight"):
                row.silent_from, row.by_history = row.slot, True
                row.silences = (*row.silences, Silence(row.slot))[-_REMEMBERED:]
                yield self._fact(carrier, row, now, observed, expected)
        elif row.silent_from is not None and row.by_history and not low and observed:
            yield self._again(carrier, row, now)
        # Where nothing came it may be the beginning of a silence: that is learned when the carrier is heard again.
        if row.silent_from is None and row.count:
            self._learn(carrier, row, row.slot, row.count)
        row.slot, row.count = row.slot + SLOT, 0

    def _learn_quiet(self, carrier: str, row: Carrier, until: datetime) -> None:
        """The half hours since it was last heard were empty.

        Of a silence only those are learned that were not known: else who is silent every night would never be known
        for it.
        """
        rates, slot = self._rates.get(f"rates:{carrier}"), _slot(row.heard_at) + SLOT
        while slot < until:
            if row.silent_from is None or rates is None or _of_week(slot) not in rates.slots:
                self._learn(carrier, row, slot, 0)
            slot += SLOT

    def _learn(self, carrier: str, row: Carrier, slot: datetime, count: int) -> None:
        key = f"rates:{carrier}"
        rates = self._rates.get(key) or Rates()
        total, flying, weeks = rates.slots.get(_of_week(slot), (0, 0, 0))
        if weeks:
            row.got, row.usual = row.got * _FADES + count, row.usual * _FADES + total / weeks
        # Old weeks fade, so that a season does not stay for ever.
        if weeks >= 2 * _WEEKS:
            total, flying, weeks = total * (weeks - 1) // weeks, flying * (weeks - 1) // weeks, weeks - 1
        rates.slots[_of_week(slot)] = (total + count, flying + row.moving, weeks + 1)
        self._rates.put(key, rates)

    def _expected(self, carrier: str, row: Carrier) -> float | None:
        """Messages that this half hour brought in past weeks, for what is under way now."""
        assert row.slot is not None
        weeks, usual = self._usual(carrier, row, row.slot)
        return usual if weeks >= _WEEKS and usual >= _EXPECTED else None

    def _should_have_spoken(self, carrier: str, row: Carrier, now: datetime) -> bool:
        """Whether so many messages should have come by now that it is no chance that none came.

        At night, on a Sunday or with few parcels hours may pass without a word. Where the past does not tell, they
        may not.
        """
        expected, slot = 0.0, _slot(row.heard_at) + SLOT
        while slot + SLOT <= now and expected < _EXPECTED:
            weeks, usual = self._usual(carrier, row, slot)
            if not weeks:
                return True
            expected += usual
            slot += SLOT
        return expected >= _EXPECTED

    def _usual(self, carrier: str, row: Carrier, slot: datetime) -> tuple[int, float]:
        """In how many weeks a half hour of the week was seen, and the messages that it should bring now."""
        rates = self._rates.get(f"rates:{carrier}")
        total, flying, weeks = rates.slots.get(_of_week(slot), (0, 0, 0)) if rates else (0, 0, 0)
        if not weeks:
            return 0, 0.0
        # Fewer parcels say less: that is no silence. More parcels do not raise it, as they may all have just begun.
        return weeks, total / weeks * min(1.0, row.level, row.moving / max(1.0, flying / weeks))

    def _again(self, carrier: str, row: Carrier, now: datetime) -> FeedFact:
        start = row.silent_from
        assert start is not None
        row.silences = (*row.silences[:-1], Silence(start, max(start, row.heard_at)))
        row.silent_from, row.by_history = None, False
        return self._fact(carrier, row, now)

    def _fact(
        self, carrier: str, row: Carrier, now: datetime, observed: float | None = None, expected: float | None = None
    ) -> FeedFact:
        at = rfc3339(now)
        return FeedFact(
            fact_id=digest("feed", carrier, at, row.silent_from),
            shipment_id=subject_key("carrier", carrier),
            subject="carrier",
            received_at=now,
            now=now,
            source="wismo",
            topic="carrier-scans",
            position=f"feed/{carrier}/{at}",
            carrier=carrier,
            heard_at=row.heard_at,
            silent_from=row.silent_from,
            in_flight=row.moving,
            observed=observed,
            expected=expected,
        )

    def _arm(self, key: str, row: Carrier, now: datetime) -> None:
        carrier = key.partition(":")[2]
        silence: timedelta = self._policy.at(row.heard_at, carrier).value("feed.silence")
        dues = [row.heard_at + silence] if row.silent_from is None else []
        if row.slot is not None and self._rates.get(f"rates:{carrier}") is not None:
            dues.append(row.slot + SLOT)
        if row.silent_from is None and row.moving and now - row.heard_at < _WEEK:
            # Too long already, but nobody else was heard: ask again when somebody may have been.
            dues.append(now + _HOUR)
        row.armed = min((due for due in dues if due > now), default=None)
        if row.armed is not None:
            self._clock.arm(key, row.armed)


class Others:
    """Who was heard in which hour: without a history a feed is silent only where somebody else was heard meanwhile."""

    def __init__(self, rows: Shelf[Heard], partition: int) -> None:
        self._rows = rows
        self._key = f"heard@{partition}"

    def heard(self, carrier: str, hour: datetime) -> None:
        """A carrier was heard in the hour that began then."""
        row = self._rows.get(self._key) or Heard()
        if row.hours.get(carrier, hour) <= hour:
            row.hours[carrier] = hour
            self._rows.put(self._key, row)

    def heard_since(self, carrier: str, moment: datetime) -> bool:
        """Whether another carrier was heard in an hour that began after that moment."""
        row = self._rows.get(self._key) or Heard()
        return any(name != carrier and hour > moment for name, hour in row.hours.items())


def _slot(at: datetime) -> datetime:
    return at.replace(minute=at.minute // 30 * 30, second=0, microsecond=0)


def _of_week(slot: datetime) -> int:
    monday = slot - timedelta(days=slot.weekday(), hours=slot.hour, minutes=slot.minute)
    return (slot - monday) // SLOT
