"""Files that cannot be used: exit 2, and words for whoever named them."""

import gzip
from pathlib import Path

import pytest
import typer

from cli.output import recording
from cli.policy_check import check
from schemas.recording import InvalidRecordingError, read_recording

GOOD = b'{"topic": "carrier-scans", "value": {}, "timestamp": "2026-03-02T10:00:00Z"}'


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"topic": "carrier-scans"}', "no `timestamp`"),
        (b'{"timestamp": "2026-03-02T10:00:00Z"}', "no `topic`"),
        (b'["carrier-scans"]', "no record as an object"),
        (b'{"topic": "carrier-scans", "timestamp": 1}', "no record as an object"),
        (b'{"topic": "carrier-scans", "timestamp": "2026-03-02T10:00:00"}', "no offset"),
        (b"{not json", "line 1 column"),
    ],
)
def test_an_unreadable_line_is_named_with_its_reason(line: bytes, why: str) -> None:
    with pytest.raises(InvalidRecordingError) as error:
        list(read_recording([GOOD, line]))
    assert str(error.value).startswith("recording line 2: ") and why in str(error.value)


def test_a_packed_recording_that_ends_too_soon_is_bad_use(tmp_path: Path) -> None:
    packed = tmp_path / "day.jsonl.gz"
    packed.write_bytes(gzip.compress(GOOD * 99)[:-20])
    with pytest.raises(typer.Exit) as ended:
        recording(packed)
    assert ended.value.exit_code == 2


def test_check_of_a_policy_that_is_not_there_is_bad_use(tmp_path: Path) -> None:
    with pytest.raises(typer.Exit) as ended:
        check(policy=tmp_path / "no.yaml")
    assert ended.value.exit_code == 2
