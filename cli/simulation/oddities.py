"""Scans that should not be there: contradictions and codes that nobody knows."""

from cli.simulation.steps import STEPS
from cli.simulation.things import Happening
from cli.simulation.timing import HOUR, MINUTE
from cli.simulation.walk import Walk

_SPEAK_FOR_THEMSELVES = frozenset({"ups", "usps"})
"""Our own shape has no unknown words, so a strange code needs a carrier's own message. They carry not quite 60 %."""


def add(walk: Walk) -> None:
    """Slip the odd scans of this parcel in between the true ones."""
    mix, dice = walk.world.mix, walk.dice
    for happening in tuple(walk.parcel.happenings):
        if walk.parcel.carrier.name in _SPEAK_FOR_THEMSELVES and dice.chance(mix.unmapped * 1.8):
            _unmapped(walk, happening)
        if dice.chance(mix.contradictory * 1.5):
            _contradiction(walk, happening)


def _insert(walk: Walk, at: int, step: str, like: Happening) -> Happening:
    happening = Happening(at, step, like.place, direction=like.direction)
    walk.parcel.happenings.append(happening)
    return happening


def _unmapped(walk: Walk, after: Happening) -> None:
    odd = _insert(walk, after.at + walk.dice.whole(1, 20) * MINUTE, "unmapped", after)
    walk.trouble("status_unmapped", odd.at, odd)


def _contradiction(walk: Walk, after: Happening) -> None:
    """Either scanned on after its delivery, or reported delivered while it still moves on."""
    parcel = walk.parcel
    delivered = parcel.delivered_at
    if delivered is not None and walk.dice.chance(0.5):
        ghost = _insert(walk, delivered + walk.dice.whole(4 * HOUR, 30 * HOUR), "arrive", parcel.happenings[-1])
        walk.trouble("contradictory_scans", ghost.at, ghost)
        return
    later = [other for other in parcel.happenings if other.at > after.at + 10 * MINUTE and STEPS[other.step].state]
    if after.step in ("pickup", "arrive", "depart", "station") and later:
        ghost = _insert(walk, after.at + walk.dice.whole(1, 9) * MINUTE, "delivered", after)
        walk.trouble("contradictory_scans", ghost.at, min(later, key=lambda other: other.at))
