"""What must not reach a customer, and what must not keep a case from its owner: one scenario each."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.rules.builders import DAY_BEFORE, MONDAY, Story, action_fact, hours, order_fact, scan, ticket_fact

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
DAYS_LATER = MONDAY + timedelta(days=18)


def ordered(**fields: Any) -> Story:
    told = Story()
    told.tell(order_fact(timezone="America/New_York", service_level=fields.pop("service_level", "ground"), **fields))
    return told


def moving(**fields: Any) -> Story:
    told = ordered(**fields)
    told.scans(scan("in_transit", MONDAY, code="first"))
    return told


def fates(told: Story, about: str) -> list[tuple[str, str | None]]:
    return [(fate, reason) for topic, fate, reason in told.messages() if topic == about]


def case_of(told: Story, kind: str) -> str:
    assert told.shipment is not None
    return told.shipment.cases[kind].case_id


def test_an_imported_order_is_never_apologised_for_by_the_clock() -> None:
    told = Story()
    order = order_fact(heard=MONDAY, at=DAY_BEFORE, shipped_at=DAY_BEFORE, promise_date="2026-03-03")
    told.tell(replace(order, imported=True))
    told.wait(MONDAY + timedelta(days=6))

    assert told.open_kinds() >= {"label_not_scanned"}
    assert {(fate, reason) for _, fate, reason in told.messages()} == {("suppressed", "imported")}


def test_fresh_live_news_ends_an_import() -> None:
    told = Story()
    told.scans(scan("picked_up", MONDAY - timedelta(days=3)), imported=True)
    assert told.shipment is not None
    assert told.shipment.imported
    told.tell(order_fact(heard=MONDAY))
    told.scans(scan("out_for_delivery", MONDAY + hours(1)))
    told.wait(MONDAY + hours(24))

    assert not told.shipment.imported
    assert ("send", None) in fates(told, "out_for_delivery")


def test_old_news_from_a_live_feed_leaves_an_import_what_it_is() -> None:
    told = Story()
    told.scans(scan("picked_up", MONDAY - timedelta(days=20)), heard=MONDAY, imported=True)
    told.scans(scan("in_transit", MONDAY - timedelta(days=18)), heard=MONDAY)

    assert told.shipment is not None
    assert told.shipment.imported


@pytest.mark.parametrize("scans", [[("in_transit", MONDAY)], [("label_created", MONDAY)], []])
def test_what_the_clock_finds_of_long_ago_is_stale(scans: list[tuple[str, Any]]) -> None:
    told = Story()
    told.tell(order_fact(heard=DAYS_LATER, at=DAY_BEFORE, shipped_at=DAY_BEFORE, promise_date="2026-03-04"))
    for state, at in scans:
        told.scans(scan(state, at), heard=DAYS_LATER + SECOND)
    told.wait(DAYS_LATER + timedelta(days=1))

    assert told.open_kinds()
    assert {reason for _, fate, reason in told.messages() if fate != "held"} == {"stale"}


def test_an_attempt_of_long_ago_is_stale() -> None:
    told = Story()
    told.tell(order_fact(heard=DAYS_LATER, at=DAY_BEFORE))
    told.scans(scan("attempted", MONDAY, reason="recipient_unavailable"), heard=DAYS_LATER)
    told.wait(DAYS_LATER + hours(3))

    assert fates(told, "attempt_failed") == [("suppressed", "stale")]


def test_a_backlog_over_minutes_settles_before_the_clock_speaks() -> None:
    told = Story()
    heard = MONDAY + hours(24 * 4 + 2)  # 17:00Z on Friday: twice the limit, two hours ago
    told.tell(order_fact(service_level="ground", timezone="America/New_York"))
    told.scans(scan("in_transit", MONDAY, code="A"), heard=heard)
    told.wait(heard + 2 * MINUTE)
    assert fates(told, "stalled") == [("held", "settling")]

    told.scans(scan("delivered", heard - hours(1), code="B"), heard=heard + 5 * MINUTE)
    told.wait(heard + hours(2))
    assert fates(told, "stalled") == [("held", "settling"), ("dropped", "state_moved_on")]


def test_silence_of_an_international_parcel_is_not_stale_when_it_is_found_in_time() -> None:
    told = moving(service_level="international")
    told.wait(MONDAY + timedelta(days=16))

    assert fates(told, "stalled")[-1] == ("send", None)


def test_a_case_that_a_person_resolved_hides_nothing() -> None:
    told = moving(promise_date="2026-03-03")
    told.wait(MONDAY + hours(40))
    told.tell(action_fact("resolve", MONDAY + hours(41), case_id=case_of(told, "promise_missed")))
    told.wait(MONDAY + hours(60))

    assert told.open_kinds() == {"stalled"}
    assert told.of("shipments")[-1]["suppressed_cases"] == []


def test_a_resolved_attempt_hides_nothing() -> None:
    told = moving(promise_date="2026-03-05")
    told.scans(scan("attempted", MONDAY + hours(1), reason="recipient_unavailable"))
    told.tell(action_fact("resolve", MONDAY + hours(2), case_id=case_of(told, "attempt_failed")))
    told.wait(MONDAY + hours(24 * 4))

    assert told.open_kinds() == {"promise_missed"} | {"stalled"}


@pytest.mark.parametrize("first", [("damaged", "damaged"), (None, None)])
def test_no_cheerful_delivery_while_damage_is_open(first: tuple[str | None, str | None]) -> None:
    told, (state, reason) = moving(), first
    if state is not None:
        told.scans(scan(state, MONDAY + hours(20), reason=reason))
    told.scans(scan("delivered", MONDAY + hours(24), reason=None if state else "delivered_damaged"))
    told.wait(MONDAY + hours(30))

    assert fates(told, "delivered") == [("suppressed", "review_needed")]
    assert fates(told, "damaged") == [("held", "review_needed")]


def test_no_milestone_while_a_person_writes_to_the_customer() -> None:
    told = moving(promise_date="2026-03-02", tier="vip")
    told.wait(MONDAY + hours(23))
    told.scans(scan("out_for_delivery", MONDAY + hours(24)))
    told.wait(MONDAY + hours(25))
    assert fates(told, "out_for_delivery") == [("suppressed", "review_needed")]

    told.scans(scan("delivered", MONDAY + hours(26)))
    told.wait(MONDAY + hours(27))
    assert fates(told, "delivered") == [("send", None)]


@pytest.mark.parametrize("order", [{}, {"tier": "vip"}, {"amount": "3000.00"}])
def test_what_came_back_is_written_about_by_a_person(order: dict[str, Any]) -> None:
    told = moving(**order)
    told.scans(scan("returned", MONDAY + hours(24), flags=["back_at_sender"]))
    told.wait(MONDAY + hours(72))

    assert fates(told, "returned") == [("held", "review_needed")]
    text = told.of("customer-messages")[-1]["text"].lower()
    assert "refund" not in text
    assert "new parcel" not in text


@pytest.mark.parametrize("order", [{"tier": "vip"}, {"replacement_for": "A-1"}, {"failed_deliveries_90d": 1}])
def test_an_update_about_an_exception_is_reviewed_for_these_but_not_the_first_attempt(order: dict[str, Any]) -> None:
    told = moving(promise_date="2026-03-09", **order)
    told.scans(scan("delayed", MONDAY + hours(1), reason="weather"))
    assert told.of("exceptions-operations")[-1]["posture"] == "human_review"

    told.scans(scan("attempted", MONDAY + hours(24), reason="recipient_unavailable"))
    assert told.of("exceptions-support")[-1]["posture"] == "update"


def classes(told: Story) -> list[str]:
    return [value["class"] for value in told.of("shipment-updates")]


def test_the_first_attempt_told_twice_in_a_day_is_still_the_first() -> None:
    told = moving()
    for minute in (0, 5, 10):
        at = MONDAY + hours(24) + minute * MINUTE
        told.scans(scan("attempted", at, reason="recipient_unavailable", code=f"{minute}"))
    told.scans(scan("attempted", MONDAY + hours(48), reason="recipient_unavailable"))

    assert classes(told)[1:] == ["customer_facing"] * 3 + ["exception"]
    assert [value["class"] for value in told.of("shipments")][-2:] == ["customer_facing", "exception"]


@pytest.mark.parametrize(
    ("state", "fields"),
    [
        ("in_transit", {"flags": ["returning"]}),
        ("in_transit", {"flags": ["refused"]}),
        ("delivered", {"reason": "delivered_damaged"}),
    ],
)
def test_a_parcel_on_the_wrong_way_or_damaged_is_an_exception(state: str, fields: dict[str, Any]) -> None:
    told = moving()
    told.scans(scan(state, MONDAY + hours(24), **fields))

    assert classes(told)[-1] == "exception"
    assert told.of("shipments")[-1]["class"] == "exception"


def test_a_delivery_taken_back_is_no_information_only() -> None:
    told = moving()
    told.scans(scan("delivered", MONDAY + hours(24)))
    told.scans(scan(None, MONDAY + hours(25), reason="retraction"))

    assert classes(told) == ["customer_facing", "customer_facing", "exception"]


def test_the_class_of_a_shipment_is_that_of_its_state_and_not_of_its_cases() -> None:
    told = moving()
    assert told.of("shipments")[-1]["class"] == "informational"
    told.wait(MONDAY + hours(50))

    assert told.open_kinds() == {"stalled"}
    assert told.of("shipments")[-1]["class"] == "informational"


@pytest.mark.parametrize("action", ["approve", "reject"])
def test_a_review_shows_on_its_case(action: str) -> None:
    told = moving(promise_date="2026-03-02", tier="vip")
    told.wait(MONDAY + hours(23))
    case_id = case_of(told, "promise_missed")
    told.tell(action_fact(action, MONDAY + hours(24), case_id=case_id, by="sam"))

    decided = told.of("exceptions-support")[-1]
    assert (decided["change"], decided["decision"], decided["decided_by"]) == ("decided", "none", "sam")
    assert decided["needs_review"] is False
    told.wait(MONDAY + hours(30))
    assert told.of("shipments")[-1]["cases"][0]["needs_review"] is False


def test_a_new_reason_asks_for_a_new_review() -> None:
    told = moving(promise_date="2026-03-02", tier="vip", amount="900.00", replacement_for="A-1")
    told.wait(MONDAY + hours(15))
    told.tell(action_fact("decide", MONDAY + hours(15), case_id=case_of(told, "promise_missed"), decision="wait"))
    assert told.of("exceptions-support")[-1]["needs_review"] is False
    told.wait(MONDAY + hours(24 * 5))

    last = told.of("exceptions-support")[-1]
    assert (last["severity"], last["needs_review"]) == ("critical", True)


def test_a_ticket_that_opens_or_closes_reaches_the_owner() -> None:
    told = moving(promise_date="2026-03-03")
    told.wait(MONDAY + hours(40))
    told.tell(ticket_fact("opened", MONDAY + hours(41), intent="wismo"))
    opened = told.of("exceptions-support")[-1]
    told.tell(ticket_fact("closed", MONDAY + hours(42)))
    closed = told.of("exceptions-support")[-1]

    assert (opened["change"], opened["open_tickets"], opened["terms"]["support"]["points"]) == ("updated", ["T-5"], 5)
    assert (closed["change"], closed["open_tickets"], closed["score"]) == ("updated", [], opened["score"] - 5)


def test_the_real_delivery_after_a_retraction_is_told() -> None:
    told = moving()
    told.scans(scan("delivered", MONDAY + hours(24), code="A"))
    told.wait(MONDAY + hours(24) + MINUTE)
    told.scans(scan(None, MONDAY + hours(25), reason="retraction"))
    told.scans(scan("delivered", MONDAY + hours(48), code="B"))
    told.wait(MONDAY + hours(49))

    assert fates(told, "delivered") == [("send", None), ("send", None)]
    keys = {value["idempotency_key"] for value in told.of("customer-messages") if value["about"] == "delivered"}
    assert len(keys) == 2


@pytest.mark.parametrize("label", [True, False])
def test_only_one_case_speaks_of_a_parcel_that_was_never_handed_over(label: bool) -> None:
    told = ordered(promise_date="2026-03-03", shipped_at=MONDAY, heard=MONDAY - hours(1))
    if label:
        told.scans(scan("label_created", MONDAY))
    told.wait(MONDAY + hours(72))

    assert told.open_kinds() == {"label_not_scanned", "promise_missed"}
    missed = told.of("exceptions-support")[-1]
    assert (missed["stage"], missed["posture"]) == ("not_handed_over", "silent")
    assert {value["about"] for value in told.of("customer-messages")} == {"label_not_scanned"}

    told.scans(scan("picked_up", MONDAY + hours(73)))
    missed = told.of("exceptions-support")[-1]
    assert (missed["change"], missed["stage"], missed["posture"]) == ("updated", "found", "apology")
