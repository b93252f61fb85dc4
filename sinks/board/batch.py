"""A batch of records on its way to the board: decoded, then folded into the documents it concerns. No I/O."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import msgspec

from schemas.codec import rfc3339
from schemas.dead_letters import Source
from schemas.words import DEAD_LETTERS, MARK_HEADER, SHIPMENTS
from sinks.board.events import Event, ReceiptEvent, UpdateEvent, read_event
from sinks.board.feeds import note_dead_letter, note_event
from sinks.board.fold import fold
from sinks.board.projection import Projection
from sinks.board.views import DeadGroup, Feed, View

_LOG: Final = logging.getLogger("wismo.board")
_MOST_NAMED: Final = 100


@dataclass(frozen=True, slots=True)
class Step:
    """One event for one subject; no event: the subject is to be forgotten."""

    subject_id: str
    topic: str
    event: Event | None


@dataclass(slots=True)
class Batch:
    """Records that were not applied yet, and the documents they change."""

    records: Sequence[Source]
    steps: list[Step] = field(default_factory=list)
    refused: int = 0
    before: dict[str, Projection] = field(default_factory=dict)
    views: dict[str, View | None] = field(default_factory=dict)
    feeds: dict[str, Feed] = field(default_factory=dict)
    dead: dict[str, DeadGroup] = field(default_factory=dict)
    dead_changed: set[str] = field(default_factory=set)

    @property
    def subjects(self) -> list[str]:
        """Whose documents it concerns."""
        return sorted({step.subject_id for step in self.steps})

    @property
    def carriers(self) -> list[str]:
        """Whose feeds it concerns."""
        events = (step.event for step in self.steps)
        return sorted({event.carrier for event in events if isinstance(event, UpdateEvent) and event.carrier})

    @property
    def dead_letters(self) -> list[Source]:
        """The dead letters in it."""
        return [record for record in self.records if record.topic == DEAD_LETTERS]

    @property
    def clock(self) -> datetime | None:
        """The newest time at which an event of it was heard; receipts go by the notifier's clock and do not count."""
        events = (step.event for step in self.steps if step.event and not isinstance(step.event, ReceiptEvent))
        return max((event.received_at for event in events), default=None)

    def notice(self) -> dict[str, object]:
        """What pages have to know of the change."""
        topics = sorted({record.topic for record in self.records})
        subjects = self.subjects
        many = len(subjects) > _MOST_NAMED
        return {"topics": topics, "subjects": [] if many else subjects, "many": many}

    def newest(self) -> dict[str, str]:
        """The time of the newest record of each topic in it."""
        times: dict[str, int] = {}
        for record in self.records:
            times[record.topic] = max(record.timestamp, times.get(record.topic, 0))
        return {topic: rfc3339(datetime.fromtimestamp(at / 1000, UTC)) for topic, at in times.items()}


def decode(records: Sequence[Source]) -> Batch:
    """Decode records; one of our own outputs that cannot be read is a fault to be seen, not a reason to stop.

    It is left out and counted, not parked: it stays on its topic, and each rebuild would park it again.
    """
    batch = Batch(records)
    for record in records:
        if record.topic == DEAD_LETTERS or any(name == MARK_HEADER for name, _ in record.headers):
            continue
        if record.value is None:
            if record.topic == SHIPMENTS and record.key is not None:
                batch.steps.append(Step(record.key.decode("utf-8", "replace"), record.topic, None))
            continue
        try:
            event = read_event(record.topic, record.value)
        except msgspec.MsgspecError as error:
            batch.refused += 1
            _LOG.warning("%s/%d/%d left out: %s", record.topic, record.partition, record.offset, error)
            continue
        if event.about is not None:
            batch.steps.append(Step(event.about, record.topic, event))
    return batch


def fold_in(batch: Batch) -> None:
    """Apply the batch to the documents that were loaded for it, in place and in order."""
    for step in batch.steps:
        if step.event is None:
            batch.views[step.subject_id] = None
            continue
        view = batch.views.get(step.subject_id) or View(id=step.subject_id)
        batch.views[step.subject_id] = view
        fold(view, step.topic, step.event)
        if isinstance(step.event, UpdateEvent) and step.event.carrier:
            note_event(batch.feeds.setdefault(step.event.carrier, Feed(carrier=step.event.carrier)), step.event)
    for record in batch.dead_letters:
        batch.dead_changed.add(note_dead_letter(batch.dead, record))
