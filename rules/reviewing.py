"""Which cases of a recording a person should look at: of every kind, the doubtful and the disputed first."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any, Final

from rules.backtest.course import CaseCourse
from rules.backtest.differences import case_pairs, of_cases
from rules.backtest.items import NEW, OLD, Log
from rules.backtest.side import Side
from rules.backtest.tally import is_noise
from rules.finding import plain
from rules.pipeline.track import Place
from rules.policy import Policy, PolicyBook
from schemas.recording import RawRecord

_HOUR: Final = timedelta(hours=1)
_NEAR_POINTS: Final = 3
"""A score so near to a band could as well be in the next one."""
_NEAR_SHARE: Final = 0.1
_LEAST_MEASURED: Final = 10
_DISAGREES, _NOISE, _SOON, _AT_A_LIMIT, _AT_A_BAND = 100, 40, 20, 15, 10
_OF_DETAIL: Final = ("other_score", "other_due_by", "ended_earlier", "ended_later")
"""Differences that no verdict on a case is about."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One case that may be worth a look, and why."""

    case_id: str
    kind: str
    key: str
    """The subject's: a shipment id, or e.g. `order:A-1`."""
    at: datetime
    """The moment to judge: when it was opened."""
    fires: bool
    """Whether the policy under review opened it; the other one alone did where not."""
    owner: str
    severity: str
    score: int
    posture: str
    ended_at: datetime | None = None
    resolution: str | None = None
    weight: float = 0
    why: tuple[str, ...] = ()


def candidates(records: Iterable[RawRecord], book: PolicyBook, other: PolicyBook | None = None) -> list[Candidate]:
    """Every case that a policy opens over a recording, and those that only the other one opens, each weighed.

    Raises `UnknownTopicError` on a record of no raw topic.
    """
    ours, theirs = _courses(records, book, other)
    policies = {course.case_id: book.at(course.opened_at, course.carrier) for course in (*ours, *theirs)}
    if other is None:
        return [_weighed(course, policies[course.case_id]) for course in ours]
    found = []
    for pair in case_pairs(theirs, ours):
        old, new = pair
        course, differs = new or old, [one.what for one in of_cases(pair) if one.what not in _OF_DETAIL]
        assert course is not None
        found.append(_weighed(course, policies[course.case_id], _told(old, new, differs), fires=new is not None))
    return found


def picked(cases: Iterable[Candidate], count: int) -> list[Candidate]:
    """So many of them: half the places for disagreements, all dealt out kind by kind, the weightier first."""
    ranked = sorted(cases, key=lambda one: (-one.weight, one.at, one.key, one.kind, one.case_id))
    disputed = [one for one in ranked if one.weight >= _DISAGREES]
    first = list(_by_turns(disputed))[: (count + 1) // 2]
    rest = [one for one in _by_turns(ranked) if one not in first]
    return [*first, *rest][:count]


def _by_turns(ranked: list[Candidate]) -> Iterator[Candidate]:
    """One of each kind, then a second one of each, and so on; kinds in the order of their weightiest."""
    kinds: dict[str, list[Candidate]] = defaultdict(list)
    for one in ranked:
        kinds[one.kind].append(one)
    for turn in zip_longest(*kinds.values()):
        yield from (one for one in turn if one is not None)


def _courses(
    records: Iterable[RawRecord], book: PolicyBook, other: PolicyBook | None
) -> tuple[list[CaseCourse], list[CaseCourse]]:
    sides = [(NEW, Side(book, Place()))] + ([] if other is None else [(OLD, Side(other, Place()))])
    for whom, items in Log(other or book, book).items(records):
        for bit, side in sides:
            for item in items if whom & bit else ():
                side.take(item)
    told = [sorted(side.cases.values(), key=lambda one: (one.opened_at, one.case_id)) for _, side in sides]
    return told[0], told[1] if len(told) > 1 else []


def _weighed(course: CaseCourse, policy: Policy, told: str | None = None, *, fires: bool = True) -> Candidate:
    reasons: list[tuple[float, str]] = [(_DISAGREES, told)] if told else []
    reasons += list(_doubts(course, policy)) if fires else []
    return Candidate(
        case_id=course.case_id,
        kind=course.kind,
        key=course.key,
        at=course.opened_at,
        fires=fires,
        owner=course.owners[0],
        severity=course.severity,
        score=course.score,
        posture=course.posture,
        ended_at=course.resolved_at,
        resolution=course.resolution,
        weight=sum(weight for weight, _ in reasons),
        why=tuple(text for _, text in reasons),
    )


def _told(old: CaseCourse | None, new: CaseCourse | None, differs: list[str]) -> str | None:
    if new is None:
        return "only the other policy opens it; judge the silence of this one"
    if old is None:
        return "the other policy does not open it"
    return f"the other policy says otherwise: {', '.join(differs).replace('_', ' ')}" if differs else None


def _doubts(course: CaseCourse, policy: Policy) -> Iterator[tuple[float, str]]:
    """What may make a case a false alarm, or another one with a little more or less of anything."""
    if is_noise(course, None):
        yield _NOISE, "it ended by itself before anybody had to act"
    if course.resolved_at is not None and course.resolved_by == "self":
        hours = (course.resolved_at - course.opened_at) / _HOUR
        yield _SOON / (1 + hours), f"its cause was gone after {hours:.1f} h"
    for item in course.evidence:
        if (share := _nearness(item)) is not None:
            yield _AT_A_LIMIT, f"{item['fact'].replace('_', ' ')} is within {share:.0%} of its limit"
    for band in ("routine", "urgent", "critical"):
        limit: int = policy.value(f"score.bands.{band}")
        if abs(course.score - limit) < _NEAR_POINTS:
            yield _AT_A_BAND, f"score {course.score} is next to {band}, which begins at {limit}"


def _nearness(item: dict[str, Any]) -> float | None:
    """How near a measured number is to its limit; no times, for the clock finds all of them at their limit."""
    try:
        observed, limit = float(item["observed"]), float(plain(item["limit"]))
    except (TypeError, ValueError):
        return None
    # Small counts are at their limit whenever they reach it.
    share = abs(observed - limit) / limit if limit >= _LEAST_MEASURED else 1.0
    return share if share <= _NEAR_SHARE else None
