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


def test_an_absent_view_puts_nothing_on_the_board() -> None:
    nothing = project(None)
    assert (nothing.counts, nothing.index, nothing.rows) == ({}, frozenset(), {})


def test_a_view_is_found_by_order_customer_and_number() -> None:
    assert sorted(index_names(view())) == ["customer:C7", "order:A1", "tracking:1Z1"]


@pytest.mark.parametrize("typed", ["1z 999 aa1", "1Z-999-AA1", "1Z999AA1", " 1z999aa1\t"])
def test_people_may_type_a_number_as_they_like(typed: str) -> None:
    assert searchable(typed) == "1Z999AA1"
