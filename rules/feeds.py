"""Silence of carriers' feeds: told apart from silence of parcels, so that a broken feed is not thousands of stalls."""

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from rules.calendar import Calendar
from schemas.facts import FeedFact

_REMEMBERED: Final = timedelta(days=60)


class Silence(Struct, frozen=True, array_like=True):
    """A span in which a feed was silent; without an end it still is."""

    start: datetime
    end: datetime | None = None


class Feed(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What is known of one carrier's feed."""

    heard_at: datetime
    in_flight: int = 0
    observed: float | None = None
    expected: float | None = None
    silences: tuple[Silence, ...] = ()
    """By time; the last one may be open."""

    @property
    def silence(self) -> Silence | None:
        """The silence that lasts, if one does."""
        return self.silences[-1] if self.silences and self.silences[-1].end is None else None


class Feeds(Struct, omit_defaults=True):
    """The feeds of all carriers, as one partition has heard of them."""

    carriers: dict[str, Feed] = {}

    def silences(self, carrier: str) -> tuple[Silence, ...]:
        """When this carrier's feed was silent."""
        feed = self.carriers.get(carrier)
        return feed.silences if feed is not None else ()


NO_FEEDS: Final = Feeds()


def told(feeds: Feeds, fact: FeedFact) -> tuple[Feeds, bool]:
    """The feeds after a fact, and whether this one fell silent or is heard again with it."""
    old = feeds.carriers.get(fact.carrier)
    silences = old.silences if old is not None else ()
    lasting = old.silence if old is not None else None
    changed = (fact.silent_from is None) != (lasting is None)
    if fact.silent_from is not None and lasting is None:
        silences = (*silences, Silence(fact.silent_from))
    elif fact.silent_from is None and lasting is not None:
        kept = [one for one in silences[:-1] if one.end is not None and fact.now - one.end < _REMEMBERED]
        silences = (*kept, Silence(lasting.start, max(fact.heard_at, lasting.start)))
    feed = Feed(
        heard_at=fact.heard_at,
        in_flight=fact.in_flight,
        observed=fact.observed,
        expected=fact.expected,
        silences=silences,
    )
    return Feeds({**feeds.carriers, fact.carrier: feed}), changed


def elapsed(calendar: Calendar, silences: tuple[Silence, ...], start: datetime, now: datetime) -> timedelta:
    """Business time from `start` to `now`, less that in which the feed was silent."""
    passed = calendar.between(start, now)
    for silence in silences:
        passed -= calendar.between(max(silence.start, start), min(silence.end or now, now))
    return passed


def reached(calendar: Calendar, silences: tuple[Silence, ...], start: datetime, span: timedelta) -> datetime | None:
    """When so much of that time will have passed; None while the feed is silent, as its clocks stand still."""
    at = calendar.after(start, span)
    for silence in silences:
        if silence.start >= at:
            break
        if silence.end is None:
            return None
        lost = calendar.between(max(silence.start, start), silence.end)
        at = calendar.after(at, lost) if lost else at
    return at
