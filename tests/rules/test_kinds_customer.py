"""Kinds that need the customer: exact minutes, steps, owners, ends by themselves, and what the customer is told."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from rules.loading import load_policy
from rules.pipeline.replay import Replay
from schemas.codec import loads
from schemas.recording import read_recording
from tests.rules.builders import MONDAY, NUMBER, Story, action_fact, hours, order_fact, scan, ticket_fact

MINUTE = timedelta(minutes=1)
READY: dict[str, Any] = {"reason": "awaiting_customer_pickup", "flags": ("pickup_ready",)}


def known(carrier: str = "ups", **order: Any) -> Story:
    told = Story()
    told.tell(order_fact(carrier=carrier, **order))
    return told


def waiting(carrier: str = "usps", **order: Any) -> Story:
    told = known(carrier, **order)
    told.scans(scan("in_transit", MONDAY, carrier, **READY))
    return told


def last(told: Story, owner: str, kind: str | None = None) -> dict[str, Any]:
    return [value for value in told.of(f"exceptions-{owner}") if kind in (None, value["kind"])][-1]


def changes(told: Story, kind: str) -> list[tuple[str, str, str]]:
    """Of one kind: topic's owner, change, step."""
    events = [event for event in told.events if event.topic.startswith("exceptions-")]
    return [
        (event.topic.removeprefix("exceptions-"), event.value["change"], event.value["stage"])
        for event in events
        if event.value["kind"] == kind
    ]


def sent(told: Story) -> list[str]:
    return [about for about, fate, _ in told.messages() if fate == "send"]


def test_a_pickup_is_reminded_of_on_the_third_day_and_an_exception_three_days_before_its_end() -> None:
    told = waiting()
    told.tell(ticket_fact("opened", MONDAY + hours(1), carrier="usps", intent="wismo"))

    told.wait(MONDAY + hours(72) - MINUTE)
    assert told.cases() == []
    told.wait(MONDAY + hours(72))
    reminder = last(told, "support")
    assert (reminder["change"], reminder["stage"], reminder["severity"]) == ("opened", "reminder", "watch")
    assert (reminder["posture"], reminder["received_at"]) == ("update", MONDAY + hours(72))
    # The customer has to act, so an open ticket does not keep the message away.
    assert sent(told) == ["shipped", "pickup_expiring"]

    told.wait(MONDAY + hours(12 * 24) - MINUTE)
    assert len(changes(told, "pickup_expiring")) == 1
    told.wait(MONDAY + hours(12 * 24))
    ending = last(told, "support")
    assert (ending["change"], ending["stage"], ending["severity"]) == ("escalated", "ending", "routine")
    assert ending["evidence"][0] == {
        "fact": "waiting_for_pickup",
        "observed": "288h",
        "limit": "288h",
        "policy": "default@2026-01-01:pickup_expiring.window.usps - default@2026-01-01:pickup_expiring.before_end",
    }
    assert sent(told) == ["shipped", "pickup_expiring", "pickup_expiring"]
    texts = {value["text"] for value in told.of("customer-messages") if value["about"] == "pickup_expiring"}
    assert all("until 2026-03-17" in text for text in texts)

    told.scans(scan("delivered", MONDAY + hours(13 * 24), "usps"))
    assert changes(told, "pickup_expiring")[-1] == ("support", "resolved", "ending")
    assert last(told, "support")["resolved_by"] == "self"


@pytest.mark.parametrize(
    ("carrier", "level", "days"), [("usps", "express", 2), ("ups", None, 4), ("dpd", "express", 4), ("usps", None, 12)]
)
def test_each_carrier_keeps_a_parcel_for_its_own_time(carrier: str, level: str | None, days: int) -> None:
    told = waiting(carrier, service_level=level)

    told.wait(MONDAY + hours(days * 24) - MINUTE)
    assert "ending" not in [stage for _, _, stage in changes(told, "pickup_expiring")]
    told.wait(MONDAY + hours(days * 24))
    assert changes(told, "pickup_expiring")[-1][2] == "ending"


