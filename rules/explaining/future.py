"""What time alone would bring: the core run on over its own wake-ups, with nothing more heard."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from rules.decision import Event
from rules.engine import sweep
from rules.explaining.view import View
from rules.pipeline.clock import GRID, on_grid
from rules.state import Shipment
from schemas.explanation import Ahead, Step
from schemas.words import CUSTOMER_MESSAGES, SHADOW_EXCEPTIONS, SHIPMENTS

_FARTHEST: Final = timedelta(days=60)
_MOST_WAKES: Final = 2000
"""A silent feed's parcels are looked at each hour."""
_MOST_STEPS: Final = 50


def ahead(view: View) -> Ahead:
    """The next wake-up and what follows from it and from those behind it."""
    if view.heard.forgotten:
        return Ahead(wakes_at=None, forget_at=None, steps=[])
    steps: list[Step] = []
    for step in _steps(view):
        steps.append(step)
        if len(steps) >= _MOST_STEPS:
            break
    return Ahead(wakes_at=_wakes_at(view.shipment, None), forget_at=view.shipment.forget_at, steps=steps)


def _steps(view: View) -> Iterator[Step]:
    shipment, last = view.shipment, None
    for _ in range(_MOST_WAKES):
        moment = _wakes_at(shipment, last)
        if moment is None or moment - view.now > _FARTHEST:
            return
        if shipment.forget_at is not None and shipment.forget_at <= moment:
            yield Step(at=moment, topic=None, said="it is forgotten: nothing was heard of it since it ended")
            return
        decision = sweep(shipment, moment, view.book, view.heard.feeds)
        yield from (_step(event, moment) for event in decision.events if event.topic != SHIPMENTS)
        shipment, last = decision.shipment, moment


def _wakes_at(shipment: Shipment, last: datetime | None) -> datetime | None:
    """The minute at which it is next looked at: never twice in one."""
    times = [time for time in (shipment.next_due, shipment.forget_at) if time is not None]
    if not times:
        return None
    first = on_grid(min(times))
    return first if last is None else max(first, last + GRID)


def _step(event: Event, moment: datetime) -> Step:
    value = event.value
    if event.topic == CUSTOMER_MESSAGES:
        reason = f" ({value['reason']})" if value["reason"] else ""
        said = f"message about {value['about']}: {value['fate']}{reason}"
    else:
        shadow = "in shadow: " if event.topic == SHADOW_EXCEPTIONS else ""
        said = f"{shadow}{value['kind']} {value['change']} for {value['owner']}, {value['severity']} {value['score']}"
    return Step(at=moment, topic=event.topic, said=said)
