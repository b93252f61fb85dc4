"""What the core answers: the state afterwards, the events to publish, and what it would not take."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from rules.state import Shipment


class Event(Struct, frozen=True):
    """One event to publish, complete."""

    topic: str
    key: str
    type: str
    """The CloudEvents type, e.g. `wismo.exception.opened`."""
    subject: str
    time: datetime
    """When it happened."""
    value: dict[str, Any]
    """Plain values and aware UTC datetimes, ready for `schemas.codec.dumps`."""


class Refusal(Struct, frozen=True):
    """A fact, or scans of one, that could not be applied: for the dead letters, so that nothing is lost silently."""

    reason: str
    """One of `words.DEAD_LETTER_REASONS`."""
    message: str
    """What is wrong and what to do."""
    scan: str | None = None
    """Which scans are meant, as a JSON list of their codes, where the others were applied."""


class Decision(Struct, frozen=True):
    """The answer to one fact or to one minute."""

    shipment: Shipment
    events: tuple[Event, ...]
    refusals: tuple[Refusal, ...]
    duplicate: bool
    """Nothing new: the shipment is as it was, and there are no events."""
