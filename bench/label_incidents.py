"""Which places show a great trouble of the labels, and which incident the core found is of which: by parcels struck.

A label of an incident is a cause without a place: a hub that is closed, a storm. Where it shows follows from the
parcels that stood still because of it, by the documented limits: so many at one place of one carrier, so long or told
of by the carrier, and so great a share of what came there.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from bench.label_reading import Parcel, Read, Seen
from bench.label_truth import truth_of
from schemas.codec import parse_rfc3339
from schemas.facts import base_id

Where = tuple[str, str]
"""A carrier and a place as a scan tells it."""
CAUSES: Final = {"weather": "storm"}
"""By what a label's id begins with; all others are hubs that were closed."""
_TOLD: Final = frozenset(("weather", "carrier_capacity", "carrier_delay", "force_majeure", "service_unavailable"))
_LATELY: Final = timedelta(days=3)


def cause_of(subject: str) -> str:
    """The greater trouble behind the labels of parcels that a label of an incident is about."""
    return CAUSES.get(subject.partition(":")[0], "hub_outage")


def struck(because: str, found: Read, labels: Iterable[dict[str, Any]]) -> dict[Where, list[datetime]]:
    """When parcels came to stand still because of it, long enough to count, by the place where they were last seen."""
    silence: timedelta = truth_of(found).limits["incident.silence"]
    places: dict[Where, list[datetime]] = defaultdict(list)
    for label in labels:
        if label["because"] == because and label["shipment_id"]:
            ends = parse_rfc3339(label["ends"]) if label["ends"] else found.last
            for parcel in found.parcels_of.get(base_id(label["shipment_id"]), ()):
                stood = _stood(parcel, parse_rfc3339(label["begins"]), ends, silence, found)
                if stood is not None and (place := place_of(stood[0])) is not None:
                    places[parcel.carrier, place].append(stood[1])
    return places


def shows(places: dict[Where, list[datetime]], found: Read) -> bool:
    """Whether at one of these places so many, and so great a share, stood still that it is no chance."""
    limits = truth_of(found).limits
    share: float = limits["incident.times_usual"] * limits["incident.usual_least"]
    many = {where: max(since) for where, since in places.items() if len(since) >= limits["incident.least"]}
    came: Counter[Where] = Counter()
    for parcel in found.parcels.values() if many else ():
        been = {(parcel.carrier, place_of(one) or ""): one.at for one in parcel.scans}
        came.update(where for where, at in been.items() if where in many and many[where] - _LATELY <= at <= many[where])
    return any(len(places[where]) >= share * came[where] for where in many)


def fits(label: dict[str, Any], places: dict[Where, list[datetime]], case: str, opened: list[dict[str, Any]]) -> bool:
    """Whether a case began in the label's time at a place where parcels stood still because of it."""
    carrier, _, rest = case.partition("/")
    there = len(places.get((carrier, rest.rpartition("/")[0]), ()))
    return there > 0 and any(label["begins"] <= one["opened_at"] <= (label["ends"] or "9") for one in opened)


def _stood(
    parcel: Parcel, begins: datetime, ends: datetime, silence: timedelta, found: Read
) -> tuple[Seen, datetime] | None:
    """The scan after which it stood still between these times, and when that was known; None where it was too short."""
    told = [one for one in parcel.scans if one.scan.state is not None and one.at < ends]
    if not told or told[-1].at >= ends:
        return None
    last = told[-1]
    if last.scan.state == "delayed" and last.scan.reason in _TOLD and last.at >= begins:
        return last, last.heard
    later = [one.heard for one in parcel.scans if one.scan.state is not None and one.at >= ends]
    until = min(later, default=found.last)
    return (last, until) if found.worked(parcel.carrier, last.at, until) >= silence else None


def place_of(seen: Seen) -> str | None:
    """The place of a scan in one text, as incidents name it."""
    where = seen.scan.location
    parts = [part for part in (where.city, where.region, where.country) if part] if where else []
    return ", ".join(parts).upper() or None
