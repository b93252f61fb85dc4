"""The answer of a backtest as one JSON document: stable names, same run, same bytes. `docs/backtest.md` lists them."""

from collections.abc import Sequence
from datetime import datetime
from statistics import quantiles
from typing import Any, Final

import msgspec

from rules.backtest.course import CaseCourse, MessageCourse
from rules.backtest.differences import DIFFERENCES, Difference
from rules.backtest.tally import SIDES, Tally
from rules.finding import plain
from rules.policy import PolicyBook
from schemas.words import FATES, KINDS, OWNERS, POSTURES, SEVERITIES

SCHEMA_VERSION: Final = 1
MEASURES: Final = (
    "opened reopened cleared_itself ended_by_people ended_by_policy still_open noise before_ticket after_ticket"
).split()
GROUPS: Final = {"kind": KINDS, "owner": OWNERS, "severity": SEVERITIES, "posture": POSTURES}


def report(tally: Tally, about: dict[str, Any], books: Sequence[PolicyBook], names: Sequence[str]) -> dict[str, Any]:
    """The whole answer.

    Args:
        tally: what was counted.
        about: what the recording was, for the head of the report.
        books: the old and the new policy.
        names: where each was read from.
    """
    policies = zip(SIDES, books, names, strict=True)
    return {
        "schema_version": SCHEMA_VERSION,
        "recording": about,
        "policies": {side: _policy(book, name) for side, book, name in policies},
        "different": bool(tally.differences) or _sides_differ(tally),
        "cases": {side: _cases(tally, side) for side in SIDES},
        "messages": {side: _messages(tally, side) for side in SIDES},
        "tickets": {"all": len(tally.tickets), **{side: _tickets(tally, side) for side in SIDES}},
        "shadow": {side: _under(tally, side, "shadow") for side in SIDES},
        "days": _days(tally),
        "differences": {what: _difference(tally, what) for what in DIFFERENCES},
    }


def _policy(book: PolicyBook, name: str) -> dict[str, Any]:
    entries = [entry.version for entry in book.entries]
    return {"name": name, "fingerprint": book.fingerprint, "entries": entries}


def _sides_differ(tally: Tally) -> bool:
    old, new = ({key[1:]: n for key, n in tally.counts.items() if key[0] == side and n} for side in SIDES)
    return old != new


def _cases(tally: Tally, side: str) -> dict[str, Any]:
    told: dict[str, Any] = {"all": _measures(tally, side, "all")}
    for group, words in GROUPS.items():
        rows = {word: _measures(tally, side, group, word) for word in words}
        told[f"by_{group}"] = {word: row for word, row in rows.items() if row["opened"]}
    return told


def _measures(tally: Tally, *group: str) -> dict[str, int]:
    return {measure: tally.counts[(*group, measure)] for measure in MEASURES}


def _messages(tally: Tally, side: str) -> dict[str, Any]:
    fates = {key[2:]: n for key, n in tally.counts.items() if key[:2] == (side, "message")}
    reasons = {f"{fate}/{reason}": n for (fate, reason), n in sorted(fates.items()) if reason}
    classes = sorted({key[2] for key in tally.counts if key[:2] == (side, "class")})
    by_class = {word: {fate: tally.counts[side, "class", word, fate] for fate in FATES} for word in classes}
    totals = {fate: sum(n for (found, _), n in fates.items() if found == fate) for fate in FATES}
    # What customers receive: the messages of one digest are one letter.
    letters = totals["send"] - tally.counts[side, "in_digests"] + len(tally.digests[side])
    return {
        **totals,
        "letters": letters,
        "by_reason": reasons,
        "held_on_the_way": _under(tally, side, "held"),
        "by_class": by_class,
    }


def _under(tally: Tally, side: str, group: str) -> dict[str, int]:
    return {key[2]: n for key, n in sorted(tally.counts.items()) if key[:2] == (side, group)}


def _tickets(tally: Tally, side: str) -> dict[str, Any]:
    leads = sorted(tally.leads[side])
    return {
        "foreseen": len(tally.foreseen[side]),
        "cases_before": tally.counts[side, "all", "before_ticket"],
        "cases_after": tally.counts[side, "all", "after_ticket"],
        "lead_hours": quartiles(leads),
        "lead_days": _lead_days(leads),
    }


def quartiles(hours: Sequence[float]) -> dict[str, float] | None:
    """First quartile, median and third quartile in hours, inclusive method; None of nothing."""
    if not hours:
        return None
    cuts = quantiles(hours, n=4, method="inclusive") if len(hours) > 1 else [hours[0]] * 3
    return {name: round(cut, 2) for name, cut in zip(("q1", "median", "q3"), cuts, strict=True)}


def _lead_days(hours: Sequence[float]) -> dict[str, int]:
    """How many cases came so many whole days before the ticket; `7` is seven or more."""
    counts = {str(day): 0 for day in range(8)}
    for lead in hours:
        counts[str(min(7, int(lead // 24)))] += 1
    return counts


def _days(tally: Tally) -> list[dict[str, Any]]:
    days = sorted({key[2] for key in tally.counts if key[1] == "day"})
    return [{"day": day, **{side: tally.counts[side, "day", day, "opened"] for side in SIDES}} for day in days]


def _difference(tally: Tally, what: str) -> dict[str, Any]:
    kinds = {kind: n for (word, kind), n in sorted(tally.differences.items()) if word == what}
    examples = sorted((one for one in tally.examples if one.what == what), key=lambda one: one.rank)
    return {"count": sum(kinds.values()), "by_kind": kinds, "examples": [_example(one) for one in examples]}


def _example(one: Difference) -> dict[str, Any]:
    told: dict[str, Any] = {"subject": one.key, "kind": one.kind, "at": _plain(one.at)}
    told["old"], told["new"] = _course(one.old), _course(one.new)
    told["settings"] = _plain(one.settings)
    told["why"] = None if one.why is None else _plain(msgspec.structs.asdict(one.why))
    return told


def _course(course: CaseCourse | MessageCourse | None) -> dict[str, Any] | None:
    if course is None:
        return None
    told = msgspec.structs.asdict(course)
    for name in ("key", "kind" if isinstance(course, CaseCourse) else "key", "elsewhere"):
        told.pop(name, None)
    if "class_" in told:
        told["class"] = told.pop("class_")
    return {name: _plain(value) for name, value in sorted(told.items())}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return plain(value)
    plainly = plain(value)
    return plainly if plainly is None or isinstance(plainly, str | int | float | bool) else str(plainly)
