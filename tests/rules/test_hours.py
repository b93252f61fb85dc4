"""Response times run in the owner's hours."""

from datetime import UTC, datetime

import pytest

from rules.hours import due_by
from rules.loading import load_policy

POLICY = load_policy().at(datetime(2026, 3, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("owner", "severity", "start", "due"),
    [
        ("finance", "critical", "2026-03-02T10:00", "2026-03-02T11:00"),
        ("finance", "routine", "2026-03-02T10:00", "2026-03-03T10:00"),
        ("finance", "critical", "2026-03-06T16:30", "2026-03-09T09:30"),
        ("finance", "critical", "2026-03-07T12:00", "2026-03-09T10:00"),
        ("finance", "critical", "2026-03-02T02:00", "2026-03-02T10:00"),
        ("operations", "critical", "2026-03-07T12:00", "2026-03-07T13:00"),
        ("support", "watch", "2026-03-02T08:00", "2026-03-03T20:00"),
    ],
)
def test_due_by(owner: str, severity: str, start: str, due: str) -> None:
    begin, end = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (start, due))

    assert due_by(owner, severity, begin, POLICY) == end
