"""A golden recording: what the core decides of it, byte for byte, and a page that says why of each decision."""

import os
import re
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.golden import UNTIL
from cli.main import app
from schemas.codec import loads
from schemas.dead_letters import read_errors

ROOT = Path(__file__).parents[2]
RECORDING = ROOT / "schemas/examples/recording.jsonl"
DECISIONS = Path(__file__).parent / "golden" / "decisions.jsonl"
PAGE = ROOT / "docs/golden.md"
REWRITE = "WISMO_TEST_REWRITE"
"""Set it to write the decisions anew, then read what has changed and explain it on the page."""


@pytest.fixture(scope="module")
def decided() -> str:
    result = CliRunner().invoke(app, ["decide", str(RECORDING), "--until", UNTIL])
    assert result.exit_code == 0, result.stderr
    if os.environ.get(REWRITE):
        DECISIONS.write_text(result.stdout, encoding="utf-8")
    return result.stdout


def test_the_recording_leads_to_the_decisions_written_down(decided: str) -> None:
    lines = zip_longest(decided.splitlines(), DECISIONS.read_text(encoding="utf-8").splitlines())

    different = next(
        (f"line {number}: {now}\nwas {then}" for number, (now, then) in enumerate(lines, 1) if now != then), ""
    )

    assert not different, f"{different}\n(see {REWRITE} in this file)"


def told(record: dict[str, Any]) -> tuple[str, str, str] | None:
    """Under which heading of the page a decision stands, when it was made, and what it is called there."""
    topic, value = record["topic"], record["value"]
    if topic == "customer-messages":
        why = f" ({value['reason']})" if value["reason"] else ""
        return value["subject_id"], value["received_at"], f"message {value['about']}: {value['fate']}{why}"
    if topic.startswith("exceptions-"):
        return value["subject_id"], value["received_at"], f"{value['kind']} {value['change']}, {value['owner']}"
    if topic == "dead-letters":
        errors = read_errors([(name, text.encode()) for name, text in record["headers"].items()])
        at = datetime.fromtimestamp(int(errors["timestamp"]) / 1000, UTC)
        return "Dead letters", f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{errors['topic']}: {errors['reason']}"
    return None


def explained() -> list[tuple[str, str, str]]:
    found, heading = [], ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        heading = line.removeprefix("## ") if line.startswith("## ") else heading
        if row := re.fullmatch(r"\| (\d{4}-\S+) \| (.+?) \| (\S.+) \|", line):
            found.append((heading, row[1], row[2]))
    return found


def test_the_page_says_why_of_every_decision_and_of_nothing_else(decided: str) -> None:
    made = [one for line in decided.splitlines() if (one := told(loads(line.encode()))) is not None]

    assert sorted(explained()) == sorted(made)
    assert len(made) > 80
