"""A worker that no longer works is ended: it stands still, stays in recovery, hangs, or goes on after an error."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from streams.engine.errors import Stalled
from streams.engine.tp import TP
from streams.engine.watchdog import CANARIES, Canary, Limits, Standstill, Watchdog

ONE, TWO = TP("in", 0), TP("in", 1)
LIMITS = Limits(still=60, recovery=300, loop=30)


def test_a_partition_stands_still_from_when_records_first_waited() -> None:
    still = Standstill()
    assert still.look({ONE: (5, 5), TWO: (1, 2)}, 100) == {TWO: 0}
    assert still.look({ONE: (5, 9), TWO: (1, 7)}, 130) == {ONE: 0, TWO: 30}
    assert still.look({ONE: (5, 9), TWO: (7, 7)}, 150) == {ONE: 20}
    assert still.look({ONE: (6, 9), TWO: (7, 8)}, 160) == {ONE: 0, TWO: 0}


def test_a_partition_that_came_back_begins_anew() -> None:
    still = Standstill()
    still.look({ONE: (0, 1)}, 0)
    still.look({}, 50)
    assert still.look({ONE: (0, 1)}, 90) == {ONE: 0}


@pytest.mark.parametrize("text", CANARIES)
def test_the_canary_hears_what_faust_swallows(text: str) -> None:
    canary = Canary()
    canary.handle(logging.makeLogRecord({"msg": "%s: why", "args": (text,), "levelno": logging.WARNING}))
    assert canary.heard == f"{text}: why"


def test_the_canary_minds_nothing_else() -> None:
    canary = Canary()
    canary.handle(logging.makeLogRecord({"msg": "Recovery rebalancing again", "levelno": logging.WARNING}))
    assert canary.heard is None


class App:
    """As much of an app as the watchdog asks."""

    def __init__(self) -> None:
        self.is_flowing = True
        self.reached: Any = {ONE: (0, 10)}
        self.failed: list[BaseException] = []
        self.ended = threading.Event()

    def sources(self) -> list[TP]:
        return [ONE]

    def ask(self, tps: Any) -> Any:
        if isinstance(self.reached, Exception):
            raise self.reached
        return self.reached

    def fail(self, reason: str, error: BaseException) -> None:
        self.failed.append(error)
        self.ended.set()


def dog(app: App, limits: Limits = LIMITS) -> tuple[Watchdog, float]:
    watchdog = Watchdog(app, app.ask, limits)
    return watchdog, watchdog._beat


def test_it_gives_up_a_worker_that_commits_nothing() -> None:
    app = App()
    watchdog, began = dog(app, Limits(still=60, loop=0))
    assert watchdog.why(began) is None
    assert watchdog.why(began + 60) is None
    assert watchdog.why(began + 61) == "nothing was committed for 61 s while records wait: in/0"
    assert watchdog.longest == 61


def test_one_that_commits_is_well() -> None:
    app = App()
    watchdog, began = dog(app, Limits(still=60, loop=0))
    for step in range(10):
        app.reached = {ONE: (step, 10)}
        assert watchdog.why(began + 50 * step) is None


def test_a_broker_that_does_not_answer_is_no_fault_of_the_worker() -> None:
    app = App()
    watchdog, began = dog(app, Limits(still=60, loop=0))
    app.reached = OSError("away")
    assert [watchdog.why(began + 100 * step) for step in range(5)] == [None] * 5


def test_recovery_has_its_own_limit_and_the_clock_begins_after_it() -> None:
    app = App()
    watchdog, began = dog(app, Limits(still=60, recovery=300, loop=0))
    app.is_flowing = False
    assert watchdog.why(began + 299) is None
    assert watchdog.why(began + 301) == "recovery has taken 301 s"
    app.is_flowing = True
    assert watchdog.why(began + 302) is None
    app.is_flowing = False
    assert watchdog.why(began + 602) is None


def test_a_loop_that_does_not_answer() -> None:
    watchdog, began = dog(App())
    assert watchdog.why(began + 31) == "the event loop has not answered for 31 s"


def test_nought_means_never() -> None:
    app = App()
    watchdog, began = dog(app, Limits(still=0, recovery=0, loop=0))
    watchdog.why(began)
    assert watchdog.why(began + 1e6) is None


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    thread = threading.Thread(target=made.run_forever)
    thread.start()
    yield made
    made.call_soon_threadsafe(made.stop)
    thread.join()
    made.close()


def test_the_thread_ends_the_process_once(loop: asyncio.AbstractEventLoop) -> None:
    app = App()
    watchdog = Watchdog(app, app.ask, Limits(still=0.05, loop=5, every=0.02))
    watchdog.start(loop)
    assert app.ended.wait(10)
    watchdog.stop()
    assert [type(error) for error in app.failed] == [Stalled]


def test_the_thread_hears_the_canary(loop: asyncio.AbstractEventLoop) -> None:
    app = App()
    app.reached = {ONE: (10, 10)}
    watchdog = Watchdog(app, app.ask, Limits(every=0.02))
    watchdog.start(loop)
    logging.getLogger("faust.tables.recovery").warning("Error in recovery KeyError()")
    assert app.ended.wait(10)
    watchdog.stop()
    assert "KeyError" in str(app.failed[0])


def test_a_hanging_loop_ends_the_process() -> None:
    hanging = SimpleNamespace(call_soon_threadsafe=lambda call: None)
    app = App()
    app.reached = {ONE: (10, 10)}
    watchdog = Watchdog(app, app.ask, Limits(loop=0.05, every=0.02))
    watchdog.start(hanging)  # type: ignore[arg-type]
    assert app.ended.wait(10)
    watchdog.stop()
    assert "event loop" in str(app.failed[0])
