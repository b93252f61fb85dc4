"""The demonstration's day: 24 hours of traffic in which much is already wrong when it begins."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from cli.simulation import labels, world
from cli.simulation.households import Households, Story
from cli.simulation.rates import BUSY, TROUBLE_WEIGHTS
from cli.simulation.recordings import Noted, write
from cli.simulation.spool import in_order
from cli.simulation.things import Message, Trouble
from cli.simulation.timing import DAY, HOUR, seconds
from cli.simulation.world import Outage, World
from schemas.codec import parse_rfc3339

BEGINS: Final = seconds(parse_rfc3339("2026-03-11T10:00:00Z"))
"""A Wednesday, six in the morning in New York: the vans are about to leave."""
ENDS: Final = BEGINS + DAY
_DAYS_BEFORE: Final = 9
_ORDERED: Final = 610
"""Parcels of the days before and of the day; those long finished are left out, about half."""
_HISTORY_TAKES: Final = 3 * 60
"""Seconds in which everything heard before the day is told again."""
_FIRST: Final = 700_000
"""Ids of the day begin far behind those of the small recordings."""


def day_lines(seed: int, note: Noted) -> Iterator[bytes]:
    """The day's recording; every trouble that the day could reveal goes to `note`."""
    eve = _world(seed)
    stories = [story for story in Households(eve, _ORDERED, _staged).stories() if _matters(story)]
    for story in stories:
        heard = _heard(story)
        for trouble in story.troubles:
            if trouble.shipment_id is None or trouble.shipment_id.split(":")[1] in heard:
                _note(trouble, note)
    for trouble in labels.of_world(eve, [trouble for story in stories for trouble in story.troubles]):
        _note(trouble, note)
    told = [message for story in stories for message in story.messages if message.timestamp < ENDS]
    return in_order((message.timestamp, write(message)) for message in _shifted(told))


def _world(seed: int) -> World:
    """The hub broke down two nights ago, the storm came yesterday, a carrier's feed will fail at noon."""
    usual = world.build(seed, BEGINS - _DAYS_BEFORE * DAY, _DAYS_BEFORE + 1, BUSY)
    hub, feed, storm = usual.hub_outage, usual.feed_outage, usual.storm
    return replace(
        usual,
        hub_outage=replace(hub, begins=BEGINS - 46 * HOUR, ends=BEGINS + 9 * HOUR, carrier="ups", city="Louisville"),
        feed_outage=replace(feed, begins=BEGINS + 4 * HOUR, ends=BEGINS + 13 * HOUR, carrier="fedex"),
        storm=Outage(BEGINS - 24 * HOUR, BEGINS + 8 * HOUR, regions=storm.regions),
        first=_FIRST,
    )


def _staged(index: int) -> str | None:
    """Parcels of three days before: every kind of trouble strikes some, and shows on the day."""
    index -= _FIRST
    if not _ORDERED * 5 // 10 <= index < _ORDERED * 7 // 10 or index % 4:
        return None
    kinds = tuple(TROUBLE_WEIGHTS)
    return kinds[index // 4 % len(kinds)]


def _matters(story: Story) -> bool:
    """Whether anything about the order is heard during the day, or something is still wrong."""
    heard = any(BEGINS <= message.timestamp < ENDS for message in story.messages)
    return heard or any(trouble.ends is None and trouble.begins < ENDS for trouble in story.troubles)


def _heard(story: Story) -> str:
    """All that is heard of an order by the day's end, as text: a parcel that no message names has no label either."""
    return b"".join(write(message) for message in story.messages if message.timestamp < ENDS).decode()


def _shifted(told: list[Message]) -> Iterator[Message]:
    """What was heard before the day comes in its first minutes, in its order, marked as history."""
    before = sorted((message for message in told if message.timestamp < BEGINS), key=_when)
    for position, message in enumerate(before):
        at = BEGINS + _HISTORY_TAKES * position // len(before)
        yield replace(message, timestamp=at, history=True)
    for message in told:
        if message.timestamp >= BEGINS:
            yield message


def _when(message: Message) -> int:
    return message.timestamp


def _note(trouble: Trouble, note: Noted) -> None:
    known = labels.first_knowable(trouble)
    if known < ENDS and (trouble.ends is None or trouble.ends > BEGINS):
        note(replace(trouble, revealing=None, expected=max(known, BEGINS)))
