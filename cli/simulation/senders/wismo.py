"""Source `wismo`: the contract's own shape, one scan a message."""

from typing import Any

from cli.simulation.dice import Dice
from cli.simulation.places import Place
from cli.simulation.steps import STEPS
from cli.simulation.things import Happening, Parcel
from cli.simulation.timing import HOUR, clock_text, local_text, offset, offset_text


def write(parcel: Parcel, event: Happening, dice: Dice) -> dict[str, Any]:
    """One scan."""
    step = STEPS[event.step]
    scan: dict[str, Any] = {
        "carrier": parcel.carrier.name,
        "tracking_number": parcel.label_number,
        "status": step.state,
        "code": event.step.upper(),
        "description": step.text,
        "occurred_at": None if event.fault == "no_time" else time_text(event),
        "location": location(event.place),
    }
    if step.reason is not None:
        scan["reason"] = step.reason
    if step.flags:
        scan["flags"] = list(step.flags)
    if parcel.direction != "outbound":
        scan["direction"] = parcel.direction
    if event.estimate is not None:
        scan["estimated_delivery_at"] = local_text(event.estimate, parcel.target.zone)
    if dice.chance(0.3):
        scan["scan_id"] = f"S{parcel.index}-{event.at}"
    return scan


def location(place: Place) -> dict[str, str | None]:
    """A place as the contract words it."""
    return {"city": place.city, "region": place.region or None, "postal_code": place.postal, "country": place.country}


def time_text(event: Happening) -> str:
    """The local time of the scan, unless the reporter's clock is at fault."""
    if event.fault is None:
        return local_text(event.at, event.place.zone)
    ahead = offset(event.at, event.place.zone)
    naive = clock_text(event.at + ahead)
    # The usual fault of a wrong zone: the clock of the place with the offset of the head office.
    return naive if event.fault == "naive" else naive + offset_text(ahead - 2 * HOUR)
