"""Judges the places of a carrier: where many parcels stand still, and far more than usual, there is an incident."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from rules.pipeline.fleet.rows import Carrier, Day, Hub
from rules.pipeline.shelf import Shelf
from rules.policy import PolicyBook
from schemas.codec import digest, rfc3339
from schemas.facts import IncidentFact, subject_key

_LATELY: Final = timedelta(days=3)
_REMEMBERED: Final = timedelta(days=28)
_HISTORY: Final = 100
"""Fewer arrivals than that are no history to judge by."""
_MOST_STILL: Final = 5000
"""Parcels kept by name at one place; an incident of more is told to these."""
_STEPS: Final = (20, 50, 100, 200, 500, 1000, 2000, 5000)
"""Affected parcels at which the incident is told of anew."""


class HubJudge:
    """Keeps who stands still where, and says what becomes of it."""

    def __init__(self, hubs: Shelf[Hub], carriers: Shelf[Carrier], policy: PolicyBook) -> None:
        self._hubs = hubs
        self._carriers = carriers
        self._policy = policy

    def arrived(self, carrier: str, place: str, now: datetime) -> None:
        """A parcel was scanned at a place it was not at before."""
        hub = self._hubs.get(_key(carrier, place)) or Hub()
        _day(hub.days, now).arrivals += 1
        self._hubs.put(_key(carrier, place), hub)
        self._of_carrier(carrier, now, arrivals=1)

    def stands_still(self, carrier: str, place: str, parcel: str, now: datetime) -> Iterator[IncidentFact]:
        """A parcel has not moved on for too long, or its carrier says that it is delayed there."""
        hub = self._hubs.get(_key(carrier, place)) or Hub()
        if parcel in hub.still or len(hub.still) >= _MOST_STILL:
            return
        hub.still[parcel] = now
        _day(hub.days, now).stills += 1
        self._of_carrier(carrier, now, stills=1)
        if hub.incident is None:
            yield from self._begin(carrier, place, hub, now)
        else:
            yield _fact(carrier, place, hub, parcel, now)
            if _step(len(hub.still)) > _step(hub.told):
                yield _fact(carrier, place, hub, None, now)
        self._hubs.put(_key(carrier, place), hub)

    def moves_on(self, carrier: str, place: str, parcel: str, now: datetime) -> Iterator[IncidentFact]:
        """A parcel that stood still was scanned again, arrived, or was forgotten."""
        hub = self._hubs.get(_key(carrier, place))
        if hub is None or hub.still.pop(parcel, None) is None:
            return
        if hub.incident is not None:
            yield _fact(carrier, place, hub, parcel, now, ended=True)
            least: int = self._policy.at(now, carrier).value("incident.least")
            if len(hub.still) < least / 2:
                yield from _end(carrier, place, hub, now)
        self._hubs.put(_key(carrier, place), hub)

    def _begin(self, carrier: str, place: str, hub: Hub, now: datetime) -> Iterator[IncidentFact]:
        policy = self._policy.at(now, carrier)
        usual = self._usual(carrier, hub, now, policy.value("incident.usual_least"))
        # Parcels that are lost one by one stay where they were last seen: only what stopped of late is one trouble.
        lately = sum(now - since <= _LATELY for since in hub.still.values())
        if lately < policy.value("incident.least") or _share(hub, now) < policy.value("incident.times_usual") * usual:
            return
        hub.incident, hub.since, hub.usual = f"{carrier}/{place}/{rfc3339(now)}", now, round(usual, 4)
        yield _fact(carrier, place, hub, None, now)
        for parcel in sorted(hub.still):
            yield _fact(carrier, place, hub, parcel, now)

    def _usual(self, carrier: str, hub: Hub, now: datetime, least: float) -> float:
        own = self._carriers.get(subject_key("carrier", carrier))
        for days in (hub.days, own.days if own else {}):
            past = [day for date, day in days.items() if now.date() - date > _LATELY]
            arrivals = sum(day.arrivals for day in past)
            if arrivals >= _HISTORY:
                return max(least, sum(day.stills for day in past) / arrivals)
        return least

    def _of_carrier(self, carrier: str, now: datetime, arrivals: int = 0, stills: int = 0) -> None:
        key = subject_key("carrier", carrier)
        row = self._carriers.get(key) or Carrier(heard_at=now)
        day = _day(row.days, now)
        day.arrivals += arrivals
        day.stills += stills
        self._carriers.put(key, row)


def _day(days: dict, now: datetime) -> Day:  # type: ignore[type-arg]
    today = now.date()
    if today not in days:
        for old in [date for date in days if today - date > _REMEMBERED]:
            del days[old]
        days[today] = Day()
    found: Day = days[today]
    return found


def _share(hub: Hub, now: datetime) -> float:
    """Of those that came lately, or stand there still, how many stand still."""
    lately = sum(day.arrivals for date, day in hub.days.items() if now.date() - date <= _LATELY)
    return len(hub.still) / max(len(hub.still), lately)


def _end(carrier: str, place: str, hub: Hub, now: datetime) -> Iterator[IncidentFact]:
    for parcel in sorted(hub.still):
        yield _fact(carrier, place, hub, parcel, now, ended=True)
    yield _fact(carrier, place, hub, None, now, ended=True)
    hub.incident, hub.since, hub.told = None, None, 0


def _fact(  # noqa: PLR0913 - whom it is told, and what
    carrier: str, place: str, hub: Hub, parcel: str | None, now: datetime, *, ended: bool = False
) -> IncidentFact:
    assert hub.incident is not None and hub.since is not None
    if parcel is None:
        hub.told = len(hub.still)
    at = rfc3339(now)
    return IncidentFact(
        fact_id=digest("incident", hub.incident, parcel, at, ended, len(hub.still)),
        shipment_id=subject_key("incident", hub.incident) if parcel is None else parcel,
        subject="incident" if parcel is None else "shipment",
        received_at=now,
        now=now,
        source="wismo",
        topic="carrier-scans",
        position=f"incident/{hub.incident}/{at}/{parcel or ''}",
        incident_id=hub.incident,
        carrier=carrier,
        place=place,
        since=hub.since,
        ended=ended,
        affected=len(hub.still) if parcel is None else 0,
        share=round(_share(hub, now), 4) if parcel is None else 0.0,
        usual=hub.usual,
    )


def _step(affected: int) -> int:
    return sum(affected >= step for step in _STEPS)


def _key(carrier: str, place: str) -> str:
    return f"hub:{carrier}/{place}"
