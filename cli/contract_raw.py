"""What the service would say of a sender's record: the router itself is asked."""

from collections.abc import Iterator
from datetime import UTC, datetime

from rules.pipeline.records import Record
from rules.pipeline.route import route
from schemas.kit import Event, Finding
from schemas.words import MARK_HEADER


def raw_findings(event: Event, number: int) -> Iterator[Finding]:
    """Why a record of a raw topic would be parked in dead-letters, whole or in part."""
    if MARK_HEADER in event.headers:
        return
    headers = tuple((name, text.encode()) for name, text in event.headers.items())
    key = None if event.key is None else event.key.encode()
    # A recording says when the record was heard, but only the wall clock is later than all of them.
    record = Record(event.topic, 0, number, datetime.now(UTC), key, event.body, headers)
    for parked in route(record).parked:
        yield event.finding("would_be_parked", f"{parked.rejected.reason}: {parked.rejected.message}")
