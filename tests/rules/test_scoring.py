"""The score is a sum whose every term can be read."""

from datetime import timedelta
from typing import Any

import pytest

from rules.loading import load_policy
from rules.scoring import band
from tests.rules.builders import MONDAY, Story, hours, order_fact, scan, ticket_fact

POLICY = load_policy().at(MONDAY)


@pytest.mark.parametrize(
    ("points", "severity"),
    [(0, "watch"), (29, "watch"), (30, "routine"), (59, "routine"), (60, "urgent"), (79, "urgent"), (80, "critical")],
)
def test_bands(points: int, severity: str) -> None:
    assert band(points, POLICY) == severity


def damaged(**order: Any) -> dict[str, dict[str, object]]:
    told = Story()
    told.tell(order_fact(**order))
    told.scans(scan("damaged", MONDAY, reason="damaged"))
    value = next(one for one in told.of("exceptions-support") if one["kind"] == "damaged")
    assert value["score"] == sum(term["points"] for term in value["terms"].values())
    return value["terms"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("order", "term", "points"),
    [
        ({}, "base", 50),
        ({"amount": "49.99"}, "value", 0),
        ({"amount": "50.00"}, "value", 2),
        ({"amount": "100"}, "value", 4),
        ({"amount": "9999"}, "value", 10),
        ({"tier": "vip"}, "customer", 10),
        ({"orders_before": 0}, "customer", 5),
        ({"tier": "vip", "orders_before": 0}, "customer", 10),
        ({"failed_deliveries_90d": 2}, "support", 5),
        ({"replacement_for": "A-1"}, "replacement", 15),
        ({"promise_date": "2026-03-01", "timezone": "UTC"}, "promise", 2),
        ({"promise_date": "2026-01-01", "timezone": "UTC"}, "promise", 20),
    ],
)
def test_each_term_has_its_points_value_and_policy(order: dict[str, Any], term: str, points: int) -> None:
    found = damaged(**order)[term]

    assert found["points"] == points
    assert found["policy"]


def test_a_ticket_and_an_earlier_failure_add_up() -> None:
    told = Story()
    told.tell(order_fact(failed_deliveries_90d=1), ticket_fact("opened", MONDAY - hours(1)))
    told.scans(scan("damaged", MONDAY, reason="damaged"))

    assert told.of("exceptions-support")[0]["terms"]["support"]["points"] == 10


def test_doubt_takes_points_away() -> None:
    told = Story()
    told.scans(scan("damaged", MONDAY, reason="damaged", quality="naive"))

    assert told.of("exceptions-support")[0]["terms"]["doubt"]["points"] == -5


def test_age_counts_after_the_usual_days() -> None:
    told = Story()
    told.scans(scan("picked_up", MONDAY - timedelta(days=8), code="A"))
    told.scans(scan("damaged", MONDAY, reason="damaged"), heard=MONDAY)

    assert told.of("exceptions-support")[0]["terms"]["age"]["points"] == 5


def test_a_warning_stays_a_watch_whatever_it_would_score() -> None:
    told = Story()
    told.tell(order_fact(tier="vip", amount="900", replacement_for="A-1", failed_deliveries_90d=3))
    told.scans(scan("label_created", MONDAY))
    told.wait(MONDAY + hours(12))

    value = told.of("exceptions-fulfillment")[0]
    assert (value["severity"], value["score"]) == ("watch", 29)
    assert value["terms"]["warning"]["points"] < 0


def test_what_is_critical_is_reviewed_by_a_person_and_finance_watches_large_values() -> None:
    told = Story()
    told.tell(order_fact(tier="vip", amount="900.00", failed_deliveries_90d=1, replacement_for="A-1"))
    told.scans(scan("attempted", MONDAY, reason="recipient_unavailable"))
    value = told.of("exceptions-support")[0]
    assert (value["severity"], value["posture"], value["needs_review"]) == ("urgent", "update", False)
    assert value["watchers"] == ["finance"]

    told.scans(scan("attempted", MONDAY + hours(24), reason="recipient_unavailable", code="B"))
    value = told.of("exceptions-support")[-1]
    assert (value["severity"], value["posture"], value["needs_review"]) == ("critical", "human_review", True)
