"""A candidate policy in the service: its cases are those of `wismo decide`, and a promoted entry needs no restart."""

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.simulation.presets import small_recording
from rules.loading import load_policy
from rules.pipeline.replay import Replay
from schemas.codec import loads
from schemas.recording import RawRecord
from tests.service.harness import Bench, bench
from tests.service.verdict import verdict

SHADOW = "shadow-exceptions"
LIVE = "- extends: packaged\n- {name: post, from: 2026-02-01, for: {carrier: usps}, kinds: {attempt_failed: shadow}}\n"
CANDIDATE = (
    "- extends: live\n- {name: early, from: 2026-01-01, kinds: {attempt_failed: live},"
    " values: {stalled: {silence: {ground: 24h, unknown: 12h}}}}\n"
)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, list[RawRecord]]]:
    folder = tmp_path_factory.mktemp("shadow")
    (folder / "live.yaml").write_text(LIVE)
    (folder / "candidate.yaml").write_text(CANDIDATE)
    records = [record for seed in range(60) for record in small_recording(seed)]
    records.sort(key=lambda record: record.timestamp)
    env = {
        "WISMO_POLICY_FILE": str(folder / "live.yaml"),
        "WISMO_SHADOW_POLICY_FILE": str(folder / "candidate.yaml"),
    }
    with bench(folder, **env) as running:
        running.start()
        running.wait_ready()
        running.wait_closed(running.feed(records))
        yield running, records


def shadows(outputs: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Per case in shadow: whose, which kind, whose queue, and how it ended."""
    cases: dict[str, dict[str, Any]] = {}
    for out in outputs:
        if out["topic"] == SHADOW:
            value = out["value"]
            ended = (value["resolved_by"], value["resolution"], value["resolved_at"])
            cases[value["case_id"]] = {
                "subject": value["subject_id"], "shadow": value["shadow"], "kind": value["kind"],
                "owner": value["owner"], "ended": ended,
            }  # fmt: skip
    return cases


@pytest.mark.broker
@pytest.mark.slow
def test_the_service_and_decide_have_the_same_cases_in_shadow(played: tuple[Bench, list[RawRecord]]) -> None:
    running, records = played
    live = load_policy(LIVE)
    outs = Replay(live, load_policy(CANDIDATE, "candidate", live)).run(records)
    pure = [
        {"topic": out.topic, "key": (out.key or b"").decode(), "value": loads(out.value) if out.value else None}
        for out in outs
        if out.topic != "dead-letters"
    ]
    service = [out for out in running.outputs() if out["topic"] != "dead-letters"]

    assert shadows(service) == shadows(pure)
    assert {one["shadow"] for one in shadows(pure).values()} == {"kind", "policy"}
    assert verdict(service) == verdict(pure)


@pytest.mark.broker
@pytest.mark.slow
def test_a_policy_that_changes_is_read_without_a_restart(played: tuple[Bench, list[RawRecord]]) -> None:
    running, _ = played
    path = Path(running.env["WISMO_POLICY_FILE"])
    path.write_text(LIVE + "- {name: dark, from: 2026-02-02, kinds: {damaged: off}}\n")
    os.utime(path)
    child, _ = running.workers["worker"]
    deadline = time.monotonic() + 30
    while "the policy was read again" not in child.log.read_text() and time.monotonic() < deadline:
        # A worker looks at its files when a batch comes.
        running.feed(list(small_recording(999)))
        time.sleep(1)

    assert "dark@2026-02-02" in child.log.read_text()
    assert child.alive
