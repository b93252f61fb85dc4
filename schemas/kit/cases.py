"""The life of cases as one topic after the other tells it: opened, worked on, handed over, ended, reopened."""

from collections.abc import Collection, Iterator
from typing import Final

from schemas import words
from schemas.kit.checks import Event, Finding, Reach

_OPEN: Final = "open"
_ENDED: Final = "ended"
_GONE: Final = "handed over"
_BEHIND_THE_END: Final = ("reopened", "decided", "updated")
"""What may be said of a case that has ended: people decide and note afterwards."""
_FIXED: Final = ("kind", "episode", "dedup_key", "subject_id")
_OWNERS_TOPICS: Final = tuple(words.exceptions_topic(owner) for owner in words.OWNERS)

Handover = tuple[str, str, str]
"""Case, owner before, owner behind."""


class Cases:
    """What is known of the cases so far. A topic is followed by itself: topics have no mutual order."""

    def __init__(self, whole: Collection[str] | None) -> None:
        self._is_whole = whole
        self._states: dict[tuple[str, str], str] = {}
        self._identity: dict[str, tuple[object, ...]] = {}
        self._subjects: dict[str, set[str]] = {}
        self._given: dict[Handover, list[Event]] = {}
        self._taken: dict[Handover, list[Event]] = {}

    def see(self, event: Event) -> Iterator[Finding]:
        """What is wrong with a case's next event on its topic."""
        case, change = event.text("case_id"), event.text("change")
        shadow = event.topic == words.SHADOW_EXCEPTIONS
        if case is None or change is None or not (event.topic in _OWNERS_TOPICS or shadow):
            return
        self._subjects.setdefault(event.text("subject_id") or "", set()).add(case)
        yield from self._same(event, case)
        if not shadow:
            self._hand_over(event, case, change)
        if event.reach is Reach.PICKED:
            return
        place = event.topic, case
        before = self._states.get(place, None if event.reach is Reach.WHOLE else "")
        yield from _step(event, before, change, case)
        self._states[place] = _after(event, change, before)

    def forget(self, subject: str) -> None:
        """The subject begins anew: so do its cases, under the ids they had."""
        cases = self._subjects.pop(subject, set())
        self._states = {place: state for place, state in self._states.items() if place[1] not in cases}

    def finish(self) -> Iterator[Finding]:
        """Changes of owner of which one half is not there, on topics that were shown from their first event."""
        for events, others, word in ((self._given, self._taken, "opened"), (self._taken, self._given, "assigned")):
            for handover, halves in events.items():
                case, old, new = handover
                missing = words.exceptions_topic(new if word == "opened" else old)
                if self._is_whole is None or missing in self._is_whole:
                    for event in halves[len(others.get(handover, ())) :]:
                        yield event.finding("handover_broken", f"case {case}: no `{word}` on {missing} answers it")

    def _hand_over(self, event: Event, case: str, change: str) -> None:
        old, new = event.text("previous_owner"), event.text("owner")
        if old is None or new is None or old == new:
            return
        if change == "assigned":
            self._given.setdefault((case, old, new), []).append(event)
        elif change == "opened":
            self._taken.setdefault((case, old, new), []).append(event)

    def _same(self, event: Event, case: str) -> Iterator[Finding]:
        is_now = tuple(event.value.get(name) for name in _FIXED)
        was = self._identity.setdefault(f"{event.topic == words.SHADOW_EXCEPTIONS}{case}", is_now)
        for name, before, now in zip(_FIXED, was, is_now, strict=True):
            if before != now:
                yield event.finding("case_changed", f"case {case}: {name} {now!r}, before {before!r}")


def _step(event: Event, before: str | None, change: str, case: str) -> Iterator[Finding]:
    if change == "opened":
        if before in (_OPEN, _ENDED):
            yield event.finding("opened_twice", f"case {case} is {before} already")
    elif before in (None, _GONE):
        why = "was handed over" if before else "was never opened here"
        yield event.finding("not_opened", f"`{change}` of case {case}, which {why}")
    elif before == _ENDED and change not in _BEHIND_THE_END:
        yield event.finding("after_end", f"`{change}` of case {case}, which has ended")
    elif before == _OPEN and change == "reopened":
        yield event.finding("opened_twice", f"`reopened` of case {case}, which is open")


def _after(event: Event, change: str, before: str | None) -> str:
    if change == "resolved":
        return _ENDED
    if change in ("opened", "reopened"):
        return _OPEN
    old, new = event.text("previous_owner"), event.text("owner")
    if change == "assigned" and old is not None and new != old:
        return _GONE
    # In the middle of a log, a decision or a note does not tell whether the case is open.
    return (before or "") if change in _BEHIND_THE_END else _OPEN
