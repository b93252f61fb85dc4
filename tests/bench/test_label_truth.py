"""What the label scores take for shown: by the data alone, without the kinds that they judge."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bench.label_incidents import fits, shows, struck
from bench.label_reading import Read, read
from bench.label_truth import truth_of
from schemas.codec import dumps
from schemas.recording import RawRecord

T0 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A Monday."""
HOUR = timedelta(hours=1)


def scan(number: str, hours: float, state: str, city: str = "Memphis", **fields: Any) -> RawRecord:
    at = T0 + hours * HOUR
    told = {"carrier": "ups", "tracking_number": number, "status": state, "code": state, "occurred_at": at.isoformat()}
    value = dumps({**told, "location": {"city": city, "country": "US"}, **fields})
    return RawRecord("carrier-scans", at, value, number.encode(), {"source": "wismo"})


def shown(kind: str, *records: RawRecord) -> tuple[bool, bool]:
    found = read(records)
    (parcel,) = found.parcels.values()
    return truth_of(found).shows(kind, parcel)


@pytest.mark.parametrize(("kind", "reason"), [("customs_hold", "customs_hold"), ("misrouted", "missort")])
def test_what_follows_a_delivery_contradicts_it_and_shows_nothing_else(kind: str, reason: str) -> None:
    way = scan("1Z1", 0, "picked_up"), scan("1Z1", 9, "delayed", "Louisville", reason=reason)
    end = scan("1Z1", 200, "in_transit", "Dallas")

    assert shown(kind, *way, end) == (True, True)
    assert shown(kind, *way, scan("1Z1", 2, "delivered"), end)[0] is False


def test_a_wrong_way_that_is_told_when_the_parcel_has_gone_on_is_no_news() -> None:
    late = RawRecord("carrier-scans", T0 + 30 * HOUR, scan("1Z1", 9, "delayed", reason="missort").value, b"1Z1", WISMO)

    told = shown("misrouted", scan("1Z1", 0, "picked_up"), scan("1Z1", 20, "in_transit", "Dallas"), late)

    assert told == (False, True)


WISMO = {"source": "wismo"}


def label(number: int, hours: float, ends: float, because: str = "storm") -> dict[str, Any]:
    begins, over = T0 + hours * HOUR, T0 + ends * HOUR
    times = {"begins": f"{begins:%Y-%m-%dT%H:%M:%SZ}", "ends": f"{over:%Y-%m-%dT%H:%M:%SZ}"}
    return {**times, "kind": "carrier_delay", "because": because, "shipment_id": f"ups:1Z{number}"}


def stood(count: int, hours: float, reason: str | None) -> Read:
    said: Iterable[RawRecord] = (
        scan(f"1Z{n}", 1, "delayed" if reason else "in_transit", **({"reason": reason} if reason else {}))
        for n in range(count)
    )
    return read([*said, *(scan(f"1Z{n}", hours, "in_transit", "Dallas") for n in range(count))])


@pytest.mark.parametrize(
    ("count", "hours", "reason", "expected"),
    [(20, 30, "weather", True), (19, 30, "weather", False), (20, 50, None, True), (20, 30, None, False)],
)
def test_a_great_trouble_shows_where_enough_stand_still_long_enough_or_are_said_to(
    count: int, hours: float, reason: str | None, expected: bool
) -> None:
    found = stood(count, hours, reason)
    places = struck("storm", found, [label(n, 0, hours) for n in range(count)])

    assert shows(places, found) is expected


def test_a_case_is_of_the_trouble_that_struck_parcels_at_its_place_until_they_moved_on() -> None:
    found = stood(20, 60, None)
    great = {**label(0, 0, 60), "subject_id": "weather:TN"}
    places = defaultdict(list, struck("storm", found, [label(n, 0, 60) for n in range(20)]))
    opened = [{"opened_at": f"{T0 + 49 * HOUR:%Y-%m-%dT%H:%M:%SZ}"}]

    assert fits(great, places, "ups/MEMPHIS, US/2026-03-04T09:00:00Z", opened)
    assert not fits(great, places, "usps/MEMPHIS, US/2026-03-04T09:00:00Z", opened)
    assert not fits(great, places, "ups/DALLAS, US/2026-03-04T09:00:00Z", opened)
    assert not fits(great, places, "ups/MEMPHIS, US/2026-03-04T09:00:00Z", [{"opened_at": "2026-03-09T00:00:00Z"}])
