"""Where the simulation is let into the real modules: nothing here changes what the engine decides."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch
from zlib import crc32

from rules.loading import load_policy
from rules.policy import PolicyBook
from schemas.words import MARK_HEADER
from tests.simulation.disk import WriteBatch
from tests.simulation.feed import POISON

POISON_SHARE = 23
"""Of facts and links, one in so many makes its handler raise in a run with that poison."""


@cache
def policy(text: str | None = None) -> PolicyBook:
    """The packaged policy, read once."""
    return load_policy(text)


@contextmanager
def seams() -> Iterator[None]:
    """Virtual time and disks; the policy is read once and nothing is logged as a table."""
    ticks = iter(range(sys.maxsize))

    def clock() -> float:
        # Slices are sized by the time they take: a constant one, whatever this machine does meanwhile.
        return next(ticks) / 64

    with ExitStack() as stack:
        for where, what in (
            ("streams.engine.stores.WriteBatch", WriteBatch),
            ("streams.engine.slices.perf_counter", clock),
            ("streams.engine.runner.perf_counter", clock),
            # While a partition is held a fetch looks again only now and then: each look is a dozen turns of a loop.
            ("streams.engine.consumer._HELD_POLL_SECONDS", 0.2),
            ("streams.app.load_policy", policy),
            ("rules.pipeline.link.load_policy", policy),
            ("streams.carrier_tables.use_rows", _ignore),
            ("faust.transport.consumer.terminal.logtable", _ignore),
            ("faust.app.base.venusian.attach", _ignore),  # reads source files for each agent of each app
        ):
            stack.enter_context(patch(where, what))
        yield


def is_poison(stage: str, headers: Any, value: bytes | None, poison: tuple[str, ...]) -> bool:
    """Whether a record makes the handler of `stage` raise; the oracle asks the same."""
    if stage not in poison:
        return False
    if stage == "router":
        return any(name == POISON for name, _ in headers)
    marked = any(name == MARK_HEADER for name, _ in headers)
    return not marked and crc32(value or b"") % POISON_SHARE == 0


def _ignore(*args: Any, **kwargs: Any) -> str:
    return ""
