"""Kinds of parcels under way: exact minutes, steps, owners, what hides what, what the customer is told, and when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rules.kinds import find
from rules.twin_cases import situation_of
from tests.rules.builders import MONDAY, Story, action_fact, hours, order_fact, scan

MINUTE = timedelta(minutes=1)
NASHVILLE, MEMPHIS, ATLANTA = ({"city": city, "country": "US"} for city in ("Nashville", "Memphis", "Atlanta"))


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def ordered(promise: str | None = "2026-03-06", **fields: Any) -> Story:
    told = Story()
    told.tell(order_fact(timezone="America/New_York", service_level="ground", promise_date=promise, **fields))
    return told


def moving(promise: str | None = None, **fields: Any) -> Story:
    told = ordered(promise, **fields)
    told.scans(scan("in_transit", MONDAY, code="first"))
    return told


def estimated(told: Story, moment: datetime, estimate: datetime, state: str = "in_transit", **fields: Any) -> None:
    told.scans(scan(state, moment, code=f"at {moment}", estimated_delivery_at=estimate, **fields))


def last(told: Story, kind: str) -> dict[str, Any]:
    return [value for value in told.of("exceptions-") if value["kind"] == kind][-1]


def changes(told: Story, kind: str) -> list[tuple[str, datetime]]:
    return [(value["change"], value["received_at"]) for value in told.of("exceptions-") if value["kind"] == kind]


def fates(told: Story, about: str) -> list[tuple[str, str | None]]:
    return [(fate, reason) for topic, fate, reason in told.messages() if topic == about]


def suppressed(told: Story) -> dict[str, str]:
    return {one["kind"]: one["hidden_by"] for one in told.of("shipments")[-1]["suppressed_cases"]}


class TestLongTransit:
    def test_it_opens_after_seven_business_days_to_the_minute_and_ends_on_delivery(self) -> None:
        told = ordered(None)
        told.scans(scan("picked_up", MONDAY))
        for day in (3, 4, 5, 6, 9, 10, 11):
            told.scans(scan("in_transit", at(day, 13), code=f"day {day}"))
        told.wait(at(11, 14) - MINUTE)  # 10:00 in New York, in summer time by now
        assert told.open_kinds() == set()
        told.wait(at(11, 14))

        case = last(told, "long_transit")
        assert (case["change"], case["owner"], case["watchers"]) == ("opened", "operations", [])
        assert (case["posture"], case["received_at"]) == ("apology", at(11, 14))
        assert case["evidence"][0] == {
            "fact": "time_in_transit",
            "observed": "168h",
            "limit": "168h",
            "policy": "default@2026-01-01:long_transit.domestic",
        }
        assert fates(told, "long_transit") == [("send", None)]

        told.scans(scan("delivered", at(11, 20)))
        assert (last(told, "long_transit")["change"], last(told, "long_transit")["resolved_by"]) == ("resolved", "self")

    def test_a_holiday_of_the_carrier_does_not_count(self) -> None:
        told = Story()
        told.scans(scan("picked_up", at(20, 15, month=5)))
        for day in (22, 25, 27, 29):
            told.scans(scan("in_transit", at(day, 15, month=5), code=f"day {day}"))
        # Monday the 25th is Memorial Day: the seventh business day ends on Monday, the 1st of June.
        told.wait(at(1, 15, month=6) - MINUTE)
        assert "long_transit" not in told.open_kinds()
        told.wait(at(1, 15, month=6))
        assert "long_transit" in told.open_kinds()


class TestPromiseAtRisk:
    def test_it_opens_with_the_scan_and_apologises_once(self) -> None:
        told = ordered()
        told.scans(scan("picked_up", at(1, 16)))
        estimated(told, MONDAY, at(7, 17))

        case = last(told, "promise_at_risk")
        assert (case["change"], case["owner"], case["posture"]) == ("opened", "operations", "apology")
        assert case["evidence"] == [
            {
                "fact": "estimated_delivery_at",
                "observed": "2026-03-07T17:00:00Z",
                "limit": "2026-03-07T05:00:00Z",
                "policy": "promise ends by destination.timezone",
            }
        ]
        told.wait(MONDAY + hours(1))
        assert fates(told, "promise_at_risk") == [("held", "settling"), ("send", None)]

        estimated(told, at(3, 15), at(6, 17))
        assert (last(told, "promise_at_risk")["change"], last(told, "promise_at_risk")["resolved_by"]) == (
            "resolved",
            "self",
        )
        estimated(told, at(4, 15), at(9, 17))
        told.wait(at(4, 18))
        assert last(told, "promise_at_risk")["change"] == "reopened"
        assert len(fates(told, "promise_at_risk")) == 2

    def test_a_good_estimate_within_the_settling_time_drops_the_apology(self) -> None:
        told = ordered()
        estimated(told, MONDAY, at(7, 17))
        estimated(told, MONDAY + 10 * MINUTE, at(6, 17))
        told.wait(MONDAY + hours(2))

        assert fates(told, "promise_at_risk") == [("held", "settling"), ("dropped", "state_moved_on")]

    def test_the_day_of_the_event_weighs_as_much(self) -> None:
        told = ordered(needed_by="2026-03-05")
        estimated(told, MONDAY, at(6, 17))

        case = last(told, "promise_at_risk")
        assert (case["stage"], case["evidence"][0]["limit"]) == ("after_needed_by", "2026-03-06T05:00:00Z")
        estimated(told, at(3, 15), at(7, 17))
        assert (last(told, "promise_at_risk")["change"], last(told, "promise_at_risk")["stage"]) == (
            "updated",
            "after_promise",
        )

    def test_the_missed_promise_hides_it_and_delivery_ends_both(self) -> None:
        told = ordered()
        estimated(told, MONDAY, at(9, 17))
        told.scans(scan("in_transit", at(6, 15), code="again"))
        told.wait(at(7, 5))

        assert told.open_kinds() == {"promise_missed", "promise_at_risk"}
        hidden = last(told, "promise_at_risk")
        assert (hidden["change"], hidden["hidden_by"], hidden["posture"]) == ("updated", "promise_missed", "silent")
        told.scans(scan("delivered", at(9, 15)))
        assert told.open_kinds() == {"delivered_late"}
        assert last(told, "promise_at_risk")["resolved_by"] == "self"

    def test_a_missed_promise_that_a_person_has_settled_is_at_risk_no_more(self) -> None:
        told = ordered()
        estimated(told, MONDAY, at(12, 17))
        told.scans(scan("in_transit", at(6, 15), code="again"))
        told.wait(at(7, 5))
        assert told.shipment is not None
        case_id = told.shipment.cases["promise_missed"].case_id
        told.tell(action_fact("resolve", at(7, 6), case_id=case_id, note="new date agreed"))

        assert told.open_kinds() == set()

    def test_it_hides_the_note_of_a_delay(self) -> None:
        told = ordered()
        estimated(told, MONDAY, at(9, 17), "delayed", reason="weather")

        assert told.open_kinds() == {"promise_at_risk"}
        assert suppressed(told) == {"carrier_delay": "promise_at_risk"}

    def test_a_stall_hides_it(self) -> None:
        told = ordered()
        estimated(told, MONDAY, at(7, 17))
        told.wait(MONDAY + hours(48))

        assert told.open_kinds() == {"stalled", "promise_at_risk"}
        assert last(told, "promise_at_risk")["hidden_by"] == "stalled"


class TestPromiseMoved:
    def test_it_is_silent_and_goes_over_into_the_risk(self) -> None:
        told = ordered()
        estimated(told, MONDAY, at(4, 17))
        estimated(told, at(3, 15), at(5, 17))
        case = last(told, "promise_moved")
        assert (case["change"], case["owner"], case["posture"], case["severity"]) == (
            "opened",
            "operations",
            "silent",
            "watch",
        )
        told.wait(at(3, 20))
        assert fates(told, "promise_moved") == []

        estimated(told, at(4, 15), at(9, 17))
        moved = last(told, "promise_moved")
        assert (moved["change"], moved["resolution"]) == ("resolved", "superseded by promise_at_risk")
        assert told.open_kinds() == {"promise_at_risk"}

    def test_it_ends_when_the_promise_does(self) -> None:
        told = ordered()
        estimated(told, MONDAY, at(4, 17))
        estimated(told, at(5, 15), at(6, 17))
        told.wait(at(7, 5))

        assert told.open_kinds() == {"promise_missed"}
        assert changes(told, "promise_moved")[-1] == ("resolved", at(7, 5))
        assert last(told, "promise_moved")["resolution"] == "superseded by promise_missed"

    @pytest.mark.parametrize("earlier_first", [True, False])
    def test_two_estimates_of_one_scan_are_known_in_whatever_order_they_come(self, earlier_first: bool) -> None:
        told = ordered()
        dates = [at(4, 17), at(5, 17)]
        scans = [scan("in_transit", MONDAY, code="A", estimated_delivery_at=one) for one in dates]
        tellings = list(enumerate(scans if earlier_first else scans[::-1]))
        for number, one in tellings:
            told.scans(one, heard=MONDAY + hours(number))
        assert [told.scans(one, heard=MONDAY + hours(number)) for number, one in tellings] == [[], []]

        assert told.shipment is not None
        assert told.shipment.life.estimate_least == at(4, 17)
        assert ("promise_moved" in told.open_kinds()) == earlier_first


class TestCarrierDelay:
    def test_a_note_waits_a_day_to_speak_and_needs_a_person_after_the_next_working_day(self) -> None:
        told = ordered()
        told.scans(scan("delayed", MONDAY, reason="weather"))
        note = last(told, "carrier_delay")
        assert (note["change"], note["stage"], note["severity"]) == ("opened", "inside_promise", "watch")
        assert (note["owner"], note["posture"], note["needs_review"]) == ("operations", "update", False)

        told.wait(MONDAY + hours(24) - MINUTE)
        assert fates(told, "carrier_delay") == [("held", "settling")]
        told.wait(MONDAY + hours(24))
        assert fates(told, "carrier_delay")[-1] == ("send", None)

        told.wait(at(4, 5) - MINUTE)
        assert len(changes(told, "carrier_delay")) == 1
        told.wait(at(4, 5))  # Tuesday has ended in New York
        case = last(told, "carrier_delay")
        assert (case["change"], case["stage"], case["severity"]) == ("escalated", "unsolved", "routine")
        assert case["review_reasons"] == ["the delay was not solved by the next working day"]
        assert case["needs_review"]
        assert len(fates(told, "carrier_delay")) == 2

    def test_after_a_friday_the_next_working_day_is_monday(self) -> None:
        told = ordered("2026-03-20")
        told.scans(scan("delayed", at(6, 15), reason="carrier_capacity"))
        told.wait(at(10, 4))

        assert changes(told, "carrier_delay") == [("opened", at(6, 15)), ("escalated", at(10, 4))]

    def test_a_delay_told_every_day_began_with_the_first_word_of_it(self) -> None:
        told = ordered()
        told.scans(scan("delayed", MONDAY, reason="weather", code="A"))
        told.scans(scan("delayed", at(3, 20), reason="weather", code="B"))
        told.wait(at(4, 5))

        assert changes(told, "carrier_delay")[-1] == ("escalated", at(4, 5))

    def test_one_that_is_solved_in_time_tells_nobody(self) -> None:
        told = ordered()
        told.scans(scan("delayed", MONDAY, reason="weather"))
        told.scans(scan("in_transit", MONDAY + hours(20)))
        told.wait(MONDAY + hours(40))

        assert told.open_kinds() == set()
        assert fates(told, "carrier_delay") == [("held", "settling"), ("dropped", "state_moved_on")]


class TestLost:
    def test_what_the_carrier_declares_is_the_supports_at_once_and_the_finances_to_watch(self) -> None:
        told = moving("2026-03-03")
        told.wait(at(4, 16))
        assert told.open_kinds() == {"promise_missed"}
        told.scans(scan("delayed", at(5, 15), reason="lost"))

        case = last(told, "lost_declared")
        assert (case["change"], case["owner"], case["watchers"]) == ("opened", "support", ["finance"])
        assert (case["posture"], case["needs_review"]) == ("human_review", True)
        assert last(told, "promise_missed")["hidden_by"] == "lost_declared"
        assert fates(told, "lost_declared") == [("held", "review_needed")]
        told.wait(at(31, 15))
        assert told.open_kinds() == {"lost_declared", "promise_missed"}

    def test_what_is_found_again_ends_it(self) -> None:
        told = moving()
        told.scans(scan("delayed", at(3, 15), reason="lost"))
        told.scans(scan("in_transit", at(4, 15), code="found"))

        case = last(told, "lost_declared")
        assert (case["change"], case["resolved_by"], case["resolution"]) == ("resolved", "self", "cause gone")
        assert fates(told, "lost_declared")[-1] == ("dropped", "state_moved_on")

    def test_silence_is_presumed_lost_to_the_minute_and_hides_the_stall(self) -> None:
        told = moving()
        told.wait(at(11, 14) - MINUTE)
        assert told.open_kinds() == {"stalled"}
        told.wait(at(11, 14))

        case = last(told, "lost_presumed")
        assert (case["change"], case["owner"], case["posture"]) == ("opened", "finance", "human_review")
        assert case["evidence"][0]["policy"] == "default@2026-01-01:lost_presumed.silence.domestic"
        assert last(told, "stalled")["hidden_by"] == "lost_presumed"
        assert suppressed(told) == {"long_transit": "lost_presumed"}
        assert fates(told, "lost_presumed") == [("held", "review_needed")]

        told.scans(scan("in_transit", at(12, 15), code="found"))
        told.wait(at(12, 16))
        assert (last(told, "lost_presumed")["change"], last(told, "stalled")["change"]) == ("resolved", "resolved")
        assert told.open_kinds() == {"long_transit"}

    def test_four_business_days_past_the_promise_two_of_silence_are_enough(self) -> None:
        told = moving("2026-03-03")
        told.scans(scan("in_transit", at(5, 15), code="again"))
        told.wait(at(10, 4) - MINUTE)
        assert told.open_kinds() == {"promise_missed"}
        told.wait(at(10, 4))

        assert last(told, "promise_missed")["hidden_by"] == "lost_presumed"
        assert [one["fact"] for one in last(told, "lost_presumed")["evidence"]][:2] == ["silence", "past_the_promise"]

    def test_the_carriers_own_word_takes_over(self) -> None:
        told = moving()
        told.wait(at(11, 14))
        told.scans(scan("delayed", at(12, 15), reason="lost"))

        assert last(told, "lost_presumed")["resolution"] == "superseded by lost_declared"
        assert told.open_kinds() >= {"lost_declared"}
        assert "lost_presumed" not in told.open_kinds()


class TestMisrouted:
    def test_a_hub_for_the_second_time_is_a_case_until_it_goes_on(self) -> None:
        told = ordered(None)
        for number, (place, hour) in enumerate([(NASHVILLE, 0), (MEMPHIS, 10), (NASHVILLE, 20)]):
            told.scans(scan("in_transit", MONDAY + hours(hour), place=place, code=f"{number}"))
        case = last(told, "misrouted")
        assert (case["change"], case["owner"], case["posture"], case["stage"]) == (
            "opened",
            "operations",
            "apology",
            "loop",
        )
        assert case["evidence"][0]["observed"] == "Nashville, US"

        told.scans(scan("in_transit", MONDAY + hours(26), place=ATLANTA, code="on"))
        assert (last(told, "misrouted")["change"], last(told, "misrouted")["resolved_by"]) == ("resolved", "self")
        told.scans(scan("in_transit", MONDAY + hours(30), place=MEMPHIS, code="back"))
        assert last(told, "misrouted")["change"] == "reopened"

    def test_a_missort_is_told_after_it_has_settled(self) -> None:
        told = ordered(None)
        told.scans(scan("delayed", MONDAY, reason="missort"))
        told.wait(MONDAY + hours(1))

        assert told.open_kinds() == {"misrouted"}
        assert fates(told, "misrouted") == [("held", "settling"), ("send", None)]

    def test_two_feeds_with_different_clocks_are_no_circle(self) -> None:
        told = ordered(None)
        feeds = [("ups-1", 0), ("easypost-1", 5)]
        for place, hour in ((NASHVILLE, 0), (MEMPHIS, 4)):
            for version, late in feeds:
                moment = MONDAY + hours(hour + late)
                told.scans(scan("in_transit", moment, place=place, code=version, mapping_version=version))

        assert told.open_kinds() == set()

    def test_a_departure_that_overlaps_with_the_next_arrival_is_no_circle(self) -> None:
        told = ordered(None)
        for place, hour in ((NASHVILLE, 0), (MEMPHIS, 20), (NASHVILLE, 20.5), (MEMPHIS, 30)):
            told.scans(scan("in_transit", MONDAY + hours(hour), place=place, code=f"{hour}"))
        assert told.open_kinds() == set()

        told.scans(scan("in_transit", MONDAY + hours(40), place=NASHVILLE, code="back"))
        assert told.open_kinds() == {"misrouted"}

    def test_an_arrival_that_was_taken_back_is_no_visit(self) -> None:
        told = ordered(None)
        for number, (place, hour) in enumerate([(NASHVILLE, 0), (MEMPHIS, 10), (NASHVILLE, 20)]):
            told.scans(scan("in_transit", MONDAY + hours(hour), place=place, code=f"{number}"))
        told.scans(scan(None, MONDAY + hours(21), reason="retraction", code="back"))

        assert told.open_kinds() == set()


class TestInvalidTracking:
    def test_a_number_that_nobody_knows_is_the_fulfillments_after_a_business_day(self) -> None:
        told = ordered(None, shipped_at=MONDAY)
        told.wait(MONDAY + hours(24) - MINUTE)
        assert told.open_kinds() == set()
        told.wait(MONDAY + hours(24))

        case = last(told, "invalid_tracking")
        assert (case["change"], case["owner"], case["posture"]) == ("opened", "fulfillment", "silent")
        assert [one["observed"] for one in case["evidence"]] == ["24h", "nothing"]
        told.scans(scan("label_created", MONDAY + hours(25)))
        assert (last(told, "invalid_tracking")["change"], last(told, "invalid_tracking")["resolved_by"]) == (
            "resolved",
            "self",
        )
        assert fates(told, "invalid_tracking") == []

    def test_over_a_weekend_it_waits(self) -> None:
        told = ordered(None, shipped_at=at(6, 15), heard=at(6, 15))
        told.wait(at(9, 14) - MINUTE)  # 10:00 in New York, in summer time by now
        assert told.open_kinds() == set()
        told.wait(at(9, 14))
        assert "invalid_tracking" in told.open_kinds()


class TestDeliveredLate:
    def test_it_is_the_finances_on_delivery_and_says_nothing(self) -> None:
        told = ordered("2026-03-04")
        told.scans(scan("attempted", at(4, 15), reason="recipient_unavailable"))
        told.scans(scan("delivered", at(5, 15)))

        case = last(told, "delivered_late")
        assert (case["change"], case["owner"], case["posture"]) == ("opened", "finance", "silent")
        assert [one["observed"] for one in case["evidence"]] == [
            "2026-03-05T15:00:00Z",
            "offset",
            "2026-03-04T15:00:00Z",
        ]
        told.wait(at(6, 15))
        assert [fate for about, fate, _ in told.messages() if about == "delivered_late"] == []
        assert fates(told, "delivered")[-1] == ("send", None)

    def test_a_delivery_that_is_taken_back_is_not_late(self) -> None:
        told = ordered("2026-03-04")
        told.scans(scan("out_for_delivery", at(5, 13)))
        told.scans(scan("delivered", at(5, 15)))
        told.scans(scan(None, at(5, 16), reason="retraction"))

        assert (last(told, "delivered_late")["change"], last(told, "delivered_late")["resolved_by"]) == (
            "resolved",
            "self",
        )


class TestReplacementAtRisk:
    def test_at_half_the_silence_operations_trace_and_one_person_writes(self) -> None:
        told = moving(replacement_for="A-1")
        told.wait(MONDAY + hours(24) - MINUTE)
        assert told.open_kinds() == set()
        told.wait(MONDAY + hours(24))

        case = last(told, "replacement_at_risk")
        assert (case["change"], case["owner"], case["posture"]) == ("opened", "support", "human_review")
        assert (case["stage"], case["watchers"], case["severity"]) == ("stalled", ["operations"], "urgent")
        assert told.open_kinds() == {"stalled", "replacement_at_risk"}
        told.wait(MONDAY + hours(60))
        assert last(told, "stalled")["stage"] == "twice"
        assert {about for about, _, _ in told.messages()} == {"shipped", "replacement_at_risk"}
        assert {one["fact"]: one["observed"] for one in last(told, "stalled")["evidence"]}["customer_told_by"] == (
            "replacement_at_risk"
        )

    def test_an_estimate_past_the_promise_is_the_supports_alone(self) -> None:
        told = ordered(replacement_for="A-1")
        estimated(told, MONDAY, at(9, 17))

        assert told.open_kinds() == {"replacement_at_risk"}
        assert suppressed(told) == {"promise_at_risk": "replacement_at_risk"}
        assert fates(told, "replacement_at_risk") == [("held", "review_needed")]

    def test_a_promise_that_is_missed_speaks_for_it(self) -> None:
        told = ordered("2026-03-03", replacement_for="A-1")
        told.scans(scan("in_transit", at(3, 15)))
        told.wait(at(4, 15))

        assert last(told, "promise_missed")["posture"] == "human_review"
        assert suppressed(told) == {"stalled": "promise_missed", "replacement_at_risk": "promise_missed"}

    def test_it_ends_with_the_sign(self) -> None:
        told = moving(replacement_for="A-1")
        told.wait(MONDAY + hours(24))
        told.scans(scan("in_transit", MONDAY + hours(25), code="on"))

        assert told.open_kinds() == set()
        assert fates(told, "replacement_at_risk")[-1] == ("dropped", "state_moved_on")

    @pytest.mark.parametrize(("kind", "limit"), [("long_transit", 84), ("lost_presumed", 84), ("invalid_tracking", 12)])
    def test_the_limits_of_a_replacement_are_halves(self, kind: str, limit: int) -> None:
        case: dict[str, Any] = {"order": {"replacement_for": "A-1", "shipped_at": MONDAY}, "scans": []}
        if kind != "invalid_tracking":
            case["scans"] = [{"state": "in_transit", "at": MONDAY}]
        before, then = ({**case, "now": MONDAY + hours(limit) + by} for by in (-MINUTE, timedelta(0)))

        assert kind not in found(before)
        assert kind in found(then)


def found(case: dict[str, Any]) -> dict[str, Any]:
    situation = situation_of(case)
    return find(situation, case["now"], situation.policy)


@pytest.mark.parametrize("kind", ["long_transit", "lost_presumed", "invalid_tracking", "carrier_delay"])
def test_while_the_feed_is_silent_the_clocks_stand_still(kind: str) -> None:
    state = {"state": "delayed", "reason": "weather", "at": MONDAY} if kind == "carrier_delay" else None
    scans = [state or {"state": "in_transit", "at": MONDAY}] if kind != "invalid_tracking" else []
    case: dict[str, Any] = {"order": {"shipped_at": MONDAY}, "scans": scans, "now": at(20, 15)}
    silent = {"carrier": "ups", "heard_at": MONDAY, "silent_from": MONDAY}
    again = {"carrier": "ups", "heard_at": at(20, 14)}

    def is_found(feeds: list[dict[str, Any]], now: datetime) -> bool:
        one = found({**case, "feeds": feeds, "now": now}).get(kind)
        return one is not None and one.stage != "inside_promise"

    assert is_found([], at(20, 15))
    assert not is_found([silent], at(20, 15))
    assert not is_found([silent, again], at(20, 15))
    assert is_found([silent, again], at(20, 14) + timedelta(days=12))


@pytest.mark.parametrize(
    ("case", "abroad"),
    [
        ({"order": {"country": "US"}, "scans": [{"state": "in_transit", "at": MONDAY, "place": NASHVILLE}]}, False),
        ({"order": {"country": "DE"}, "scans": [{"state": "in_transit", "at": MONDAY, "place": NASHVILLE}]}, True),
        ({"order": {"country": "US"}, "scans": []}, False),
        ({"order": {"country": "DE"}, "scans": []}, True),
        (
            {"order": {"country": "DE"}, "scans": [{"state": "in_transit", "at": MONDAY, "place": {"country": "DE"}}]},
            False,
        ),
        ({"order": {"country": "DE"}, "scans": [], "carrier": "nobody_knows"}, False),
        ({"order": {"country": "US"}, "service_level": "international", "scans": []}, True),
        ({"scans": [{"state": "in_transit", "at": MONDAY}]}, False),
        (
            {
                "scans": [
                    {"state": "in_transit", "at": MONDAY, "place": NASHVILLE},
                    {"state": "in_transit", "at": MONDAY + hours(9), "place": {"city": "Leipzig", "country": "DE"}},
                ]
            },
            True,
        ),
    ],
)
def test_a_parcel_is_international_by_its_ends_or_by_its_service(case: dict[str, Any], abroad: bool) -> None:
    assert situation_of({**case, "now": MONDAY + hours(10)}).is_international == abroad
