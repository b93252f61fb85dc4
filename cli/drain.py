"""Knowing that all of a recording has gone all the way: from what was produced and committed, hop by hop."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime
from typing import Final

from cli.feed import Fed
from cli.service import Service
from schemas.words import OWNERS, exceptions_topic
from sinks.kafka import true_highwaters
from sinks.progress import Place, Progress
from sinks.settings import Settings

OUTPUTS: Final = (
    "shipments",
    "shipment-updates",
    *(exceptions_topic(owner) for owner in OWNERS),
    "shadow-exceptions",
    "customer-messages",
    "dead-letters",
)
_EXCEPTIONS: Final = frozenset(exceptions_topic(owner) for owner in OWNERS)
READ_BY: Final[Mapping[str, frozenset[str]]] = {
    "wismo-board": frozenset(OUTPUTS),
    "wismo-notifier": _EXCEPTIONS | {"customer-messages"},
}
"""What each sink's consumer group reads."""
_WATERMARK: Final = "wismo_watermark_timestamp_seconds{"


class NotDrainedError(RuntimeError):
    """The service stood still before all had gone through; the message says at which hop."""


def wait_drained(service: Service, settings: Settings, partitions: int, fed: Fed, patience: float = 120.0) -> None:
    """Return when every record fed has had all its effects; raise `NotDrainedError` where nothing moves any more."""
    _drained(settings, "wismo", fed.ends, "the routers", service, patience)
    _until(lambda: _behind_clock(service, partitions, fed.closing), "the tracker", service, patience)
    ends = output_ends(settings, partitions)
    for group, topics in READ_BY.items():
        own = {place: end for place, end in ends.items() if place[0] in topics}
        _drained(settings, group, own, group, service, patience)


def output_ends(settings: Settings, partitions: int) -> dict[tuple[str, int], int]:
    """The true end of every output partition."""
    return true_highwaters(settings, [(topic, p) for topic in OUTPUTS for p in range(partitions)])


def counts(before: Mapping[tuple[str, int], int], after: Mapping[tuple[str, int], int]) -> dict[str, int]:
    """Records by topic between two readings of the ends."""
    tally: Counter[str] = Counter()
    for (topic, partition), end in after.items():
        tally[topic] += end - before.get((topic, partition), 0)
    return {topic: tally[topic] for topic in OUTPUTS}


def _drained(  # noqa: PLR0913, PLR0917 - a group, how far it has to come, and whom to ask and to name
    settings: Settings, group: str, ends: Mapping[Place, int], who: str, service: Service, patience: float
) -> None:
    """Wait until the group has committed all of `ends`."""
    wanted = {place: end for place, end in ends.items() if end > 0}
    with closing(Progress(settings, group)) as asked:
        _until(lambda: _behind(asked, wanted), who, service, patience)


def _behind(asked: Progress, wanted: Mapping[Place, int]) -> int:
    found = asked.committed(wanted) if wanted else {}
    return sum(max(0, wanted[place] - committed) for place, committed in found.items())


def _behind_clock(service: Service, partitions: int, closing: datetime | None) -> int:
    """How many partitions of the tracker have not reached the closing mark."""
    if closing is None:
        return 0
    return partitions - sum(clock >= closing.timestamp() for clock in track_clocks(service.worker.metrics()))


def track_clocks(metrics: str) -> list[float]:
    """The clocks of the tracker's partitions, from a worker's metrics."""
    lines = (line for line in metrics.splitlines() if line.startswith(_WATERMARK) and 'stage="track"' in line)
    return [float(line.rpartition(" ")[2]) for line in lines]


def _until(behind: Callable[[], int], who: str, service: Service, patience: float) -> None:
    deadline, least = time.monotonic() + patience, None
    while (left := behind()) > 0:
        service.require_alive()
        if least is None or left < least:
            deadline, least = time.monotonic() + patience, left
        if time.monotonic() > deadline:
            raise NotDrainedError(f"{who}: {left} behind and no progress for {patience:.0f} s; see the logs")
        time.sleep(0.2)
