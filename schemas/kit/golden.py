"""Golden events: real decisions, one file each under schemas/examples, for subscribers to test their parser with."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from schemas.codec import loads
from schemas.events import MODELS
from schemas.recording import plain_bytes

FOLDER: Final = Path(__file__).parent.parent / "examples"
DEAD_LETTER: Final = "dead-letter"
GOLDEN_TYPES: Final = (*MODELS, DEAD_LETTER)
"""Types of events: the contracts of `topics.yaml` that we write."""


class UnknownTypeError(ValueError):
    """No golden events are of that type."""


@dataclass(frozen=True, slots=True)
class GoldenEvent:
    """One event as a subscriber gets it; printed, it is `type/case`."""

    type: str
    case: str
    topic: str
    key: str | None
    headers: dict[str, str]
    value: Any
    """The value, decoded; of a dead letter, the text that could not be used."""

    @property
    def body(self) -> bytes:
        """The value as it lies on the topic."""
        return plain_bytes(self.value) or b""

    def line(self) -> dict[str, Any]:
        """The event as `wismo decide` prints one."""
        return {"topic": self.topic, "key": self.key, "headers": self.headers, "value": self.value}

    def __str__(self) -> str:
        return f"{self.type}/{self.case}"


def golden_events(type_: str | None = None) -> list[GoldenEvent]:
    """The golden events of a type, or all; raises `UnknownTypeError` naming the types there are."""
    if type_ is not None and type_ not in GOLDEN_TYPES:
        raise UnknownTypeError(f"no golden events of type {type_!r}: expected one of {', '.join(GOLDEN_TYPES)}")
    return [event for event in _all() if type_ in (None, event.type)]


@cache
def _all() -> tuple[GoldenEvent, ...]:
    events = (_read(path) for path in FOLDER.glob("*/*.json"))
    return tuple(sorted(events, key=_in_log_order))


def _in_log_order(event: GoldenEvent) -> tuple[int, str, str, int, str]:
    """By type, and of one subject as its topic holds them: a reader that checks sequences can take them all."""
    sequence = event.value["sequence"] if "sequence" in event.value and event.type != DEAD_LETTER else 0
    return GOLDEN_TYPES.index(event.type), event.topic, event.key or "", sequence, event.case


def _read(path: Path) -> GoldenEvent:
    told = loads(path.read_bytes())
    return GoldenEvent(path.parent.name, path.stem, told["topic"], told["key"], told["headers"], told["value"])
