"""Folds records into what the board knows of carriers' feeds and of dead letters."""

from datetime import UTC, datetime
from typing import Final

from schemas.codec import digest
from schemas.dead_letters import Source, read_errors
from sinks.board.events import UpdateEvent
from sinks.board.views import DeadGroup, Feed

HOURS: Final = 48
MOST_GROUPS: Final = 500


def note_event(feed: Feed, event: UpdateEvent) -> None:
    """Count an event of a carrier, in place."""
    feed.last_occurred_at = _later(feed.last_occurred_at, event.occurred_at)
    feed.last_received_at = _later(feed.last_received_at, event.received_at)
    feed.events += 1
    hour = event.received_at.astimezone(UTC).strftime("%Y-%m-%dT%H")
    feed.hours[hour] = feed.hours.get(hour, 0) + 1
    for old in sorted(feed.hours)[:-HOURS]:
        del feed.hours[old]


def note_dead_letter(groups: dict[str, DeadGroup], record: Source) -> str:
    """Put a dead letter into its group, in place; returns the group's fingerprint."""
    told = read_errors(record.headers)
    reason, stage = told.get("reason", "unknown"), told.get("stage", "unknown")
    fingerprint = told.get("fingerprint") or digest(stage, reason, told.get("topic"))
    at = datetime.fromtimestamp(max(0, record.timestamp) / 1000, UTC)
    group = groups.get(fingerprint)
    if group is None:
        group = DeadGroup(fingerprint=fingerprint, reason=reason, stage=stage, count=0, first_seen=at, last_seen=at)
        groups[fingerprint] = group
    group.count += 1
    group.first_seen, group.last_seen = min(group.first_seen, at), max(group.last_seen, at)
    group.exception = told.get("exception.class.name", "")
    group.message = told.get("exception.message", "")
    group.topic = told.get("topic", "")
    group.example = f"{record.topic}/{record.partition}/{record.offset}"
    group.origin = f"{group.topic}/{told.get('partition', '?')}/{told.get('offset', '?')}"
    return fingerprint


def surplus(groups: dict[str, DeadGroup]) -> list[str]:
    """Fingerprints of the groups that are one too many: the longest unseen."""
    by_age = sorted(groups.values(), key=lambda group: group.last_seen)
    return [group.fingerprint for group in by_age[: max(0, len(groups) - MOST_GROUPS)]]


def _later(known: datetime | None, new: datetime) -> datetime:
    return new if known is None else max(known, new)
