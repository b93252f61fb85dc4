"""The one record that makes a handler raise goes to poison, all others are handled."""

import pytest

from streams.engine.errors import RecordTooLarge
from streams.engine.overlay import Overlay
from streams.engine.records import InRecord, OutRecord
from streams.engine.slices import SLICE_RECORDS, Decider
from tests.streams.engine.fakes import EmptyStore, record


def handler(records, rows):
    outputs = []
    for one in records:
        if one.value == b"bad":
            rows["t"].put(b"trace", b"of a bad one")
            raise ValueError(one.offset)
        rows["t"].put(b"seen-%d" % one.offset, b"1")
        size = 10_000 if one.value == b"large" else 1
        outputs.append(OutRecord("out", 0, b"%d" % one.offset, b"x" * size))
    return outputs


def poison(one: InRecord, error: BaseException):
    return [OutRecord("dead", 0, b"%d" % one.offset, repr(error).encode())]


def decide(values, poison=poison):
    overlay = Overlay(EmptyStore(), 0, ordered=True, limit=1000)
    decider = Decider(handler, poison, limit=1000)
    outputs = decider.decide([record(n, value) for n, value in enumerate(values)], {"t": overlay})
    return outputs, overlay


def test_a_clean_slice_is_one_call() -> None:
    outputs, overlay = decide([b""] * 7)
    assert [one.key for one in outputs] == [b"%d" % n for n in range(7)]
    assert len(overlay.changes) == 7


@pytest.mark.parametrize("bad", [{0}, {6}, {3}, {0, 1}, {2, 5, 6}, set(range(7))])
def test_only_the_bad_records_are_poisoned_and_order_is_kept(bad: set[int]) -> None:
    outputs, overlay = decide([b"bad" if n in bad else b"" for n in range(7)])
    assert [one.key for one in outputs] == [b"%d" % n for n in range(7)]
    assert {int(one.key) for one in outputs if one.topic == "dead"} == bad
    assert sorted(overlay.changes) == sorted(b"seen-%d" % n for n in range(7) if n not in bad)


def test_an_output_that_is_too_large_poisons_its_input() -> None:
    outputs, overlay = decide([b"", b"large", b""])
    assert [one.topic for one in outputs] == ["out", "dead", "out"]
    assert b"RecordTooLarge" in outputs[1].value and b"limit is 1000" in outputs[1].value
    assert sorted(overlay.changes) == [b"seen-0", b"seen-2"]


def test_poison_gets_a_bare_error() -> None:
    errors = []
    decide([b""] * 6 + [b"bad"], lambda one, error: errors.append(error) or [])
    assert repr(errors) == "[ValueError(6)]"
    assert errors[0].__context__ is None


def test_a_failing_poison_is_not_caught() -> None:
    def broken(one, error):
        raise LookupError("no dead letters today")

    with pytest.raises(LookupError):
        decide([b"", b"bad"], broken)


def test_a_dead_letter_that_is_too_large_is_not_caught() -> None:
    with pytest.raises(RecordTooLarge):
        decide([b"bad"], lambda one, error: [OutRecord("dead", 0, None, b"x" * 5000)])


def test_running_out_of_memory_is_no_records_fault() -> None:
    def hungry(records, rows):
        raise MemoryError

    overlay = Overlay(EmptyStore(), 0, ordered=False, limit=1000)
    with pytest.raises(MemoryError):
        Decider(hungry, poison, 1000).decide([record(0, b"")], {"t": overlay})


def test_slices_grow_with_fast_handlers_and_shrink_with_slow_ones(monkeypatch) -> None:
    clock = iter([0.0, 0.001, 1.0, 1.250, 2.0, 2.001])
    monkeypatch.setattr("streams.engine.slices.perf_counter", lambda: next(clock))
    decider = Decider(lambda records, rows: [], poison, 1000, slice_records=100)
    records = [record(n, b"") for n in range(100)]
    decider.timed(records, {})
    assert decider.slice_records == 200
    decider.timed(records, {})
    assert decider.slice_records == 10
    decider.slice_records = SLICE_RECORDS
    decider.timed([record(n, b"") for n in range(SLICE_RECORDS)], {})
    assert decider.slice_records == SLICE_RECORDS