def test_a_pickup_reminder_keeps_its_time_through_a_weekend_and_a_second_notice() -> None:
    told = known("usps")
    told.scans(scan("in_transit", MONDAY + hours(96), "usps", **READY))  # Friday
    told.scans(scan("in_transit", MONDAY + hours(120), "usps", code="again", **READY))

    told.wait(MONDAY + hours(168) - MINUTE)
    assert told.cases() == []
    told.wait(MONDAY + hours(168))
    assert told.cases() == [("opened", "pickup_expiring")]


def test_an_address_problem_opens_at_once_and_speaks_after_half_an_hour_beside_a_ticket() -> None:
    told = known()
    told.tell(ticket_fact("opened", MONDAY - hours(1), intent="wismo"))
    told.scans(scan("delayed", MONDAY, reason="address_issue"))

    case = last(told, "support")
    assert (case["change"], case["kind"], case["owner"], case["posture"]) == (
        "opened",
        "address_problem",
        "support",
        "apology",
    )
    assert told.open_kinds() == {"address_problem"}
    assert told.messages()[-1] == ("address_problem", "held", "settling")
    told.wait(MONDAY + timedelta(minutes=29))
    assert sent(told) == []
    told.wait(MONDAY + timedelta(minutes=30))
    assert sent(told) == ["address_problem"]
    assert told.of("customer-messages")[-1]["class"] == "critical"


@pytest.mark.parametrize(
    "after", [("out_for_delivery", None), ("in_transit", "redirected"), ("in_transit", None), ("delivered", None)]
)
def test_an_address_problem_ends_when_the_parcel_moves_on_and_nobody_is_told_any_more(
    after: tuple[str, str | None],
) -> None:
    told = known()
    told.scans(scan("delayed", MONDAY, reason="address_issue"))

    told.scans(scan(after[0], MONDAY + timedelta(minutes=20), reason=after[1]))

    assert told.cases() == [("opened", "address_problem"), ("resolved", "address_problem")]
    assert ("address_problem", "dropped", "state_moved_on") in told.messages()


def test_a_wrong_address_at_the_door_is_told_once() -> None:
    told = known()
    told.scans(scan("attempted", MONDAY, reason="address_issue"))
    told.wait(MONDAY + hours(30))

    assert told.open_kinds() == {"address_problem", "attempt_failed"}
    assert sent(told) == ["address_problem"]
    quiet = next(value for value in told.of("exceptions-") if value["kind"] == "attempt_failed")
    assert quiet["posture"] == "silent"
    assert {"fact": "customer_told_by", "observed": "address_problem"}.items() <= quiet["evidence"][-1].items()


def test_the_second_failed_attempt_speaks_for_the_address() -> None:
    told = known()
    told.scans(scan("attempted", MONDAY, reason="recipient_unavailable"))
    told.scans(scan("out_for_delivery", MONDAY + hours(20)))
    told.scans(scan("attempted", MONDAY + hours(24), reason="address_issue", code="second"))
    told.wait(MONDAY + hours(60))

    assert told.open_kinds() == {"address_problem", "attempts_exhausting"}
    assert [about for about in sent(told) if about != "out_for_delivery"] == ["attempt_failed", "attempts_exhausting"]


@pytest.mark.parametrize(("kind", "reason"), [("payment_due", "payment_due"), ("address_problem", "address_issue")])
def test_what_a_vip_has_to_do_is_told_at_once_but_an_apology_is_reviewed(kind: str, reason: str) -> None:
    told = known(tier="vip")
    told.scans(scan("delayed", MONDAY, reason=reason))
    told.wait(MONDAY + hours(2))

    assert told.open_kinds() == {kind}
    reviewed = kind == "address_problem"
    assert last(told, "support")["posture"] == ("human_review" if reviewed else "update")
    assert sent(told) == ([] if reviewed else ["payment_due"])


def test_missing_documents_are_an_exception_at_once() -> None:
    told = known()
    told.scans(scan("delayed", MONDAY, reason="documentation"))

    case = last(told, "operations")
    assert (case["kind"], case["stage"], case["posture"], case["owner"]) == (
        "customs_hold",
        "documents",
        "apology",
        "operations",
    )
    assert "documents" in case["next_action"]


