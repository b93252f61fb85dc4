"""What a view puts on the board."""

import pytest

from sinks.board.batch import decode, fold_in
from sinks.board.projection import index_names, project, searchable
from sinks.board.views import View
from tests.sinks.samples import Log

SHIPMENT = "ups:1Z1"


def view() -> View:
    log = Log()
    batch = decode(
        [log.state(SHIPMENT, "attempted", order_id="A-1", customer_id="C-7"), log.case("support", SHIPMENT, "c1")]
    )
    fold_in(batch)
    found = batch.views[SHIPMENT]
    assert found is not None
    return found


def test_counts_tell_states_owners_and_kinds_apart() -> None:
    assert project(view()).counts == {
        "state|attempted": 1, "carrier|ups|state|attempted": 1, "owner|support|urgent": 1, "kind|stalled": 1,
        "carrier|ups|kind|stalled": 1,
    }  # fmt: skip


def test_cases_in_shadow_are_counted_apart_and_stand_in_no_queue() -> None:
    log = Log()
    shadow = {"topic": "shadow-exceptions", "shadow": "policy"}
    batch = decode(
        [
            log.state(SHIPMENT, "in_transit"), log.case("operations", SHIPMENT, "c1"),
            log.case("operations", SHIPMENT, "s1", **shadow),
            log.case("support", SHIPMENT, "s2", kind="refused", **shadow),
            log.case("support", SHIPMENT, "s3", kind="damaged", **{**shadow, "shadow": "kind"}),
            log.case("support", SHIPMENT, "s4", **shadow),
            log.case("support", SHIPMENT, "s4", change="resolved", **shadow),
        ]
    )  # fmt: skip
    fold_in(batch)
    found = project(batch.views[SHIPMENT])

    assert {name: count for name, count in found.counts.items() if name.startswith("shadow")} == {
        "shadow|policy|both": 1, "shadow|policy|alone": 1, "shadow|kind|alone": 1,
    }  # fmt: skip
    assert (found.counts["kind|stalled"], found.counts["kind|refused"], list(found.rows)) == (1, 0, ["c1"])


def test_an_absent_view_puts_nothing_on_the_board() -> None:
    nothing = project(None)
    assert (nothing.counts, nothing.index, nothing.rows) == ({}, frozenset(), {})


def test_a_view_is_found_by_order_customer_and_number() -> None:
    assert sorted(index_names(view())) == ["customer:C7", "order:A1", "tracking:1Z1"]


@pytest.mark.parametrize("typed", ["1z 999 aa1", "1Z-999-AA1", "1Z999AA1", " 1z999aa1\t"])
def test_people_may_type_a_number_as_they_like(typed: str) -> None:
    assert searchable(typed) == "1Z999AA1"
