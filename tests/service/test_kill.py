"""kill -9 while events flow: nothing lost, nothing doubled, the state is what the pure core says."""

import os
import random
import time
from collections import defaultdict
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from cli.feed import Fed
from cli.simulation import world
from cli.simulation.recordings import lines
from cli.simulation.timing import seconds
from schemas.codec import parse_rfc3339
from schemas.recording import read_recording
from tests.service.harness import Bench, bench
from tests.service.test_equality import decided
from tests.service.verdict import verdict

KILLS = int(os.environ.get("WISMO_TEST_KILLS", "3"))
SHIPMENTS = int(os.environ.get("WISMO_TEST_KILL_SHIPMENTS", "400"))


@pytest.mark.kafka
@pytest.mark.slow
def test_nothing_is_lost_or_doubled_through_kills(tmp_path: Path) -> None:
    start = seconds(parse_rfc3339("2026-03-02T00:00:00Z"))
    records = list(read_recording(lines(world.build(11, start, 2), SHIPMENTS, lambda trouble: None)))
    dice = random.Random(11)
    with bench(tmp_path, WISMO_SESSION_TIMEOUT_SECONDS="6") as running:
        fed = _kill_while_feeding(running, records, dice)
        running.wait_closed(fed, patience=300)
        outputs = running.outputs()

    assert verdict(outputs) == verdict(decided(records))
    _assert_no_effect_is_doubled(outputs)


def _kill_while_feeding(running: Bench, records: list[Any], dice: random.Random) -> Fed:
    done: list[Fed] = []
    feeding = Thread(target=lambda: done.append(running.feed(records)))
    worker = running.start()
    running.wait_ready()
    feeding.start()
    for _ in range(KILLS):
        time.sleep(dice.uniform(0.1, 2.5))
        worker.kill()
        worker = running.start()
        if dice.random() < 0.5:
            running.wait_ready()
    feeding.join(120)
    return done[0]


def _assert_no_effect_is_doubled(outputs: list[dict[str, Any]]) -> None:
    """A crash may repeat a record; it is then the same event. Sequences have no gap and no second claimant."""
    events: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    for out in outputs:
        value = out["value"]
        if value is None or out["topic"] == "dead-letters":
            continue
        known = events[out["topic"], value["subject_id"]]
        assert known.setdefault(value["sequence"], value["event_id"]) == value["event_id"], out
    for place, known in events.items():
        assert sorted(known) == list(range(min(known), min(known) + len(known))), place
