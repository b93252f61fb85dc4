"""A batch sees its own writes over the store, and a failed slice leaves none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.engine.errors import RecordTooLarge
from streams.engine.overlay import Overlay


class Store:
    def __init__(self, rows: dict[bytes, bytes]) -> None:
        self.rows = rows

    def get(self, partition, key):
        return self.rows.get(key)

    def scan(self, partition, start, end):
        return iter(sorted((k, v) for k, v in self.rows.items() if start <= k < end))


def overlay(rows=(), ordered=True, limit=100) -> Overlay:
    return Overlay(Store(dict(rows)), 0, ordered=ordered, limit=limit)


def test_reads_fall_through_and_writes_stay_in_the_overlay() -> None:
    rows = overlay({b"a": b"1", b"b": b"2"})
    rows.put(b"a", b"9")
    rows.delete(b"b")
    assert (rows.get(b"a"), rows.get(b"b"), rows.get(b"c")) == (b"9", None, None)
    assert rows.changes == {b"a": b"9", b"b": None}


def test_rollback_goes_back_to_the_savepoint() -> None:
    rows = overlay({b"s": b"0"})
    rows.put(b"a", b"1")
    rows.savepoint()
    for key in (b"a", b"b", b"s"):
        rows.put(key, b"2")
        rows.delete(key)
    rows.rollback()
    assert rows.changes == {b"a": b"1"}
    assert rows.range(b"a", b"z", 10) == [(b"a", b"1"), (b"s", b"0")]


def test_rows_that_cannot_be_sent_are_refused() -> None:
    rows = overlay(limit=10)
    with pytest.raises(RecordTooLarge, match="has 11 bytes, the limit is 10"):
        rows.put(b"k", b"x" * 10)
    with pytest.raises(TypeError):
        rows.put("k", b"x")
    with pytest.raises(TypeError):
        rows.put(b"k", "x")
    with pytest.raises(ValueError, match="not empty"):
        rows.put(b"", b"x")
    assert rows.changes == {}


def test_range_needs_an_ordered_table() -> None:
    with pytest.raises(TypeError, match="ordered=True"):
        overlay(ordered=False).range(b"a", b"b", 1)


KEYS = st.binary(min_size=1, max_size=2)


@given(
    stored=st.dictionaries(KEYS, st.just(b"s"), max_size=20),
    writes=st.lists(st.tuples(KEYS, st.sampled_from([b"w", None])), max_size=20),
    bounds=st.tuples(KEYS, KEYS),
    limit=st.integers(-1, 8),
)
def test_range_equals_a_sorted_dictionary(stored, writes, bounds, limit) -> None:
    rows = overlay(stored)
    want = dict(stored)
    for key, value in writes:
        if value is None:
            rows.delete(key)
            want.pop(key, None)
        else:
            rows.put(key, value)
            want[key] = value
    start, end = bounds
    expected = sorted((k, v) for k, v in want.items() if start <= k < end)[: max(limit, 0)]
    assert rows.range(start, end, limit) == expected
