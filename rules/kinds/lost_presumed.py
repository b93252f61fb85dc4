"""Nothing has been heard of a parcel for so long that it must be taken for lost."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from rules.finding import Check, Evidence, Finding, held_against
from rules.kinds.promise_missed import promised_until
from rules.policy import Limit, Policy
from rules.situation import Situation


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire after the lane's silence, or after a shorter one that long past the promise."""
    start, reached = _start(shipment), _reached(shipment)
    if start is None or reached is None or now < reached:
        return None
    silence, end = shipment.elapsed(start, now), promised_until(shipment)
    lane = shipment.by_lane("lost_presumed.silence")
    if silence >= lane.value or end is None:
        return Finding((held_against("silence", silence, lane),), since=reached)
    late = held_against("past_the_promise", shipment.elapsed(end, now), _limit(shipment, "past_promise"))
    evidence = (held_against("silence", silence, _limit(shipment, "silence.past_promise")), late)
    return Finding((*evidence, Evidence("state", shipment.life.state)), since=reached)


def due(shipment: Situation, now: datetime, policy: Policy) -> datetime | None:
    """The earlier of the two moments."""
    reached = _reached(shipment)
    return reached if reached is not None and reached > now else None


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """In the carrier's hands, not declared lost already, and silent until whichever moment comes first."""
    flags, start, reached = shipment.life.flags, _start(shipment), _reached(shipment)
    yield Check("flags", list(flags), "not lost, awaited or a return", None, start is not None)
    silence: timedelta | None = shipment.elapsed(start, now) if start is not None else None
    lane = shipment.by_lane("lost_presumed.silence")
    yield Check("silence", silence, lane.value, lane.path, reached is not None and now >= reached)


def _start(shipment: Situation) -> datetime | None:
    life = shipment.life
    over = shipment.is_return or not {"lost", "pickup_ready"}.isdisjoint(life.flags)
    return None if over else life.moved_at


def _reached(shipment: Situation) -> datetime | None:
    start, end = _start(shipment), promised_until(shipment)
    if start is None:
        return None
    alone = shipment.reached(start, shipment.by_lane("lost_presumed.silence").value)
    if end is None:
        return alone
    late = shipment.reached(end, _limit(shipment, "past_promise").value)
    silent = shipment.reached(start, _limit(shipment, "silence.past_promise").value)
    return min((at for at in (alone, max(late, silent) if late and silent else None) if at is not None), default=None)


def _limit(shipment: Situation, name: str) -> Limit:
    return shipment.patience(shipment.policy.limit(f"lost_presumed.{name}"))
