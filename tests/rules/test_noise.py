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
    later = MONDAY + timedelta(days=8)  # not yet so long that it is presumed lost
    told.tell(order_fact(heard=later, at=DAY_BEFORE))
    told.scans(scan("attempted", MONDAY, reason="recipient_unavailable"), heard=later)
    told.wait(later + hours(3))

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

    number = set() if label else {"invalid_tracking"}
    assert told.open_kinds() == {"label_not_scanned", "promise_missed"} | number
    missed = told.of("exceptions-support")[-1]
    assert (missed["stage"], missed["posture"]) == ("not_handed_over", "silent")
    assert {value["about"] for value in told.of("customer-messages")} == {"label_not_scanned"}

    told.scans(scan("picked_up", MONDAY + hours(73)))
    missed = told.of("exceptions-support")[-1]
    assert (missed["change"], missed["stage"], missed["posture"]) == ("updated", "found", "apology")


def attempted(told: Story, day: int, carrier: str = "ups") -> None:
    at = MONDAY + timedelta(days=day)
    told.scans(scan("attempted", at, carrier, reason="recipient_unavailable", code=f"day {day}"))


def test_the_last_allowed_attempt_is_urgent_and_due_earlier() -> None:
    told = ordered()
    attempted(told, 0)
    attempted(told, 1)
    second = told.of("exceptions-support")[-1]
    attempted(told, 2)
    third = told.of("exceptions-support")[-1]

    assert (second["severity"], third["severity"], third["change"]) == ("routine", "urgent", "escalated")
    assert third["terms"]["last_chance"]["points"] == 15
    assert third["due_by"] <= second["due_by"]


def test_the_second_attempt_of_a_carrier_that_makes_two_is_urgent_at_once() -> None:
    told, ups = Story(), Story()
    told.tell(order_fact("usps"))
    ups.tell(order_fact("ups"))
    for day in (0, 1):
        attempted(told, day, "usps")
        attempted(ups, day)

    urgent, routine = told.of("exceptions-support")[-1], ups.of("exceptions-support")[-1]
    assert (urgent["stage"], urgent["severity"]) == ("last", "urgent")
    assert urgent["due_by"] < routine["due_by"]


def test_attempts_beyond_the_last_keep_counting() -> None:
    told = ordered()
    for day in range(5):
        attempted(told, day)

    last = told.of("exceptions-support")[-1]
    assert (last["change"], last["stage"], last["evidence"][0]["observed"]) == ("updated", "last", 5)


def ends(told: Story) -> dict[str, tuple[str, str]]:
    ended = [value for value in told.of("exceptions-") if value["change"] == "resolved"]
    return {value["kind"]: (value["resolved_by"], value["resolution"]) for value in ended}


def test_a_case_says_what_took_it_over() -> None:
    told = ordered()
    attempted(told, 0)
    attempted(told, 1)
    assert ends(told) == {"attempt_failed": ("self", "superseded by attempts_exhausting")}

    told.scans(scan("attempted", MONDAY + timedelta(days=2), reason="refused"))
    told.scans(scan("in_transit", MONDAY + timedelta(days=3), flags=["returning"]))
    told.scans(scan("returned", MONDAY + timedelta(days=4), flags=["back_at_sender"]))
    assert ends(told)["attempts_exhausting"] == ("self", "superseded by refused")
    assert ends(told)["refused"] == ("self", "superseded by returning")
    assert ends(told)["returning"] == ("self", "superseded by returned")


def test_a_missed_promise_is_superseded_by_damage_but_gone_with_delivery() -> None:
    damaged, delivered = moving(promise_date="2026-03-03"), moving(promise_date="2026-03-03")
    for told in (damaged, delivered):
        told.wait(MONDAY + hours(40))
    damaged.scans(scan("damaged", MONDAY + hours(41), reason="damaged"))
    delivered.scans(scan("delivered", MONDAY + hours(41)))

    assert ends(damaged)["promise_missed"] == ("self", "superseded by damaged")
    assert ends(delivered)["promise_missed"] == ("self", "cause gone")


