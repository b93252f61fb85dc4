"""How cases live: thresholds to the minute, hiding, ending, reopening, escalating, and what people do to them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.rules.builders import MONDAY, Story, action_fact, hours, order_fact, scan, ticket_fact

MINUTE = timedelta(minutes=1)
LEVELS = [("express", 24), ("two_day", 36), ("ground", 48), ("economy", 96)]


def moving(level: str | None = "ground", **order: Any) -> Story:
    told = Story()
    told.tell(order_fact(service_level=level, **order))
    told.scans(scan("in_transit", MONDAY))
    return told


@pytest.mark.parametrize(("level", "limit"), LEVELS)
def test_a_parcel_stalls_at_its_limit_and_not_a_minute_before(level: str, limit: int) -> None:
    told = moving(level)

    told.wait(MONDAY + hours(limit) - MINUTE)
    assert told.open_kinds() == set()
    told.wait(MONDAY + hours(limit))

    assert told.open_kinds() == {"stalled"}
    case = told.of("exceptions-operations")[0]
    assert case["evidence"][0] == {
        "fact": "silence",
        "observed": f"{limit}h",
        "limit": f"{limit}h",
        "policy": f"default@2026-01-01:stalled.silence.{level}",
    }
    assert (case["owner"], case["posture"], case["policy_version"]) == ("operations", "silent", "default@2026-01-01")


def test_international_may_be_silent_for_five_business_days() -> None:
    told = moving("international")

    told.wait(MONDAY + hours(24 * 7) - hours(1) - MINUTE)  # a weekend and the change of clocks lie between
    assert told.open_kinds() == set()
    told.wait(MONDAY + hours(24 * 7))
    assert told.open_kinds() == {"stalled"}


def test_a_replacement_gets_half_the_time() -> None:
    told = moving("ground", replacement_for="A-1")

    told.wait(MONDAY + hours(24) - MINUTE)
    assert told.open_kinds() == set()
    told.wait(MONDAY + hours(24))
    assert told.open_kinds() == {"stalled", "replacement_at_risk"}
    assert told.of("exceptions-operations")[0]["terms"]["replacement"]["points"] == 15


def test_a_stalled_parcel_that_moves_ends_its_case_by_itself() -> None:
    told = moving()
    told.wait(MONDAY + hours(50))

    told.scans(scan("in_transit", MONDAY + hours(51), code="again"))

    assert told.cases() == [("opened", "stalled"), ("resolved", "stalled")]
    end = told.of("exceptions-operations")[-1]
    assert (end["resolved_by"], end["resolved_at"]) == ("self", MONDAY + hours(51))
    assert end["case_id"] == told.of("exceptions-operations")[0]["case_id"]


def test_a_stalled_parcel_speaks_at_twice_the_limit() -> None:
    told = moving()
    told.wait(MONDAY + hours(96))

    last = told.of("exceptions-operations")[-1]
    assert (last["change"], last["posture"], last["stage"]) == ("updated", "apology", "twice")
    assert told.messages()[-1][0] == "stalled"


def test_a_label_is_warned_of_then_an_exception_then_reviewed() -> None:
    told = Story()
    told.tell(order_fact())
    told.scans(scan("label_created", MONDAY))

    told.wait(MONDAY + hours(24) - MINUTE)
    assert told.cases() == []
    told.wait(MONDAY + hours(24))
    warned = told.of("exceptions-fulfillment")[-1]
    assert (warned["change"], warned["severity"], warned["posture"]) == ("opened", "watch", "silent")
    told.wait(MONDAY + hours(48))
    raised = told.of("exceptions-fulfillment")[-1]
    assert (raised["change"], raised["severity"], raised["posture"]) == ("escalated", "routine", "apology")
    told.wait(MONDAY + hours(96))
    assert told.of("exceptions-fulfillment")[-1]["needs_review"]
    told.scans(scan("picked_up", MONDAY + hours(97)))
    assert told.of("exceptions-fulfillment")[-1]["change"] == "resolved"


def test_a_promise_ends_with_its_day_at_the_destination_and_says_by_what() -> None:
    told = Story()
    told.tell(order_fact(promise_date="2026-03-02", timezone="America/Los_Angeles"))
    told.scans(scan("in_transit", MONDAY))
    end = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)

    told.wait(end - MINUTE)
    assert told.cases() == []
    told.wait(end)

    case = told.of("exceptions-support")[0]
    assert (case["kind"], case["occurred_at"], case["received_at"]) == ("promise_missed", end, end)
    assert "destination.timezone" in case["evidence"][0]["policy"]
    assert case["watchers"] == ["operations"]


def test_a_promise_without_a_zone_ends_by_its_country_or_utc() -> None:
    for country, end in (("DE", datetime(2026, 3, 2, 23, tzinfo=UTC)), (None, datetime(2026, 3, 3, tzinfo=UTC))):
        told = Story()
        told.tell(order_fact(promise_date="2026-03-02", country=country))
        told.scans(scan("in_transit", MONDAY))
        told.wait(end)
        assert told.cases() == [("opened", "promise_missed")]
        assert told.of("exceptions-support")[0]["opened_at"] == end


def test_what_a_greater_case_hides_is_recorded_as_suppressed() -> None:
    told = moving("ground", promise_date="2026-03-03", timezone="UTC")
    told.wait(MONDAY + hours(60))

    assert told.cases() == [("opened", "promise_missed")]
    hidden = told.of("shipments")[-1]["suppressed_cases"]
    assert [(one["kind"], one["hidden_by"]) for one in hidden] == [("stalled", "promise_missed")]


def test_an_open_case_that_becomes_hidden_is_updated_and_falls_silent() -> None:
    told = moving("two_day", promise_date="2026-03-04", timezone="UTC")
    told.wait(MONDAY + hours(57))

    assert sorted(told.cases()) == [("opened", "promise_missed"), ("opened", "stalled"), ("updated", "stalled")]
    update = next(value for value in told.of("exceptions-operations") if value["change"] == "updated")
    assert update["hidden_by"] == "promise_missed"
    assert update["posture"] == "silent"
    assert update["evidence"][-1]["observed"] == "promise_missed"


def test_delivery_ends_what_it_answers() -> None:
    told = moving("express", promise_date="2026-03-03", timezone="UTC")
    told.wait(MONDAY + hours(40))

    told.scans(scan("delivered", MONDAY + hours(41)))

    assert told.open_kinds() == {"delivered_late"}
    assert {value["resolved_by"] for value in told.of("exceptions-") if value["change"] == "resolved"} == {"self"}


def test_a_cause_that_comes_back_at_once_reopens_after_the_hysteresis() -> None:
    told = Story()
    told.scans(scan("delayed", MONDAY, reason="weather"))
    told.scans(scan("in_transit", MONDAY + hours(1)))
    told.scans(scan("delayed", MONDAY + hours(1.5), reason="weather", code="again"))
    assert told.cases() == [("opened", "carrier_delay"), ("resolved", "carrier_delay")]

    told.wait(MONDAY + hours(2))

    assert told.cases()[-1] == ("reopened", "carrier_delay")
    first, last = told.of("exceptions-operations")[0], told.of("exceptions-operations")[-1]
    assert (first["case_id"], first["dedup_key"]) == (last["case_id"], last["dedup_key"])
    assert (last["resolved_at"], last["opened_at"]) == (None, first["opened_at"])


def test_long_after_its_end_the_same_cause_is_a_new_episode() -> None:
    told = Story()
    told.scans(scan("delayed", MONDAY, reason="weather"))
    told.scans(scan("in_transit", MONDAY + hours(1)))
    for day in range(1, 8):
        told.scans(scan("in_transit", MONDAY + hours(24 * day), code=f"day {day}"))
    told.scans(scan("delayed", MONDAY + hours(24 * 8), reason="weather", code="again"))

    opened = [value for value in told.of("exceptions-operations") if value["change"] == "opened"]
    assert [value["episode"] for value in opened if value["kind"] == "carrier_delay"] == [1, 2]
    ids = [value["case_id"] for value in opened if value["kind"] == "carrier_delay"]
    assert ids[0] != ids[1]


def test_severity_rises_with_time_and_is_told_once() -> None:
    told = moving("ground", promise_date="2026-03-02", timezone="UTC", tier="vip", amount="300.00")
    told.wait(MONDAY + hours(24 * 7))

    changes = [(value["change"], value["severity"]) for value in told.of("exceptions-support")]
    assert changes[0] == ("opened", "routine")
    assert ("escalated", "urgent") in changes
    assert len(changes) == len(set(changes))


def test_a_case_due_by_counts_the_owners_hours() -> None:
    told = moving()
    told.wait(MONDAY + hours(48))

    case = told.of("exceptions-operations")[0]
    assert case["severity"] == "routine"
    assert case["due_by"] == MONDAY + hours(48 + 16)  # until 22:00, and one hour of the next day from 06:00


def case_of(told: Story, kind: str) -> str:
    assert told.shipment is not None
    return told.shipment.cases[kind].case_id


def stalled() -> Story:
    told = moving()
    told.wait(MONDAY + hours(48))
    return told


def test_a_new_owner_gets_the_same_case_opened_on_their_topic() -> None:
    told = stalled()
    told.tell(action_fact("assign", MONDAY + hours(49), case_id=case_of(told, "stalled"), owner="fulfillment"))

    old, new = told.of("exceptions-operations")[-1], told.of("exceptions-fulfillment")[-1]
    assert (old["change"], old["owner"], old["previous_owner"]) == ("assigned", "fulfillment", "operations")
    assert (new["change"], new["owner"], new["previous_owner"]) == ("opened", "fulfillment", "operations")
    assert old["case_id"] == new["case_id"]
    assert (old["sequence"], new["sequence"]) == (2, 1)

    told.scans(scan("in_transit", MONDAY + hours(50), code="again"))
    assert told.of("exceptions-fulfillment")[-1]["change"] == "resolved"


def test_acknowledge_assign_decide_and_note_are_told_once() -> None:
    told = stalled()
    case_id = case_of(told, "stalled")
    for number, (action, fields) in enumerate(
        [
            ("acknowledge", {}),
            ("assign", {"assignee": "kim"}),
            ("decide", {"decision": "reship", "note": "trace 77"}),
            ("note", {"note": "carrier called"}),
        ]
    ):
        fact = action_fact(action, MONDAY + hours(49 + number / 10), case_id=case_id, **fields)
        told.tell(fact, fact)

    changes = [value["change"] for value in told.of("exceptions-operations")]
    assert changes == ["opened", "acknowledged", "assigned", "decided", "updated"]
    last = told.of("exceptions-operations")[-1]
    assert (last["assignee"], last["decision"], last["decided_by"], last["note"]) == (
        "kim",
        "reship",
        "sam",
        "carrier called",
    )


def test_what_a_person_ended_stays_ended_while_nothing_new_comes() -> None:
    told = stalled()
    told.tell(action_fact("resolve", MONDAY + hours(49), case_id=case_of(told, "stalled"), note="found it"))
    assert told.of("exceptions-operations")[-1]["resolved_by"] == "sam"
    told.wait(MONDAY + hours(95))
    assert told.open_kinds() == set()

    told.wait(MONDAY + hours(96))
    assert told.cases()[-1] == ("reopened", "stalled")


def test_a_snoozed_case_keeps_quiet_until_its_time() -> None:
    told = stalled()
    until = MONDAY + hours(100)
    told.tell(action_fact("snooze", MONDAY + hours(49), case_id=case_of(told, "stalled"), until=until))
    told.wait(until - MINUTE)
    assert told.cases()[-1] == ("snoozed", "stalled")

    told.wait(until)
    last = told.of("exceptions-operations")[-1]
    assert (last["change"], last["posture"], last["snoozed_until"]) == ("updated", "apology", None)


def test_a_person_may_reopen_and_then_only_a_person_ends_it() -> None:
    told = stalled()
    case_id = case_of(told, "stalled")
    told.scans(scan("in_transit", MONDAY + hours(50), code="again"))
    told.tell(action_fact("reopen", MONDAY + hours(51), case_id=case_id))
    told.scans(scan("in_transit", MONDAY + hours(52), code="and again"))
    assert told.open_kinds() == {"stalled"}

    told.tell(action_fact("resolve", MONDAY + hours(53), case_id=case_id))
    assert told.open_kinds() == set()


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("resolve", {"case_id": "nobody"}),
        ("approve", {"message_id": "nobody"}),
        ("assign", {}),
        ("snooze", {"until": MONDAY}),
        ("decide", {}),
        ("note", {}),
    ],
)
def test_an_action_that_fits_nothing_is_refused_and_changes_nothing(action: str, fields: dict[str, Any]) -> None:
    told = stalled()
    before = told.shipment
    fields = {"case_id": case_of(told, "stalled"), **fields}

    told.tell(action_fact(action, MONDAY + hours(49), **fields))

    assert len(told.refusals) == 1
    assert told.shipment == before


def test_an_action_on_a_shipment_nobody_knows_is_refused() -> None:
    told = Story()
    told.tell(action_fact("resolve", MONDAY, case_id="nobody"))

    assert len(told.refusals) == 1
    assert told.events == []


def test_a_ticket_raises_the_score_and_is_named_on_the_case() -> None:
    told = stalled()
    told.tell(ticket_fact("opened", MONDAY + hours(49), intent="wismo"))
    told.wait(MONDAY + hours(96))

    last = told.of("exceptions-operations")[-1]
    assert last["open_tickets"] == ["T-5"]
    assert last["terms"]["support"]["points"] == 5


def test_a_scan_heard_late_keeps_both_times_apart() -> None:
    told = Story()
    told.scans(scan("attempted", MONDAY, reason="business_closed"), heard=MONDAY + hours(6))

    update, case = told.of("shipment-updates")[0], told.of("exceptions-support")[0]
    assert (update["occurred_at"], update["received_at"]) == (MONDAY, MONDAY + hours(6))
    assert (case["occurred_at"], case["received_at"], case["opened_at"]) == (
        MONDAY,
        MONDAY + hours(6),
        MONDAY + hours(6),
    )
    assert case["cause_event_id"] == update["event_id"]


def test_a_settled_shipment_may_be_forgotten_in_time() -> None:
    told = Story()
    told.scans(scan("delivered", MONDAY))
    told.wait(MONDAY + hours(48))

    assert told.shipment is not None
    assert told.shipment.next_due is None
    assert told.shipment.forget_at == MONDAY + timedelta(days=60)


def test_a_customer_who_reports_damage_opens_the_case_and_their_tickets_end_ends_it() -> None:
    told = moving(None)
    told.tell(ticket_fact("opened", MONDAY + hours(1), intent="damaged"))
    assert told.open_kinds() == set()
    told.scans(scan("delivered", MONDAY + hours(2)))
    assert told.open_kinds() == {"damaged"}

    told.tell(ticket_fact("closed", MONDAY + hours(5)))
    assert told.open_kinds() == set()


def test_silence_is_found_at_a_mark_and_not_amid_a_backlog() -> None:
    told = Story()
    heard = MONDAY + hours(90)
    told.tell(order_fact(service_level="ground"))
    told.scans(scan("picked_up", MONDAY, code="A"), heard=heard)
    assert told.cases() == []
    told.scans(scan("in_transit", MONDAY + hours(80), code="B"), heard=heard + timedelta(seconds=1))
    told.wait(heard + MINUTE)

    assert told.cases() == []


def test_silence_heard_of_late_is_found_at_the_next_mark() -> None:
    told = Story()
    heard = MONDAY + hours(90)
    told.tell(order_fact(service_level="ground"))
    told.scans(scan("picked_up", MONDAY, code="A"), heard=heard)
    told.wait(heard + MINUTE)

    assert told.cases() == [("opened", "stalled")]
    assert told.of("exceptions-operations")[0]["opened_at"] == heard + MINUTE
