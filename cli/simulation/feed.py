"""How what happened is reported: late, twice, out of order, in batches, with broken clocks, or not at all."""

from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Final

from cli.simulation.dice import Dice
from cli.simulation.senders import easypost, fedex, ups, usps, wismo
from cli.simulation.steps import STEPS
from cli.simulation.things import Happening, Message, Parcel
from cli.simulation.timing import DAY, HOUR, MINUTE
from cli.simulation.world import World

SINGLE: Final = {"wismo": ("wismo", wismo.write), "ups_alert": ("ups", ups.write_alert)}
"""Senders of one message a scan: the source they name, and their writer."""
HISTORIES: Final = {
    "ups": ("ups", ups.write_history),
    "usps": ("usps", usps.write_history),
    "fedex": ("fedex", fedex.write_history),
    "easypost": ("easypost", easypost.write_history),
}
"""Senders that repeat all they know each time."""
CODES: Final[dict[str, Mapping[str, object]]] = {
    "ups": ups.CODES,
    "ups_alert": ups.CODES,
    "usps": usps.CODES,
    "fedex": fedex.CODES,
    "easypost": easypost.CODES,
}


def choose_sender(parcel: Parcel, dice: Dice, share: float) -> str:
    """Who reports this parcel: mostly our own shape, else a sender that has a word for all that happens."""
    choices = _OWN.get(parcel.carrier.name)
    if choices is None or parcel.direction == "return" or not dice.chance(share / _OWN_SHARE):
        return "wismo"
    sender = dice.weigh(choices)
    return sender if _can_say(sender, parcel) else "wismo"


_OWN_SHARE: Final = 0.85
"""Share of parcels of the three carriers below."""
_OWN: Final = {
    "ups": (("ups", 3), ("ups_alert", 4), ("easypost", 3)),
    "usps": (("usps", 5), ("easypost", 5)),
    "fedex": (("fedex", 6), ("easypost", 4)),
}


def _can_say(sender: str, parcel: Parcel) -> bool:
    known = CODES[sender]
    return all(event.step in known or STEPS[event.step].state is None for event in parcel.happenings)


def report(parcel: Parcel, world: World) -> Iterator[Message]:
    """Every raw record about the parcel; notes on each happening when it was first heard."""
    dice = world.dice("feed", parcel.index)
    told = [] if parcel.silent else parcel.happenings
    if parcel.sender != "wismo":
        known = CODES[parcel.sender]
        told = [event for event in told if event.step in known]
    for position, event in enumerate(told):
        event.heard = _heard(event, told[position + 1].at if position + 1 < len(told) else None, parcel, world, dice)
        if dice.chance(world.mix.zone_faults):
            event.fault = dice.pick(("wrong_zone", "no_time")) if parcel.sender == "wismo" else "naive"
    if parcel.sender in SINGLE:
        return _one_by_one(parcel, told, world, dice)
    return _histories(parcel, told, world, dice)


def _heard(event: Happening, following: int | None, parcel: Parcel, world: World, dice: Dice) -> int:
    heard = event.at + dice.skewed(20, 20 * MINUTE)
    mix = world.mix
    odd = dice.chance(mix.late + mix.disorder * _DISORDER_TRIES)
    if odd and dice.chance(mix.late / (mix.late + mix.disorder * _DISORDER_TRIES)):
        heard += dice.whole(25 * HOUR, 70 * HOUR)
    elif odd and following is not None and following - event.at < 14 * HOUR:
        heard = following + 20 * MINUTE + dice.skewed(MINUTE, 3 * HOUR)
    batch = parcel.carrier.batch
    if batch:
        heard += -heard % batch + dice.whole(0, 3 * MINUTE)
    return after_outage(max(heard, parcel.corrected_at), parcel, world, dice)


_DISORDER_TRIES: Final = 0.75
"""Late scans are out of order too, and many quick ones are so by themselves: fewer are made so."""


def after_outage(at: int, parcel: Parcel, world: World, dice: Dice) -> int:
    """What a silent carrier holds back arrives at once when it speaks again."""
    outage = world.feed_outage
    if outage.strikes(at) and outage.carrier == parcel.carrier.name:
        return outage.ends + dice.skewed(0, 40 * MINUTE)
    return at


def _one_by_one(parcel: Parcel, told: list[Happening], world: World, dice: Dice) -> Iterator[Message]:
    source, write = SINGLE[parcel.sender]
    for event in told:
        if event.step == "unmapped" and parcel.sender == "wismo":
            yield _in_its_own_words(parcel, event, dice)
            continue
        value = write(parcel, event, dice)
        yield Message(event.heard, "carrier-scans", parcel.label_number, source, value)
        if dice.chance(world.mix.repeats):
            again = after_outage(event.heard + dice.skewed(1, 36 * HOUR), parcel, world, dice)
            yield Message(again, "carrier-scans", parcel.label_number, source, value)


def _histories(parcel: Parcel, told: list[Happening], world: World, dice: Dice) -> Iterator[Message]:
    source, write = HISTORIES[parcel.sender]
    arriving = sorted(told, key=attrgetter("heard"))
    unsent = 0
    for position, event in enumerate(arriving):
        following = arriving[position + 1] if position + 1 < len(arriving) else None
        if following is not None and following.heard < event.heard + 2 * HOUR and dice.chance(0.6):
            continue
        for other in arriving[unsent : position + 1]:
            other.heard = event.heard
        unsent = position + 1
        value = write(parcel, arriving[:unsent], event.heard)
        yield Message(event.heard, "carrier-scans", parcel.label_number, source, value)
        if dice.chance(world.mix.repeats / 4):
            again = after_outage(event.heard + dice.skewed(5, DAY), parcel, world, dice)
            yield Message(again, "carrier-scans", parcel.label_number, source, value)


def _in_its_own_words(parcel: Parcel, event: Happening, dice: Dice) -> Message:
    if parcel.carrier.name == "ups":
        value = ups.write_alert(parcel, event, dice)
    else:
        value = usps.write_history(parcel, [event], event.heard)
    return Message(event.heard, "carrier-scans", parcel.label_number, parcel.carrier.name, value)
