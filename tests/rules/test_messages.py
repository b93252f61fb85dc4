"""What customers are told and what not: every message has one fate at a time, with its reason."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rules.loading import load_twins
from rules.state import Message
from tests.rules.builders import MONDAY, Story, action_fact, hours, order_fact, scan, ticket_fact

MINUTE = timedelta(minutes=1)


def ordered(**fields: Any) -> Story:
    told = Story()
    told.tell(order_fact(timezone="America/New_York", **fields))
    return told


def after_scan(state: str, **fields: Any) -> Story:
    told = ordered()
    told.scans(scan(state, MONDAY, **fields))
    return told


def pending(told: Story) -> list[Message]:
    assert told.shipment is not None
    return told.shipment.pending


def test_a_milestone_is_sent_at_the_next_mark() -> None:
    told = after_scan("picked_up")
    assert told.messages() == []

    told.wait(MONDAY + MINUTE)

    assert told.messages() == [("shipped", "send", None)]
    value = told.of("customer-messages")[0]
    assert (value["kind"], value["class"], value["received_at"]) == ("normal_update", "milestone", MONDAY + MINUTE)
    assert (value["occurred_at"], value["idempotency_key"]) == (
        MONDAY,
        "ups:1Z999AA10123456784/milestone/shipped/1",
    )


def test_of_a_whole_history_only_the_latest_speaks() -> None:
    told = ordered()
    told.scans(
        scan("picked_up", MONDAY - hours(20), code="A"),
        scan("out_for_delivery", MONDAY - hours(4), code="B"),
        scan("delivered", MONDAY, code="C"),
    )
    told.wait(MONDAY + MINUTE)

    assert told.messages() == [
        ("shipped", "dropped", "state_moved_on"),
        ("out_for_delivery", "dropped", "state_moved_on"),
        ("delivered", "send", None),
    ]


def test_an_imported_history_says_nothing() -> None:
    told = ordered()
    told.scans(scan("delivered", MONDAY), imported=True)
    told.wait(MONDAY + MINUTE)

    assert told.messages() == [("delivered", "suppressed", "imported")]


def test_what_happened_more_than_seven_days_ago_is_stale() -> None:
    told = ordered()
    told.scans(scan("delivered", MONDAY - hours(24 * 7) - MINUTE), heard=MONDAY)
    told.wait(MONDAY + MINUTE)

    assert told.messages() == [("delivered", "suppressed", "stale")]


def test_an_exception_settles_before_anybody_is_told() -> None:
    told = after_scan("attempted", reason="recipient_unavailable")
    held = told.of("customer-messages")[0]
    assert (held["fate"], held["reason"], held["not_before"]) == ("held", "settling", MONDAY + hours(0.5))

    told.wait(MONDAY + hours(0.5) - MINUTE)
    assert len(told.messages()) == 1
    told.wait(MONDAY + hours(0.5))
    assert told.messages()[-1] == ("attempt_failed", "send", None)
    assert told.of("customer-messages")[0]["message_id"] == told.of("customer-messages")[-1]["message_id"]


def test_a_correction_within_the_settling_time_leaves_the_customer_alone() -> None:
    told = after_scan("attempted", reason="recipient_unavailable")
    told.scans(scan("delivered", MONDAY + MINUTE))
    told.wait(MONDAY + hours(2))

    assert told.messages() == [
        ("attempt_failed", "held", "settling"),
        ("attempt_failed", "dropped", "state_moved_on"),
        ("delivered", "send", None),
    ]


def test_a_delay_inside_the_promise_settles_for_a_day() -> None:
    told = ordered(promise_date="2026-03-09")
    told.scans(scan("delayed", MONDAY, reason="weather"))

    assert told.of("customer-messages")[0]["not_before"] == MONDAY + hours(24)


def test_quiet_hours_hold_a_message_until_the_morning_there() -> None:
    night = datetime(2026, 3, 3, 3, 0, tzinfo=UTC)  # 22:00 in New York
    told = ordered()
    told.scans(scan("delivered", night))
    told.wait(night + MINUTE)
    morning = datetime(2026, 3, 3, 13, 0, tzinfo=UTC)
    held = told.of("customer-messages")[0]
    assert (held["fate"], held["reason"], held["not_before"]) == ("held", "quiet_hours", morning)

    told.wait(morning - MINUTE)
    assert len(told.messages()) == 1
    told.wait(morning)
    assert told.messages()[-1] == ("delivered", "send", None)


def test_after_the_night_the_state_is_looked_at_again() -> None:
    night = datetime(2026, 3, 3, 4, 0, tzinfo=UTC)
    told = ordered()
    told.scans(scan("out_for_delivery", night))
    told.wait(night + MINUTE)
    told.scans(scan("delivered", night + hours(1)))
    told.wait(night + hours(10))

    assert ("out_for_delivery", "dropped", "state_moved_on") in told.messages()
    assert told.messages()[-1] == ("delivered", "send", None)


def test_an_open_ticket_keeps_automatic_messages_away() -> None:
    told = ordered()
    told.tell(ticket_fact("opened", MONDAY - hours(1), intent="wismo"))
    told.scans(scan("delivered", MONDAY))
    told.wait(MONDAY + MINUTE)

    assert told.messages() == [("delivered", "suppressed", "ticket_open")]


def test_a_critical_message_goes_out_beside_a_ticket() -> None:
    told = ordered()
    told.tell(ticket_fact("opened", MONDAY - hours(1), intent="wismo"))
    told.scans(scan("attempted", MONDAY, reason="recipient_unavailable"))
    told.wait(MONDAY + hours(1))

    assert told.messages()[-1] == ("attempt_failed", "send", None)


@pytest.mark.parametrize(
    ("since", "fate"), [(hours(23), ("suppressed", "recently_answered")), (hours(24), ("send", None))]
)
def test_an_answer_in_the_last_day_is_enough(since: timedelta, fate: tuple[str, str | None]) -> None:
    told = ordered()
    told.tell(ticket_fact("opened", MONDAY - hours(30)), ticket_fact("agent_replied", MONDAY + MINUTE - since))
    told.tell(ticket_fact("closed", MONDAY + MINUTE - since + timedelta(seconds=1)))
    told.scans(scan("delivered", MONDAY))
    told.wait(MONDAY + MINUTE)

    assert told.messages() == [("delivered", *fate)]


def test_a_customer_who_writes_again_opens_the_ticket_again() -> None:
    told = ordered()
    told.tell(ticket_fact("opened", MONDAY - hours(60)), ticket_fact("closed", MONDAY - hours(50)))
    told.tell(ticket_fact("customer_replied", MONDAY - hours(2)))

    assert told.of("shipments")[-1]["open_tickets"] == ["T-5"]


def test_contradictory_scans_keep_the_customer_out_of_it() -> None:
    told = after_scan("delivered")
    told.scans(scan("in_transit", MONDAY + timedelta(seconds=20)))
    told.wait(MONDAY + MINUTE)

    assert told.messages() == [("delivered", "suppressed", "contradicted")]


def test_a_person_reviews_what_may_cost_money() -> None:
    told = after_scan("damaged", reason="damaged")
    held = told.of("customer-messages")[0]
    assert (held["kind"], held["fate"], held["reason"]) == ("human_reviewed", "held", "review_needed")
    told.wait(MONDAY + hours(3))
    assert len(told.messages()) == 1

    told.tell(action_fact("approve", MONDAY + hours(3), message_id=held["message_id"]))
    told.wait(MONDAY + hours(3) + MINUTE)

    assert told.messages()[-1] == ("damaged", "send", None)
    assert told.of("customer-messages")[-1]["decided_by"] == "sam"


def test_a_person_may_approve_by_the_case() -> None:
    told = after_scan("damaged", reason="damaged")
    assert told.shipment is not None
    told.tell(action_fact("approve", MONDAY + hours(1), case_id=told.shipment.cases["damaged"].case_id))
    told.wait(MONDAY + hours(1) + MINUTE)

    assert told.messages()[-1] == ("damaged", "send", None)


def test_a_rejected_message_is_never_sent() -> None:
    told = after_scan("damaged", reason="damaged")
    message_id = told.of("customer-messages")[0]["message_id"]
    told.tell(action_fact("reject", MONDAY + hours(1), message_id=message_id))
    told.wait(MONDAY + hours(24 * 5))

    assert told.messages() == [("damaged", "held", "review_needed"), ("damaged", "dropped", "review_needed")]


def test_an_approved_message_still_waits_for_the_morning_and_for_the_truth() -> None:
    told = after_scan("attempted", reason="refused")
    message_id = told.of("customer-messages")[0]["message_id"]
    told.tell(action_fact("approve", MONDAY + hours(12), message_id=message_id))
    told.wait(MONDAY + hours(12) + MINUTE)
    assert told.messages()[-1] == ("refused", "held", "quiet_hours")

    told.scans(scan("out_for_delivery", MONDAY + hours(20)))
    assert told.messages()[-1] == ("refused", "dropped", "state_moved_on")


def test_a_review_that_never_comes_ends_in_a_drop() -> None:
    told = after_scan("damaged", reason="damaged")
    told.wait(MONDAY + hours(24 * 8))

    assert told.messages()[-1] == ("damaged", "dropped", "review_needed")


@pytest.mark.parametrize(
    ("order", "why"),
    [
        ({"tier": "vip"}, "vip customer"),
        ({"replacement_for": "A-1"}, "replacement"),
        ({"amount": "250.01"}, "value over the limit"),
        ({"failed_deliveries_90d": 1}, "earlier failure in 90 days"),
    ],
)
def test_an_apology_to_these_is_reviewed_by_a_person(order: dict[str, Any], why: str) -> None:
    told = ordered(promise_date="2026-03-02", **order)
    told.scans(scan("in_transit", MONDAY))
    told.wait(MONDAY + hours(24))

    case = next(value for value in told.of("exceptions-support") if value["kind"] == "promise_missed")
    assert (case["posture"], case["needs_review"]) == ("human_review", True)
    assert why in case["review_reasons"][0]
    assert ("promise_missed", "held", "review_needed") in told.messages()


def test_an_apology_to_others_goes_out_by_itself_in_the_morning() -> None:
    told = ordered(promise_date="2026-03-02", amount="250.00")
    told.scans(scan("in_transit", MONDAY))
    told.wait(MONDAY + hours(24))

    assert told.messages()[1:] == [("promise_missed", "held", "quiet_hours"), ("promise_missed", "send", None)]
    value = told.of("customer-messages")[-1]
    assert (value["kind"], value["class"]) == ("proactive_apology", "promise")
    assert "2026-03-02" in value["text"]


def test_an_apology_does_not_arrive_after_the_parcel() -> None:
    told = ordered(promise_date="2026-03-02")
    told.scans(scan("in_transit", MONDAY))
    told.wait(MONDAY + hours(15))
    told.scans(scan("delivered", MONDAY + hours(16)))
    told.wait(MONDAY + hours(48))

    fates = [fate for about, fate, _ in told.messages() if about == "promise_missed"]
    assert fates == ["held", "dropped"]


def test_a_second_message_within_twelve_hours_waits() -> None:
    told = after_scan("picked_up")
    told.wait(MONDAY + MINUTE)
    told.scans(scan("out_for_delivery", MONDAY + hours(2)))
    told.wait(MONDAY + hours(3))
    held = told.of("customer-messages")[-1]

    assert (held["fate"], held["reason"], held["not_before"]) == ("held", "budget", MONDAY + MINUTE + hours(12))
    told.scans(scan("delivered", MONDAY + hours(4)))
    told.wait(MONDAY + hours(5))
    assert told.messages()[-1] == ("delivered", "send", None)


def test_the_same_milestone_twice_is_a_duplicate() -> None:
    told = after_scan("out_for_delivery")
    told.wait(MONDAY + MINUTE)
    told.scans(scan("in_transit", MONDAY + hours(5)))
    told.scans(scan("out_for_delivery", MONDAY + hours(20), code="again"))

    assert ("out_for_delivery", "suppressed", "duplicate") in told.messages()


def test_critical_messages_are_a_day_apart() -> None:
    told = after_scan("attempted", reason="recipient_unavailable")
    told.wait(MONDAY + hours(1))
    told.scans(scan("attempted", MONDAY + hours(22), reason="recipient_unavailable", code="B"))
    told.wait(MONDAY + hours(23))

    held = told.of("customer-messages")[-1]
    assert (held["about"], held["fate"], held["reason"]) == ("attempts_exhausting", "held", "budget")
    told.wait(MONDAY + hours(25))
    assert told.messages()[-1] == ("attempts_exhausting", "send", None)


def test_a_silent_case_says_nothing() -> None:
    told = ordered(service_level="ground")
    told.scans(scan("in_transit", MONDAY))
    told.wait(MONDAY + hours(50))

    assert told.open_kinds() == {"stalled"}
    assert {about for about, _, _ in told.messages()} == {"shipped"}


@pytest.mark.parametrize("kind", sorted(load_twins()))
def test_texts_say_what_comes_next_and_sell_nothing(kind: str) -> None:
    for text in load_twins()[kind].texts.values():
        assert "{order}" in text
        assert len(text) < 300
        assert not any(word in text.lower() for word in ("offer ", "deal", "discount", "sale", "shop now"))
