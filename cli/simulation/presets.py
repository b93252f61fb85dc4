"""Recordings with a purpose: tiny wild ones for property tests, and the demonstration's day."""

from dataclasses import replace
from typing import Final

from cli.simulation import world
from cli.simulation.day import day_lines
from cli.simulation.dice import Dice
from cli.simulation.labels import first_knowable
from cli.simulation.rates import WILD
from cli.simulation.recordings import lines
from cli.simulation.things import Trouble
from cli.simulation.timing import DAY, seconds
from schemas.codec import parse_rfc3339
from schemas.recording import RawRecord, read_recording

DEFAULT_START: Final = "2026-03-02T00:00:00Z"
"""A Monday."""
_TWINS: Final = 0.2
"""Recordings in which only one carrier works, who gives the same number to several parcels."""
_APART: Final = 100
"""Ids between two seeds: small recordings may be played together."""


def small_recording(seed: int) -> list[RawRecord]:
    """One to five shipments over several days, full of oddities; for property tests over many seeds."""
    return small_recording_with_troubles(seed)[0]


def small_recording_with_troubles(seed: int) -> tuple[list[RawRecord], list[Trouble]]:
    """The same, with the truth beside it."""
    dice = Dice(f"small/{seed}")
    start = seconds(parse_rfc3339(DEFAULT_START))
    wild = world.build(seed, start, dice.whole(2, 4), WILD)
    wild = replace(wild, first=seed * _APART)
    if dice.chance(_TWINS):
        wild = replace(wild, home=((world.FEDEX, 1),), mix=replace(WILD, real_senders=1.0, reused_numbers=1.0))
    # Property tests play every minute: a parcel that waits for weeks would take most of their time.
    end = start + dice.whole(4, 9) * DAY
    troubles: list[Trouble] = []
    records = list(read_recording(lines(wild, dice.whole(1, 5), troubles.append)))
    heard = [record for record in records if seconds(record.timestamp) < end]
    return heard, [trouble for trouble in troubles if first_knowable(trouble) < end]


def demo_day(seed: int) -> list[RawRecord]:
    """One day of realistic traffic that shows many kinds of exception from its first minutes on."""
    return list(read_recording(day_lines(seed, _forget)))


def _forget(trouble: Trouble) -> None:
    """The truth is not asked for."""
