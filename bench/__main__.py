"""Run the measurements and print one JSON line each; times are CPU time of this process."""

import json
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from cli.simulation.presets import demo_day
from rules.loading import load_policy
from rules.normalize import parse_scans
from rules.pipeline.replay import Replay, record_of
from rules.pipeline.route import route
from schemas.recording import RawRecord

RUNS = 5


def median_cpu(work: Callable[[], object]) -> float:
    """Median CPU seconds of `RUNS` runs."""
    seconds = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds)


def say(name: str, **figures: Any) -> None:
    rounded = {key: round(value, 2) if isinstance(value, float) else value for key, value in figures.items()}
    print(json.dumps({"measurement": name, "at": datetime.now(UTC).date().isoformat(), **rounded}), flush=True)


def normalising(records: list[RawRecord]) -> None:
    by_source: dict[str, list[bytes]] = {}
    for record in records:
        if record.topic == "carrier-scans" and record.value:
            by_source.setdefault(record.headers["source"], []).append(record.value)
    for source, values in sorted(by_source.items()):
        scans = sum(len(parsed) for value in values if isinstance(parsed := parse_scans(source, value), tuple))
        seconds = median_cpu(lambda source=source, values=values: [parse_scans(source, value) for value in values])  # type: ignore[misc]
        say("normalize", source=source, scans=scans, us_per_scan=seconds / max(1, scans) * 1e6)


def deciding(records: list[RawRecord]) -> None:
    numbered = [record_of(record, number) for number, record in enumerate(records)]
    routing = median_cpu(lambda: [route(record) for record in numbered])
    policy = load_policy(None)
    whole = median_cpu(lambda: list(Replay(policy).run(records)))
    outs = len(list(Replay(policy).run(records)))
    say("route", records=len(records), us_per_record=routing / len(records) * 1e6)
    say(
        "decide",
        records=len(records),
        outputs=outs,
        us_per_record=whole / len(records) * 1e6,
        records_per_second=len(records) / whole,
        ratio_to_route=whole / routing,
    )


def main() -> None:
    records = list(demo_day(7))
    normalising(records)
    deciding(records)


if __name__ == "__main__":
    main()
