"""The filter bar: out of a URL, over rows, back into links."""

from datetime import timedelta

import pytest

from dashboard.filters import Filter, in_order, matches, read_filter, tally
from sinks.board.views import Case, QueueRow
from tests.sinks.samples import NOON


def row(**changes: object) -> QueueRow:
    case = {
        "case_id": "c1", "topic": "exceptions-support", "heard": NOON, "happened": NOON, "change": "opened",
        "kind": "stalled", "owner": "support", "severity": "urgent", "score": 65, "opened_at": NOON,
        "due_by": NOON + timedelta(hours=30), "next_action": "Open a trace.",
    }  # fmt: skip
    own = {name: value for name, value in changes.items() if name in Case.__struct_fields__}
    rest = {name: value for name, value in changes.items() if name not in own}
    subject = {"id": "ups:1Z1", "carrier": "ups", "tracking_number": "1Z1", "order_id": "A-1", "state": "in_transit"}
    return QueueRow(case=Case(**{**case, **own}), **{**subject, **rest})  # type: ignore[arg-type]


def test_a_filter_survives_its_own_url() -> None:
    chosen = read_filter({"owner": "support", "kind": "damaged", "age": "1d", "text": " a 1 ", "sort": "due"})
    assert chosen == Filter(owner="support", kind="damaged", age="1d", text="a 1", sort="due")
    assert chosen.query == "owner=support&kind=damaged&age=1d&text=a+1&sort=due"
    assert chosen.active == ["owner", "kind", "age", "text"]
    assert chosen.link(owner="", text="") == "/?kind=damaged&age=1d&sort=due"
    assert Filter().link() == "/"


def test_values_that_do_not_exist_filter_nothing() -> None:
    odd = {"owner": "nobody", "severity": "<b>", "kind": "x", "state": "y", "age": "9y", "due": "?", "sort": "?"}
    assert read_filter(odd) == Filter()


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, True), ({"severity": "urgent"}, True), ({"severity": "critical"}, False), ({"kind": "stalled"}, True),
        ({"carrier": "usps"}, False), ({"state": "in_transit"}, True), ({"text": "a1"}, True), ({"text": "1z-1"}, True),
        ({"text": "trace"}, True), ({"text": "zzz"}, False), ({"age": "1h"}, True), ({"age": "4h"}, False),
        ({"due": "overdue"}, False), ({"due": "today"}, False),
    ],
)  # fmt: skip
def test_what_is_shown_two_hours_later(query: dict[str, str], shown: bool) -> None:
    assert matches(row(), read_filter(query), NOON + timedelta(hours=2)) is shown


def test_due_is_seen_from_now() -> None:
    assert matches(row(), Filter(due="today"), NOON + timedelta(hours=10))
    assert matches(row(), Filter(due="overdue"), NOON + timedelta(hours=31))
    assert not matches(row(due_by=None), Filter(due="overdue"), NOON)


def test_orders() -> None:
    old = row(case_id="old", opened_at=NOON - timedelta(days=1), due_by=None, score=1)
    urgent = row(case_id="urgent", score=99)
    soon = row(case_id="soon", due_by=NOON)
    rows = [old, urgent, soon]
    found = {sort: [one.case.case_id for one in in_order(rows, sort)] for sort in ("severity", "age", "due")}
    assert found == {
        "severity": ["urgent", "soon", "old"],
        "age": ["old", "soon", "urgent"],
        "due": ["soon", "urgent", "old"],
    }


def test_every_owner_has_a_tally() -> None:
    found = tally({("owner", "support", "urgent"): 2, ("owner", "ghost", "urgent"): 1, ("kind", "stalled"): 3})
    assert {owner: open_.total() for owner, open_ in found.items()} == {
        "fulfillment": 0, "support": 2, "finance": 0, "operations": 0,
    }  # fmt: skip
