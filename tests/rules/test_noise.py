"""What must not reach a customer, and what must not keep a case from its owner: one scenario each."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.rules.builders import DAY_BEFORE, MONDAY, Story, action_fact, hours, order_fact, scan

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
