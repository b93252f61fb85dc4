"""What is learned of a recording: silences, journeys, their percentiles, and the limits that they suggest."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.learning.journeys import journeys_of
from rules.learning.measure import Span, alarms, plain, rows
from rules.learning.propose import journey_limits, silence_limits
from rules.learning.silences import silences_of
from rules.loading import load_policy
from rules.pipeline.replay import UnknownTopicError
from schemas.codec import dumps
from schemas.recording import RawRecord

POLICY = load_policy()
MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)
NUMBER = "1Z0000000000000001"


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def raw(topic: str, heard: datetime, /, **value: Any) -> RawRecord:
    return RawRecord(topic, heard, dumps(value), None, {"source": "wismo"})


def scan(status: str, after: float, **fields: Any) -> RawRecord:
    at = MONDAY + hours(after)
    told = {"carrier": "ups", "tracking_number": NUMBER, "status": status, "occurred_at": at.isoformat(), **fields}
    return raw("carrier-scans", at, **told)


def order(**parcel: Any) -> RawRecord:
    shipment = {"carrier": "ups", "tracking_number": NUMBER, "service_level": "ground", **parcel}
    placed = MONDAY - hours(20)
    told = {"event": "fulfilled", "order_id": "A-9", "at": placed.isoformat(), "shipments": [shipment]}
    return raw("order-events", placed, **told)


def lengths(spans: Sequence[Span]) -> list[tuple[float, bool]]:
    return [(span.length / hours(1), span.ended_well) for span in spans]


def span(length: float, ended_well: bool = True, service: str = "ground", lane: str = "domestic", day: int = 1) -> Span:
    return Span("ups:1", ("ups", service, lane, day), hours(length), ended_well, hours(48))


def test_a_silence_lasts_from_scan_to_scan_and_the_last_one_to_the_end_of_the_recording() -> None:
    found = silences_of([scan("picked_up", 0), scan("in_transit", 10), scan("in_transit", 15)], POLICY)
    going_on = silences_of([scan("picked_up", 0), raw("ticket-events", MONDAY + hours(7))], POLICY)

    assert lengths(found) == [(10, True), (5, True), (0, False)]
    assert lengths(going_on) == [(7, False)]


def test_nobody_waits_for_a_parcel_that_arrived() -> None:
    records = [scan("in_transit", 0), scan("delivered", 20), raw("ticket-events", MONDAY + hours(99))]
    assert lengths(silences_of(records, POLICY)) == [(20, True)]


def test_a_weekend_is_no_silence() -> None:
    friday = -3 * 24
    found = silences_of([scan("in_transit", friday), scan("in_transit", friday + 72)], POLICY)
    assert lengths(found)[0] == (24, True)


@pytest.mark.parametrize("flags", [{"flags": ["pickup_ready"]}, {"flags": ["held"]}])
def test_what_waits_on_purpose_is_left_out(flags: dict[str, Any]) -> None:
    assert lengths(silences_of([scan("in_transit", 0, **flags), scan("delivered", 90)], POLICY)) == []


def test_a_scan_without_a_clock_time_measures_nothing() -> None:
    undated = scan("in_transit", 30, occurred_at=None)
    assert silences_of([scan("picked_up", 0), undated], POLICY) == []


def test_returns_teach_nothing() -> None:
    records = [order(direction="return"), scan("picked_up", 0), scan("delivered", 40)]
    assert silences_of(records, POLICY) == []
    assert journeys_of(records, POLICY) == []


def test_groups_name_carrier_service_lane_and_weekday() -> None:
    records = [order(), scan("picked_up", 0), scan("delivered", 40)]
    assert [one.group for one in silences_of(records, POLICY)] == [("ups", "ground", "domestic", 1)]
    assert [one.group for one in journeys_of(records, POLICY)] == [("ups", "ground", "domestic", 1)]


def test_a_journey_lasts_from_the_first_possession_to_the_door() -> None:
    records = [scan("label_created", -30), scan("picked_up", 0), scan("in_transit", 20), scan("delivered", 50)]
    assert lengths(journeys_of(records, POLICY)) == [(50, True)]


def test_a_journey_ends_at_a_counter() -> None:
    at_counter = scan("in_transit", 30, flags=["pickup_ready"])
    assert lengths(journeys_of([scan("picked_up", 0), at_counter, scan("delivered", 80)], POLICY)) == [(30, True)]


def test_a_journey_that_turns_back_or_is_not_over_is_none_that_arrived() -> None:
    turned = [scan("picked_up", 0), scan("in_transit", 40, flags=["returning"]), scan("returned", 90)]
    going_on = [scan("picked_up", 0), scan("in_transit", 40)]

    assert lengths(journeys_of(turned, POLICY)) == [(40, False)]
    assert lengths(journeys_of(going_on, POLICY)) == [(40, False)]


def test_a_label_alone_is_no_journey() -> None:
    assert journeys_of([scan("label_created", 0), scan("label_created", 50)], POLICY) == []
    assert journeys_of([], POLICY) == []


def test_a_topic_that_is_none_is_an_error() -> None:
    with pytest.raises(UnknownTopicError, match="carrier-scan"):
        journeys_of([raw("carrier-scan", MONDAY)], POLICY)


def test_percentiles_are_of_what_ended_well_and_alarms_of_everything() -> None:
    spans = [span(length) for length in range(1, 101)] + [span(500, ended_well=False)]
    row = next(row for row in rows(spans, 20) if row.group[3] == 0)

    assert row.samples == 100
    assert {share: one.threshold for share, one in row.learned.items()} == {
        50: hours(50),
        90: hours(90),
        95: hours(95),
    }
    assert (row.learned[95].raised, row.learned[95].false, row.learned[95].spans) == (7, 6, 101)
    assert plain(row)["p95"] == {"hours": 95, "alarms": 7, "false_alarms": 6, "false_alarm_rate": 0.0594}
    assert plain(row)["in_force"]["alarms"] == 54


@given(st.lists(st.tuples(st.integers(0, 300), st.booleans()), min_size=1, max_size=60), st.integers(0, 300))
def test_a_longer_limit_never_raises_more(told: list[tuple[int, bool]], least: int) -> None:
    spans = [span(length, well) for length, well in told]
    shorter, longer = alarms(spans, hours(least)), alarms(spans, hours(least + 1))

    assert shorter.raised >= longer.raised
    assert shorter.false >= longer.false
    assert 0 <= longer.rate <= shorter.rate <= 1


def test_small_groups_are_not_shown() -> None:
    spans = [span(5, day=1), span(5, day=1), span(5, day=2)]
    assert [row.group[3] for row in rows(spans, 2)] == [0, 1]


def test_the_slowest_lane_of_a_service_sets_its_patience() -> None:
    spans = [span(60, lane="domestic")] * 30 + [span(80.5, lane="international")] * 30
    (one,) = silence_limits(spans, 30)

    assert (one.carrier, one.service, one.lane, one.limit) == ("ups", "ground", "international", hours(81))
    assert (one.would.spans, one.would.raised) == (60, 0)


def test_each_lane_has_its_own_journeys() -> None:
    spans = [span(60, lane="domestic")] * 30 + [span(80, lane="international")] * 30
    assert [(one.lane, one.limit, one.would.spans) for one in journey_limits(spans, 30)] == [
        ("domestic", hours(60), 30),
        ("international", hours(80), 30),
    ]


def test_nothing_is_proposed_of_too_few_or_of_an_unknown_service() -> None:
    assert silence_limits([span(60)] * 29, 30) == []
    assert journey_limits([span(60, service="unknown")] * 30, 30) == []
    assert [one.service for one in silence_limits([span(60, service="unknown")] * 30, 30)] == ["unknown"]


@pytest.mark.parametrize("propose", [silence_limits, journey_limits])
def test_shorter_limits_are_proposed_only_when_asked_for(propose: Any) -> None:
    spans = [span(20)] * 30
    assert propose(spans, 30) == []
    assert [one.limit for one in propose(spans, 30, tighter=True)] == [hours(20)]