def test_a_return_order_that_comes_late_is_told_as_an_update() -> None:
    told = Story()
    told.scans(scan("delivered", MONDAY))
    told.tell(order_fact(heard=MONDAY + hours(2), direction="return"))

    last = told.of("shipment-updates")[-1]
    assert (last["previous_state"], last["current_state"], last["direction"]) == ("delivered", "returned", "return")
    assert (last["linked_by"], "return" in last["description"]) == ("order_id", True)


def test_a_parcel_without_an_order_is_called_a_parcel_and_nobody_is_written_to() -> None:
    told = Story()
    told.scans(scan("attempted", MONDAY, reason="recipient_unavailable"))
    told.wait(MONDAY + hours(2))

    assert fates(told, "attempt_failed") == [("held", "settling"), ("suppressed", "no_consent")]
    text = told.of("customer-messages")[-1]["text"]
    assert "Order" not in text
    assert text.startswith("Your parcel 1Z999AA10123456784:")


@pytest.mark.parametrize("state", ["delivered", "attempted"])
def test_a_scan_of_the_future_is_not_told_before_its_time(state: str) -> None:
    told = ordered()
    told.scans(scan(state, MONDAY + hours(24), reason=None), heard=MONDAY)
    told.wait(MONDAY + hours(24) - MINUTE)
    assert {fate for _, fate, _ in told.messages()} == {"held"}

    told.wait(MONDAY + hours(24))
    assert told.messages()[-1][1] == "send"


def test_no_evidence_is_empty() -> None:
    told = moving()
    told.scans(scan("delayed", MONDAY + hours(1)))
    told.scans(scan("delivered", MONDAY + hours(2)))
    told.scans(scan("in_transit", MONDAY + hours(40), code="again"))

    evidence = [one for value in told.of("exceptions-") for one in value["evidence"]]
    assert all(one["observed"] is not None for one in evidence)
    contradiction = told.of("exceptions-operations")[-1]["evidence"][0]
    assert (contradiction["observed"], contradiction["limit"]) == ("in_transit at 2026-03-04T07:00:00Z", None)


def test_a_first_scan_at_a_counter_is_not_on_its_way() -> None:
    told = ordered()
    told.scans(scan("in_transit", MONDAY, reason="awaiting_customer_pickup", flags=["pickup_ready"]))
    told.wait(MONDAY + MINUTE)

    text = told.of("customer-messages")[-1]["text"]
    assert "on its way" not in text
    assert "pickup point" in text


def test_an_old_scan_opens_its_case_only_when_no_more_of_the_history_comes() -> None:
    told = ordered()
    heard = MONDAY + hours(48)
    told.scans(scan("attempted", MONDAY, reason="recipient_unavailable"), heard=heard)
    told.scans(scan("out_for_delivery", MONDAY + hours(45)), heard=heard + SECOND)
    told.wait(heard + hours(1))
    assert told.cases() == []

    alone = ordered()
    alone.scans(scan("attempted", MONDAY, reason="recipient_unavailable"), heard=heard)
    assert alone.cases() == []
    alone.wait(heard + MINUTE)
    assert alone.cases() == [("opened", "attempt_failed")]


def test_delivery_after_damage_is_an_exception() -> None:
    told = moving()
    told.scans(scan("damaged", MONDAY + hours(20), reason="damaged"))
    told.scans(scan("delivered", MONDAY + hours(24)))

    assert classes(told)[-2:] == ["exception", "exception"]


def test_a_milestone_of_a_backlog_waits_for_the_rest_of_it() -> None:
    told, heard = ordered(), MONDAY + hours(72)
    told.scans(scan("picked_up", MONDAY), heard=heard)
    told.wait(heard + 2 * MINUTE)
    told.scans(scan("delivered", MONDAY + hours(60)), heard=heard + 5 * MINUTE)
    told.wait(heard + hours(1))

    assert fates(told, "shipped") == [("held", "settling"), ("dropped", "state_moved_on")]
    assert fates(told, "delivered") == [("send", None)]