def test_customs_may_take_three_business_days() -> None:
    told = known(service_level="international")
    told.scans(scan("in_transit", MONDAY + hours(72), reason="customs_processing"))  # Thursday
    told.scans(scan("delayed", MONDAY + hours(90), reason="customs_hold", flags=("held",)))
    end = MONDAY + hours(72 + 5 * 24) - hours(1)  # a weekend, and the change of clocks, lie between

    told.wait(end - MINUTE)
    assert told.cases() == []
    told.wait(end)
    case = last(told, "operations")
    assert (case["kind"], case["stage"], case["received_at"]) == ("customs_hold", "held", end)
    assert case["evidence"][0]["policy"] == "default@2026-01-01:customs_hold.after"
    told.scans(scan("in_transit", end + hours(1), reason="customs_cleared"))
    assert told.cases() == [("opened", "customs_hold"), ("resolved", "customs_hold")]


def test_duties_are_asked_for_once_and_finance_owns_the_hold() -> None:
    told = known()
    told.scans(scan("in_transit", MONDAY, reason="customs_processing"))
    told.scans(scan("delayed", MONDAY + hours(2), reason="payment_due"))
    told.wait(MONDAY + hours(50))

    asked, held = last(told, "support"), told.of("exceptions-finance")[0]
    assert (asked["kind"], asked["owner"], asked["posture"]) == ("payment_due", "support", "update")
    assert (held["kind"], held["stage"], held["owner"], held["posture"]) == (
        "customs_hold",
        "duties",
        "finance",
        "silent",
    )
    assert "operations" in held["watchers"]
    assert [about for about in sent(told) if about in ("payment_due", "customs_hold")] == ["payment_due"]


def test_a_hold_that_turns_out_to_be_about_duties_moves_to_finance() -> None:
    told = known()
    told.scans(scan("delayed", MONDAY, reason="documentation"))
    told.scans(scan("delayed", MONDAY + timedelta(minutes=20), reason="payment_due"))

    assert changes(told, "customs_hold") == [
        ("operations", "opened", "documents"),
        ("operations", "assigned", "duties"),
        ("finance", "opened", "duties"),
    ]
    first, moved = told.of("exceptions-operations")[0], last(told, "finance")
    assert moved["case_id"] == first["case_id"]
    assert (moved["owner"], moved["previous_owner"]) == ("finance", "operations")
    # The apology about the documents would say the same trouble in other words.
    assert ("customs_hold", "dropped", "state_moved_on") in told.messages()


def test_a_parcel_in_customs_is_not_apologised_for_again_because_it_stands_still() -> None:
    told = known(service_level="ground")
    told.scans(scan("in_transit", MONDAY, reason="customs_processing"))
    told.wait(MONDAY + hours(120))

    assert changes(told, "stalled")[-1] == ("operations", "updated", "twice")
    assert last(told, "operations", "stalled")["posture"] == "silent"
    assert [about for about in sent(told) if about != "shipped"] == ["customs_hold"]


def delivered(**order: Any) -> Story:
    told = known(**order)
    told.scans(scan("delivered", MONDAY))
    return told


def test_a_missing_parcel_of_little_value_waits_two_business_days_for_its_decision() -> None:
    told = delivered(amount="80.00")
    told.tell(ticket_fact("opened", MONDAY + hours(72), intent="not_received"))  # Thursday
    hold = MONDAY + hours(72 + 96) - hours(1)  # Friday and Monday, less the hour that clocks lose

    case = last(told, "support")
    assert (case["kind"], case["owner"], case["posture"], case["needs_review"]) == (
        "not_received",
        "support",
        "human_review",
        True,
    )
    assert (case["stage"], case["due_by"], case["received_at"]) == ("hold", hold, MONDAY + hours(72))
    assert "hold the decision" in case["next_action"]
    told.wait(hold - MINUTE)
    assert last(told, "support")["stage"] == "hold"
    told.wait(hold)
    assert (last(told, "support")["change"], last(told, "support")["stage"]) == ("updated", "decide")
    assert ("not_received", "held", "review_needed") in told.messages()


