"""Split orders: ordinary messages wait for the day's slot, are checked again there, and share the key of one letter."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from rules.digest import next_slot
from rules.emission import Draft
from rules.engine import sweep
from rules.loading import load_policy
from rules.policy import PolicyBook
from rules.state import Case
from rules.texts import case_text
from schemas.facts import OrderShipment
from tests.rules.builders import MONDAY, NUMBER, OTHER, Story, action_fact, hours, order_fact, scan, ticket_fact

NEW_YORK = "America/New_York"
MINUTE = timedelta(minutes=1)
SLOT = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
"""18:00 in New York on that Monday."""
KEY = "order:A-1001/digest/2026-03-02T18:00"
TOMORROW = SLOT + hours(24)


def book(values: str) -> PolicyBook:
    entry = f"- {{name: ours, from: 2026-02-01, values: {{messages: {values}}}}}\n"
    return load_policy(f"- extends: packaged\n{entry}")


def split(*others: OrderShipment, policy: PolicyBook | None = None, **fields: Any) -> Story:
    told = Story(policy)
    told.tell(order_fact(timezone=NEW_YORK, others=others or (OTHER,), **fields))
    return told


def last(told: Story) -> dict[str, Any]:
    return told.of("customer-messages")[-1]


def test_a_milestone_of_a_split_order_waits_for_the_slot_and_goes_under_the_orders_key() -> None:
    told = split()
    told.scans(scan("picked_up", MONDAY))
    told.wait(MONDAY + hours(1))
    held = last(told)
    assert (held["fate"], held["reason"], held["not_before"], held["digest_at"]) == ("held", "budget", SLOT, SLOT)
    assert held["idempotency_key"] == f"ups:{NUMBER}/milestone/shipped/1"

    told.wait(SLOT - MINUTE)
    assert last(told) is held
    told.wait(SLOT)

    sent = last(told)
    assert (sent["fate"], sent["reason"], sent["received_at"], sent["digest_at"]) == ("send", None, SLOT, SLOT)
    assert sent["idempotency_key"] == KEY
    assert sent["message_id"] == held["message_id"]
    assert told.shipment is not None
    assert not told.shipment.pending


def test_an_order_of_one_parcel_speaks_at_once_and_says_nothing_of_a_digest() -> None:
    told = Story()
    told.tell(order_fact(timezone=NEW_YORK))
    told.scans(scan("picked_up", MONDAY))
    told.wait(MONDAY + MINUTE)

    assert told.messages() == [("shipped", "send", None)]
    assert "digest_at" not in last(told)
    assert last(told)["text"].startswith("Order A-1001: your parcel")


def test_returns_and_the_order_that_it_replaces_make_no_order_split() -> None:
    back = OrderShipment(carrier="ups", tracking_number="1ZBACK", direction="return")
    told = split(back, replacement_for="A-1")
    told.scans(scan("picked_up", MONDAY))
    told.wait(MONDAY + MINUTE)

    assert told.messages() == [("shipped", "send", None)]


def test_a_replacement_of_two_parcels_is_split_like_any_order() -> None:
    told = split(replacement_for="A-1")
    told.scans(scan("picked_up", MONDAY))
    told.wait(SLOT)

    assert told.messages() == [("shipped", "held", "budget"), ("shipped", "send", None)]


def test_an_order_that_is_split_later_lets_what_comes_then_wait() -> None:
    told = Story()
    told.tell(order_fact(timezone=NEW_YORK))
    told.scans(scan("picked_up", MONDAY - hours(20)))
    told.wait(MONDAY - hours(1))
    assert told.messages() == [("shipped", "send", None)]

    told.tell(order_fact(timezone=NEW_YORK, heard=MONDAY, others=(OTHER,)))
    told.scans(scan("delivered", MONDAY + MINUTE))
    told.wait(SLOT)

    assert told.messages()[1:] == [("delivered", "held", "budget"), ("delivered", "send", None)]


def test_a_return_of_a_split_order_is_none_of_its_parcels() -> None:
    told = split(OTHER, OrderShipment(carrier="ups", tracking_number="1ZTHIRD"), direction="return")
    told.scans(scan("damaged", MONDAY, reason="damaged"))

    assert last(told)["text"].startswith("Order A-1001: UPS reports damage")


def test_what_the_customer_has_to_act_on_does_not_wait() -> None:
    told = split()
    told.scans(scan("attempted", MONDAY, reason="recipient_unavailable"))
    told.wait(MONDAY + hours(0.5))

    assert last(told)["fate"] == "send"
    assert last(told)["idempotency_key"].startswith(f"ups:{NUMBER}/critical/")


def test_what_a_person_has_approved_does_not_wait() -> None:
    told = split()
    told.scans(scan("damaged", MONDAY, reason="damaged"))
    told.tell(action_fact("approve", MONDAY + hours(1), message_id=last(told)["message_id"]))
    told.wait(MONDAY + hours(1) + MINUTE)

    assert (last(told)["fate"], last(told)["decided_by"]) == ("send", "sam")
    assert last(told)["idempotency_key"].startswith(f"ups:{NUMBER}/")


def test_imported_history_does_not_wait_to_be_suppressed() -> None:
    told = split()
    told.scans(scan("delivered", MONDAY), imported=True)
    told.wait(MONDAY + MINUTE)

    assert told.messages() == [("delivered", "suppressed", "imported")]


def test_what_waits_was_delivered_meanwhile_and_only_that_is_told() -> None:
    told = split()
    told.scans(scan("out_for_delivery", MONDAY))
    told.wait(MONDAY + MINUTE)
    told.scans(scan("delivered", MONDAY + hours(4)))
    told.wait(SLOT)

    assert told.messages() == [
        ("out_for_delivery", "held", "budget"),
        ("delivered", "held", "budget"),
        ("out_for_delivery", "dropped", "state_moved_on"),
        ("delivered", "send", None),
    ]
    assert last(told)["idempotency_key"] == KEY


def test_a_ticket_opened_before_the_slot_keeps_the_message_away() -> None:
    told = split()
    told.scans(scan("picked_up", MONDAY))
    told.tell(ticket_fact("opened", SLOT - MINUTE, intent="wismo"))
    told.wait(SLOT)

    assert told.messages() == [("shipped", "held", "budget"), ("shipped", "suppressed", "ticket_open")]


def test_past_the_slot_it_waits_for_that_of_the_next_day() -> None:
    told = split()
    told.scans(scan("picked_up", SLOT + MINUTE))
    told.wait(TOMORROW)

    assert [value["not_before"] for value in told.of("customer-messages")] == [TOMORROW, None]
    assert last(told)["idempotency_key"] == "order:A-1001/digest/2026-03-03T18:00"


def test_what_is_decided_at_the_slots_own_minute_goes_with_it() -> None:
    told = split()
    told.scans(scan("picked_up", SLOT - timedelta(seconds=20)))
    told.wait(SLOT)

    assert (last(told)["fate"], last(told)["received_at"], last(told)["idempotency_key"]) == ("send", SLOT, KEY)


def test_quiet_hours_come_first_and_the_slot_after_them() -> None:
    night = datetime(2026, 3, 3, 4, 0, tzinfo=UTC)
    told = split()
    told.scans(scan("picked_up", night))
    told.wait(TOMORROW)

    assert [fate for _, *fate in told.messages()] == [["held", "quiet_hours"], ["held", "budget"], ["send", None]]


def test_a_mark_that_comes_late_sends_under_the_key_of_the_slot_that_was_waited_for() -> None:
    told = split()
    told.scans(scan("picked_up", MONDAY))
    told.wait(MONDAY + hours(1))
    assert told.shipment is not None

    late = sweep(told.shipment, SLOT + hours(2), told.policy)

    [event] = [one for one in late.events if one.topic == "customer-messages"]
    assert (event.value["fate"], event.value["idempotency_key"], event.value["digest_at"]) == ("send", KEY, SLOT)
    assert late.shipment.sent[-1].at == SLOT


def test_a_mark_that_comes_in_the_quiet_hours_lets_it_wait_for_another_slot() -> None:
    told = split()
    told.scans(scan("picked_up", MONDAY))
    told.wait(MONDAY + hours(1))
    assert told.shipment is not None
    told.shipment = sweep(told.shipment, SLOT + hours(4), told.policy).shipment

    told.wait(TOMORROW)

    assert last(told)["idempotency_key"] == "order:A-1001/digest/2026-03-03T18:00"


def test_two_parcels_of_one_slot_share_the_key_and_keep_their_message_ids() -> None:
    sent = []
    for carrier in ("ups", "usps"):
        told = Story()
        told.tell(order_fact(carrier, timezone=NEW_YORK, others=(OTHER,)))
        told.scans(scan("picked_up", MONDAY, carrier))
        told.wait(SLOT)
        sent.append(last(told))

    assert [one["idempotency_key"] for one in sent] == [KEY, KEY]
    assert sent[0]["message_id"] != sent[1]["message_id"]


def two_promises(policy: PolicyBook | None = None) -> Story:
    """One parcel that has two things to say at one slot: it was sent, and it will be late."""
    told = split(policy=policy, promise_date="2026-03-09")
    told.scans(scan("picked_up", MONDAY))
    late = datetime(2026, 3, 12, 20, tzinfo=UTC)
    told.scans(scan("in_transit", MONDAY + hours(1), estimated_delivery_at=late))
    told.wait(SLOT)
    return told


def test_two_messages_of_one_parcel_go_in_one_letter_and_do_not_keep_each_other_away() -> None:
    told = two_promises()

    sent = [value for value in told.of("customer-messages") if value["fate"] == "send"]
    assert sorted(value["about"] for value in sent) == ["promise_at_risk", "shipped"]
    assert {value["idempotency_key"] for value in sent} == {KEY}


def test_the_slots_of_two_days_do_not_keep_each_other_away() -> None:
    told = split()
    told.scans(scan("picked_up", MONDAY))
    told.wait(SLOT)
    told.scans(scan("out_for_delivery", TOMORROW - hours(1)))
    told.wait(TOMORROW)

    assert told.messages()[-1] == ("out_for_delivery", "send", None)
    assert last(told)["received_at"] == TOMORROW


def test_a_late_mark_of_one_day_does_not_keep_the_next_days_letter_away() -> None:
    told = split(policy=book("{budget: {apart: 24h}}"))
    told.scans(scan("picked_up", MONDAY))
    told.wait(MONDAY + hours(1))
    assert told.shipment is not None
    told.shipment = sweep(told.shipment, SLOT + hours(0.5), told.policy).shipment
    told.scans(scan("out_for_delivery", TOMORROW - hours(1)))
    told.wait(TOMORROW)

    assert told.messages()[-1] == ("out_for_delivery", "send", None)
    assert last(told)["received_at"] == TOMORROW


def test_a_letter_counts_once_in_the_budget_of_all_messages() -> None:
    told = two_promises(book("{budget: {most: 2}}"))
    told.scans(scan("out_for_delivery", TOMORROW - hours(1)))
    told.wait(TOMORROW)

    assert (last(told)["about"], last(told)["fate"]) == ("out_for_delivery", "send")

    told.scans(scan("delivered", TOMORROW + hours(1)))
    told.wait(TOMORROW + hours(24))
    assert told.messages()[-1] == ("delivered", "suppressed", "budget")


def test_something_sent_by_itself_within_half_a_day_puts_the_letter_off() -> None:
    told = split()
    told.scans(scan("picked_up", MONDAY))
    told.scans(scan("attempted", MONDAY + hours(3), reason="recipient_unavailable"))
    told.scans(scan("in_transit", MONDAY + hours(5)))
    told.wait(TOMORROW)

    assert told.messages()[2:] == [
        ("attempt_failed", "send", None),
        ("shipped", "held", "budget"),
        ("shipped", "held", "quiet_hours"),
        ("shipped", "held", "budget"),
        ("shipped", "send", None),
    ]
    waited = [value["not_before"] for value in told.of("customer-messages")[3:]]
    assert waited == [MONDAY + hours(15.5), MONDAY + hours(22), TOMORROW, None]


def test_a_topic_may_be_taken_out() -> None:
    told = split(policy=book("{digest: {apart: [delivered]}}"))
    told.scans(scan("delivered", MONDAY))
    told.wait(MONDAY + MINUTE)

    assert told.messages() == [("delivered", "send", None)]
    assert last(told)["idempotency_key"] == f"ups:{NUMBER}/milestone/delivered/1"


def test_the_digest_may_be_switched_off_even_while_messages_wait() -> None:
    off = book("{digest: {enabled: false}}")
    told = split(policy=off)
    told.scans(scan("picked_up", MONDAY))
    told.wait(MONDAY + MINUTE)
    assert told.messages() == [("shipped", "send", None)]

    waiting = split()
    waiting.scans(scan("picked_up", MONDAY))
    waiting.wait(MONDAY + MINUTE)
    waiting.policy = off
    waiting.wait(SLOT)
    assert last(waiting)["idempotency_key"] == f"ups:{NUMBER}/milestone/shipped/1"
    assert "digest_at" not in last(waiting)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("picked_up", "One of the 2 parcels of your order A-1001: your parcel is on its way with UPS, number 1Z9"),
        ("delivered", f"One of the 2 parcels of your order A-1001, number {NUMBER}: UPS delivered your parcel."),
    ],
)
def test_each_text_stands_alone_and_names_its_parcel_once(state: str, words: str) -> None:
    told = split()
    told.scans(scan(state, MONDAY))
    told.wait(SLOT)

    assert last(told)["text"].startswith(words)
    assert last(told)["text"].count(NUMBER) == 1


def test_a_text_that_tells_of_the_other_parcels_itself_stays_as_it_is() -> None:
    told = split()
    told.scans(scan("in_transit", MONDAY))
    assert told.shipment is not None
    draft = Draft(told.shipment, MONDAY, MONDAY, "fact", told.policy.at(MONDAY, "ups"))
    case = Case(case_id="c", kind="partial_delivery", episode=1, owner="support", opened_at=MONDAY, posture="update")

    text = case_text(draft, case)

    assert text.startswith("Order A-1001: the other parcels of your order have arrived.")
    assert NUMBER in text


@pytest.mark.parametrize(
    ("now", "zone", "slot"),
    [
        ("2026-03-02T22:59:59", NEW_YORK, "2026-03-02T23:00:00"),
        ("2026-03-02T23:00:00", NEW_YORK, "2026-03-02T23:00:00"),
        ("2026-03-02T23:00:01", NEW_YORK, "2026-03-03T23:00:00"),
        ("2026-03-02T23:30:00", "Pacific/Auckland", "2026-03-03T05:00:00"),  # the 3rd there already
        ("2026-03-03T02:30:00", "Pacific/Honolulu", "2026-03-03T04:00:00"),  # still the 2nd there
        ("2026-03-07T23:01:00", NEW_YORK, "2026-03-08T22:00:00"),  # clocks go forward: 23 h later
        ("2026-10-31T22:01:00", NEW_YORK, "2026-11-01T23:00:00"),  # clocks go back: 25 h later
        ("2026-12-31T18:00:01", "UTC", "2027-01-01T18:00:00"),
    ],
)
def test_the_slot_is_the_next_one_at_the_destination(now: str, zone: str, slot: str) -> None:
    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    assert next_slot(moment(now), ZoneInfo(zone), time(18)) == moment(slot)


def test_an_hour_that_the_day_lacks_is_the_next_one() -> None:
    before = datetime(2026, 3, 8, 5, tzinfo=UTC)

    assert next_slot(before, ZoneInfo(NEW_YORK), time(2, 30)) == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)


def test_an_order_without_a_destination_has_its_slot_in_utc() -> None:
    fact = order_fact(others=(OTHER,))
    told = Story()
    told.tell(replace(fact, order=replace(fact.order, destination=None)))
    told.scans(scan("picked_up", MONDAY))
    told.wait(MONDAY + hours(3))

    assert last(told)["received_at"] == MONDAY.replace(hour=18)
    assert last(told)["idempotency_key"] == "order:A-1001/digest/2026-03-02T18:00"
