"""What is remembered of messages to customers."""

from datetime import datetime

from msgspec import Struct


class Message(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Something the customer may be told, until its fate is decided for good."""

    message_id: str
    kind: str
    class_: str
    topic: str
    """The milestone or the kind of case it is about."""
    episode: int = 1
    key: str = ""
    text: str = ""
    occurred_at: datetime
    """When what it tells of happened."""
    due: datetime
    """When its fate is next looked at."""
    stage: str = ""
    """The step of the case that it tells of, where the kind speaks again at that step."""
    case_id: str | None = None
    reason: str | None = None
    """Why it is held; None until a first decision."""
    not_before: datetime | None = None
    slot: datetime | None = None
    """The day's slot that it waits for, where its order is split."""
    approved_by: str | None = None
    imported: bool = False


class Sent(Struct, frozen=True, array_like=True):
    """A message that was let go."""

    key: str
    class_: str
    at: datetime
    """When it was let go; of a part of a digest the slot."""
    letter: str = ""
    """The key of the digest that it went in, if it did."""

    @property
    def received_as(self) -> str:
        """What the customer received it as: parts of one digest are one letter."""
        return self.letter or self.key
