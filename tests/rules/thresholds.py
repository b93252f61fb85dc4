"""Numbers of the packaged policy made a little larger and smaller, and who notices it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, Final

from rules.loading import load_policy, twin_fields
from rules.pipeline.replay import Replay
from rules.policy import PolicyBook
from rules.twin_cases import outcome_of, situation_of
from schemas.codec import loads
from schemas.words import DEAD_LETTERS
from tests.rules.threshold_stories import STORIES, Told

_MINUTE: Final = timedelta(minutes=1)
_SHARE: Final = 0.05
"""By so much a factor or a share is moved."""
SEEN: Final = (
    "received_at subject_id change kind owner severity score posture due_by resolution needs_review"
    " fate reason not_before about current_state"
).split()
"""Of an event what its readers act on; the evidence names the limit itself, and would always be another one."""
KINDS_OF: Final = {
    "attempts": ("attempts_exhausting",),
    "review": ("stalled", "promise_missed", "not_received", "proof_missing"),
    "replacement": ("replacement_at_risk", "stalled"),
}
"""Whose twins hold the numbers under a first word, where that is no kind."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """The packaged policy with one number a little larger or smaller."""

    path: str
    value: Any

    def book(self) -> PolicyBook:
        book = load_policy()
        first = book.entries[0]
        return PolicyBook((replace(first, values={**first.values, self.path: self.value}),), book.twins)

    def __str__(self) -> str:
        return f"{self.path}={self.value}"


def numbers() -> dict[str, Any]:
    """Every number, span, time of day and list of steps of the packaged policy.

    Zones, weekdays, switches and topics are none.
    """
    values = load_policy().entries[0].values
    return {path: value for path, value in values.items() if _is_number(value)}


def _is_number(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(isinstance(one, tuple) for one in value) and bool(value)
    return isinstance(value, int | float | timedelta | time) and not isinstance(value, bool)


def mutants(path: str, value: Any) -> Iterator[Mutant]:
    """A little more and a little less."""
    for one in _moved(value):
        yield Mutant(path, one)


def _moved(value: Any) -> Iterator[Any]:
    if isinstance(value, timedelta):
        yield from (value + _MINUTE, value - _MINUTE)
    elif isinstance(value, time):
        at = datetime.combine(date(2026, 3, 2), value)
        yield from ((at + _MINUTE).time(), (at - _MINUTE).time())
    elif isinstance(value, tuple):
        for row, column in ((row, column) for row in range(len(value)) for column in (0, 1)):
            for step in (1, -1):
                yield tuple(_stepped(one, column, step) if n == row else one for n, one in enumerate(value))
    elif isinstance(value, float):
        yield from (value * (1 + _SHARE), value * (1 - _SHARE))
    else:
        yield from (value + 1, value - 1)


def _stepped(row: tuple[Any, ...], column: int, step: int) -> tuple[Any, ...]:
    return tuple(one + step if n == column else one for n, one in enumerate(row))


def noticed(mutant: Mutant) -> str | None:
    """The first case of a twin, else the first story, that ends otherwise under a mutant."""
    book = mutant.book()
    for kind in _kinds(mutant.path):
        for number, case in enumerate(_cases(kind)):
            if outcome_of(kind, situation_of(case, book), case["now"]) != _outcome(kind, number):
                return f"{kind}: {case['name']}"
    return next((name for name in _stories(mutant.path) if told(name, book) != _told(name)), None)


def _kinds(path: str) -> tuple[str, ...]:
    first = path.partition(".")[0]
    return KINDS_OF.get(first, (first,) if first in load_policy().twins else ())


def _stories(path: str) -> list[str]:
    """Those made for a number first: they are the likeliest to notice."""
    return sorted(STORIES, key=lambda name: not path.startswith(STORIES[name].about))


@cache
def _cases(kind: str) -> list[dict[str, Any]]:
    return [case for case in twin_fields(kind)["cases"] if "pending" not in case]


@cache
def _outcome(kind: str, number: int) -> Any:
    case = _cases(kind)[number]
    return outcome_of(kind, situation_of(case), case["now"])


@cache
def _told(name: str) -> list[Told]:
    return told(name, load_policy())


def told(name: str, book: PolicyBook) -> list[Told]:
    """What a story leads to under a policy."""
    story, found = STORIES[name], []
    replay = Replay(book)
    for out in replay.run(story.records(), story.until):
        if out.topic != DEAD_LETTERS and out.value:
            value = loads(out.value)
            found.append((out.topic, *(str(value.get(field)) for field in SEEN)))
    if story.forgotten is not None:
        found.append(("forgotten", str(replay.shipment(story.forgotten) is None)))
    return found