def test_over_the_limit_a_missing_parcel_belongs_to_finance() -> None:
    told = delivered(amount="250.01")
    told.tell(ticket_fact("opened", MONDAY + hours(20), intent="not_received"))

    case = last(told, "finance", "not_received")
    assert (case["stage"], case["owner"], case["watchers"]) == ("over_limit", "finance", ["support"])
    assert changes(told, "not_received") == [("finance", "opened", "over_limit")]
    limits = {one["fact"]: one["policy"] for one in case["evidence"]}
    assert limits["value"] == "default@2026-01-01:review.value_limit"


def test_a_value_that_rises_over_the_limit_moves_the_case_and_a_persons_choice_stays() -> None:
    told = delivered(amount="80.00")
    told.tell(ticket_fact("opened", MONDAY + hours(20), intent="not_received"))
    first = last(told, "support")
    told.tell(order_fact(amount="900.00", heard=MONDAY + hours(21)))

    assert changes(told, "not_received") == [
        ("support", "opened", "hold"),
        ("support", "assigned", "over_limit"),
        ("finance", "opened", "over_limit"),
    ]
    moved = last(told, "finance", "not_received")
    assert (moved["case_id"], moved["previous_owner"]) == (first["case_id"], "support")
    given = action_fact("assign", MONDAY + hours(22), case_id=first["case_id"], owner="operations")
    told.tell(given, order_fact(amount="80.00", heard=MONDAY + hours(23)))
    assert last(told, "operations")["stage"] == "hold"
    assert last(told, "operations")["owner"] == "operations"


def test_a_missing_parcel_ends_with_its_ticket_and_comes_back_with_the_customer() -> None:
    told = delivered()
    told.tell(ticket_fact("opened", MONDAY + hours(20), intent="not_received"))
    told.tell(ticket_fact("closed", MONDAY + hours(22)))
    told.tell(ticket_fact("customer_replied", MONDAY + hours(30)))

    kinds = [(change, kind) for change, kind in told.cases() if kind == "not_received"]
    assert kinds == [("opened", "not_received"), ("resolved", "not_received"), ("reopened", "not_received")]


def test_a_ticket_that_names_only_the_customer_opens_nothing() -> None:
    told = delivered()
    fact = ticket_fact("opened", MONDAY + hours(20), intent="not_received")
    told.tell(
        fact.__class__(**{**{name: getattr(fact, name) for name in fact.__struct_fields__}, "linked_by": "customer_id"})
    )

    assert told.cases() == []


@pytest.mark.parametrize("order", [{}, {"tier": "vip"}, {"replacement_for": "A-1"}])
def test_a_neighbour_is_named_in_the_one_message_about_the_delivery(order: dict[str, Any]) -> None:
    told = known(**order)
    told.scans(scan("out_for_delivery", MONDAY - hours(1)))
    told.scans(scan("delivered", MONDAY, code="D/3H", mapping_version="ups-1", description="Neighbor - By Request"))
    told.wait(MONDAY + timedelta(minutes=30))

    case = last(told, "support")
    assert (case["kind"], case["posture"], case["owner"]) == ("delivered_elsewhere", "update", "support")
    assert {"fact": "handed_to", "observed": "neighbour"}.items() <= case["evidence"][0].items()
    assert ("delivered", "suppressed", "duplicate") in told.messages()
    assert sent(told) == ["out_for_delivery", "delivered_elsewhere"]
    assert "left with: neighbour" in told.of("customer-messages")[-1]["text"]

    told.wait(MONDAY + hours(7 * 24) - MINUTE)
    assert told.open_kinds() == {"delivered_elsewhere"}
    told.wait(MONDAY + hours(7 * 24))
    assert told.open_kinds() == set()


