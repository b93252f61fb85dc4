"""The clock of a partition: what waits, what falls due, and that lost marks do no harm."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rules.pipeline.clock import Due, Held, PartitionClock, on_grid
from rules.pipeline.memory import MemoryRows

T0 = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def clock(*origins: str, strict: bool = False, rows: MemoryRows | None = None) -> PartitionClock:
    return PartitionClock(MemoryRows() if rows is None else rows, 0, frozenset(origins), strict=strict)


def test_the_clock_is_the_least_of_its_inputs() -> None:
    both = clock("a", "b")
    list(both.mark("a", T0 + MINUTE))
    assert both.now is None

    list(both.mark("b", T0))

    assert both.now == T0


def test_the_clock_survives_in_its_rows() -> None:
    rows = MemoryRows()
    one = clock("a", rows=rows)
    list(one.mark("a", T0))
    one.save()

    assert clock("a", rows=rows).now == T0


def test_a_mark_of_an_unknown_input_or_of_the_past_changes_nothing() -> None:
    one = clock("a")
    list(one.mark("a", T0))
    list(one.mark("a", T0 - MINUTE))
    list(one.mark("stranger", T0 + MINUTE))

    assert one.now == T0


def test_what_falls_due_is_decided_at_its_own_minute_even_after_a_gap() -> None:
    one = clock("a")
    list(one.mark("a", T0))
    one.arm("late", T0 + timedelta(minutes=7, seconds=1))
    one.arm("soon", T0 + timedelta(minutes=3))

    steps = list(one.mark("a", T0 + 60 * MINUTE))

    assert steps == [Due("soon", T0 + 3 * MINUTE), Due("late", T0 + 8 * MINUTE)]


def test_what_a_step_arms_at_a_time_that_has_passed_is_met_before_the_next_step() -> None:
    one = clock("a")
    one.arm("x", T0 + 3 * MINUTE)
    one.arm("z", T0 + 4 * MINUTE)
    met = []
    for step in one.mark("a", T0 + 5 * MINUTE):
        assert isinstance(step, Due)
        met.append((step.subject, step.now))
        if step.subject == "x":
            one.arm("y", T0 + MINUTE)

    assert met == [("x", T0 + 3 * MINUTE), ("y", T0 + MINUTE), ("z", T0 + 4 * MINUTE)]


def test_what_is_armed_during_a_step_is_met_in_the_same_pass() -> None:
    one = clock("a")
    one.arm("x", T0 + MINUTE)
    seen = []
    for step in one.mark("a", T0 + 10 * MINUTE):
        assert isinstance(step, Due)
        seen.append(step.now)
        if len(seen) < 3:
            one.arm("x", step.now + 2 * MINUTE)

    assert seen == [T0 + MINUTE, T0 + 3 * MINUTE, T0 + 5 * MINUTE]


def test_an_event_behind_a_mark_the_clock_has_not_reached_waits() -> None:
    both = clock("fast", "slow")
    list(both.mark("slow", T0))
    list(both.mark("fast", T0 + 5 * MINUTE))
    assert both.must_wait("fast")
    both.hold("fast", "1", b"event")
    both.arm("x", T0 + 4 * MINUTE)

    assert list(both.mark("slow", T0 + 4 * MINUTE)) == [Due("x", T0 + 4 * MINUTE)]
    assert list(both.mark("slow", T0 + 5 * MINUTE)) == [Held(b"event", T0 + 5 * MINUTE)]
    assert not both.must_wait("fast")


def test_without_marks_nothing_waits_for_them() -> None:
    assert not clock("a").must_wait("a")


def test_strict_order_holds_a_minute_until_it_is_complete() -> None:
    one = clock("a", strict=True)
    list(one.mark("a", T0))
    one.hold("a", "2", b"second")
    one.hold("a", "1", b"first")
    one.arm("x", T0 + MINUTE)

    steps = list(one.mark("a", T0 + MINUTE))

    assert steps == [Held(b"first", T0), Held(b"second", T0), Due("x", T0 + MINUTE)]


def test_the_closing_mark_opens_no_new_minute() -> None:
    one = clock("a", strict=True)
    list(one.mark("a", T0))
    one.hold("a", "1", b"last")
    one.arm("x", T0 + timedelta(seconds=1))

    assert list(one.mark("a", T0 + timedelta(seconds=59, microseconds=1))) == [Held(b"last", T0)]


def test_rows_of_two_partitions_may_share_a_store() -> None:
    rows = MemoryRows()
    first = PartitionClock(rows, 0, frozenset("a"), strict=False)
    second = PartitionClock(rows, 1, frozenset("a"), strict=False)
    first.arm("x", T0)
    second.arm("x", T0)

    assert len(rows) == 2


@given(st.timedeltas(timedelta(), timedelta(days=4000)))
def test_the_grid_is_the_first_minute_at_or_after(after: timedelta) -> None:
    moment = T0 + after

    grid = on_grid(moment)

    assert timedelta() <= grid - moment < MINUTE
    assert grid.second == grid.microsecond == 0


@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=20),
    st.lists(st.integers(1, 60), max_size=20),
)
def test_lost_and_doubled_marks_do_no_harm(dues: list[int], marks: list[int]) -> None:
    def decided(times: list[int]) -> list[Due | Held]:
        one = clock("a")
        for number, due in enumerate(dues):
            one.arm(f"s{number:02d}", T0 + due * MINUTE)
        return [step for minute in times for step in one.mark("a", T0 + minute * MINUTE)]

    assert decided(sorted([*marks, *marks, 60])) == decided(list(range(61)))
