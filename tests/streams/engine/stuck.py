"""A counting worker that reads and never gets a batch done, with a watchdog: for the test that it is ended.

Run as a module with the arguments of `tests.streams.engine.counting`.
"""

import asyncio
import sys
from collections.abc import Collection
from typing import Any

import faust

from sinks.progress import Progress
from sinks.settings import Settings
from streams.engine.app import EngineApp
from streams.engine.tp import TP
from streams.engine.watchdog import Limits, Watchdog
from tests.streams.engine.counting import make


async def _never(*_: Any) -> None:
    await asyncio.Event().wait()


def watched(app: EngineApp, bootstrap: str, name: str) -> None:
    """Let a watchdog look at the app every half second."""
    progress = Progress(Settings(kafka_bootstrap_servers=bootstrap), name)

    def reached(tps: Collection[TP]) -> dict[TP, tuple[int, int]]:
        return {TP(*place): found for place, found in progress.reached(tps).items()}

    app.on_before_first_start(Watchdog(app, reached, Limits(still=3, every=0.5)).start)


if __name__ == "__main__":
    bootstrap, name, store, datadir, _ = sys.argv[1:]
    app = make(bootstrap, name, store, datadir)
    app.write = _never  # type: ignore[method-assign]
    watched(app, bootstrap, name)
    faust.Worker(app, loglevel="INFO").execute_from_commandline()