def test_finance_gets_valuable_deliveries_without_a_proof_until_one_is_told() -> None:
    told = known(amount="900.00")
    told.scans(scan("delivered", MONDAY))

    case = last(told, "finance")
    assert (case["change"], case["kind"], case["posture"]) == ("opened", "proof_missing", "silent")
    told.scans(scan(None, MONDAY + hours(1), description="Proof of delivery available"))
    assert told.cases() == [("opened", "proof_missing"), ("resolved", "proof_missing")]
    told.wait(MONDAY + hours(48))
    assert sent(told) == ["delivered"]


def test_a_label_that_is_cancelled_after_it_was_told_is_corrected() -> None:
    told = known(fulfilled_at=MONDAY - hours(2))
    told.scans(scan("label_created", MONDAY - hours(3)))
    told.scans(scan("label_created", MONDAY, code="void", reason="cancelled", flags=("cancelled",)))

    case = last(told, "fulfillment")
    assert (case["change"], case["kind"], case["posture"]) == ("opened", "label_cancelled", "update")
    told.wait(MONDAY + timedelta(minutes=30))
    assert sent(told) == ["label_cancelled"]
    told.tell(order_fact(heard=MONDAY + hours(4), fulfilled_at=MONDAY - hours(2), cancelled_at=MONDAY + hours(4)))
    assert told.cases()[-1] == ("resolved", "label_cancelled")


def test_a_label_that_is_cancelled_after_a_message_was_sent_is_corrected_too() -> None:
    told = known()
    told.scans(scan("label_created", MONDAY))
    told.wait(MONDAY + hours(48))
    assert sent(told) == ["label_not_scanned"]

    told.scans(scan("label_created", MONDAY + hours(50), code="void", reason="cancelled", flags=("cancelled",)))

    assert told.open_kinds() == {"label_cancelled"}
    assert last(told, "fulfillment")["evidence"][1]["observed"] == "messages sent: 1"


def test_a_label_that_is_cancelled_before_anybody_was_told_is_nobodys_trouble() -> None:
    told = known()
    told.scans(scan("label_created", MONDAY))
    told.scans(scan("label_created", MONDAY + hours(5), code="void", reason="cancelled", flags=("cancelled",)))
    told.wait(MONDAY + hours(200))

    assert told.cases() == []


def lines(*records: tuple[datetime, str, str, dict[str, Any]]) -> Iterable[str]:
    for at, topic, key, value in records:
        stamp = at.isoformat().replace("+00:00", "Z")
        yield json.dumps(
            {"topic": topic, "key": key, "headers": {"source": "wismo"}, "value": value, "timestamp": stamp}
        )


def test_a_recording_moves_a_missing_parcel_to_finance_on_both_topics() -> None:
    def order(at: datetime, amount: str) -> dict[str, Any]:
        parcel = {"carrier": "ups", "tracking_number": NUMBER}
        value = {"amount": amount, "currency": "USD"}
        told = {"order_id": "A-1001", "customer_id": "C-77", "at": at.isoformat(), "value": value}
        return {**told, "event": "updated", "shipments": [parcel]}

    scanned = {"carrier": "ups", "tracking_number": NUMBER, "status": "delivered", "occurred_at": MONDAY.isoformat()}
    asked = {"event": "opened", "ticket_id": "T-5", "order_id": "A-1001", "intent": "not_received"}
    told = lines(
        (MONDAY - hours(9), "order-events", "A-1001", order(MONDAY - hours(9), "80.00")),
        (MONDAY, "carrier-scans", NUMBER, scanned),
        (MONDAY + hours(5), "ticket-events", "T-5", {**asked, "at": (MONDAY + hours(5)).isoformat()}),
        (MONDAY + hours(6), "order-events", "A-1001", order(MONDAY + hours(6), "800.00")),
    )
    outs = Replay(load_policy()).run(read_recording(told), MONDAY + hours(7))
    found = [(out.topic, loads(out.value or b"")) for out in outs if out.topic.startswith("exceptions-")]
    missing = [(topic, value["change"]) for topic, value in found if value["kind"] == "not_received"]

    assert missing == [
        ("exceptions-support", "opened"),
        ("exceptions-support", "assigned"),
        ("exceptions-finance", "opened"),
    ]
    assert len({value["case_id"] for _, value in found if value["kind"] == "not_received"}) == 1
