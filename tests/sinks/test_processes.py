"""Threads of a process: the first that fails stops the others and is heard of."""

import threading

import pytest

from sinks.processes import run_all


def test_a_failure_stops_the_others_and_is_raised() -> None:
    stop = threading.Event()
    ended: list[str] = []

    def patient() -> None:
        stop.wait(10)
        ended.append("patient")

    def broken() -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        run_all([("patient", patient), ("broken", broken)], stop)
    assert ended == ["patient"]


def test_one_that_ends_ends_all() -> None:
    stop = threading.Event()
    run_all([("patient", lambda: stop.wait(10) and None), ("quick", lambda: None)], stop)  # type: ignore[list-item]
    assert stop.is_set()
