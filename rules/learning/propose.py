"""Limits that a recording suggests: each with what it would have brought."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Final

from rules.learning.measure import Alarms, Row, Span, alarms, rows

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A limit for a carrier's service, longer or shorter than the one in force."""

    carrier: str
    service: str
    lane: str
    """The lane whose percentile it is."""
    limit: timedelta
    """P95 in whole hours."""
    row: Row
    would: Alarms
    """What the limit would have brought to all that it is for."""


def silence_limits(spans: Iterable[Span], least: int, *, tighter: bool = False) -> list[Proposal]:
    """For each carrier and service the longest P95 of its lanes, where the limit in force is shorter.

    A policy's patience with silence knows no lanes, so the slowest lane counts.

    Args:
        spans: silences of a recording.
        least: how many that ended well a group needs.
        tighter: propose shorter limits too.
    """
    counted = list(spans)
    slowest: dict[tuple[str, str], Row] = {}
    for row in _of_all_days(counted, least):
        known = slowest.get(row.group[:2])
        if known is None or row.learned[95].threshold > known.learned[95].threshold:
            slowest[row.group[:2]] = row
    return _proposed(slowest.values(), counted, 2, tighter=tighter)


def journey_limits(spans: Iterable[Span], least: int, *, tighter: bool = False) -> list[Proposal]:
    """For each carrier, service and lane the P95 of its journeys; arguments as for `silence_limits`.

    Not of an unknown service: a limit for it would be one for every service of the carrier.
    """
    counted = list(spans)
    known = [row for row in _of_all_days(counted, least) if row.group[1] != "unknown"]
    return _proposed(known, counted, 3, tighter=tighter)


def _of_all_days(spans: list[Span], least: int) -> list[Row]:
    return [row for row in rows(spans, least) if row.group[3] == 0]


def _proposed(found: Collection[Row], spans: list[Span], scope: int, *, tighter: bool) -> list[Proposal]:
    """Proposals for spans whose group begins as that of a row, in so many words."""
    proposals = []
    for row in sorted(found, key=lambda row: row.group):
        limit = max(ceil(row.learned[95].threshold / _HOUR), 1) * _HOUR
        if limit > row.in_force.threshold or (tighter and limit < row.in_force.threshold):
            same = [span for span in spans if span.group[:scope] == row.group[:scope]]
            carrier, service, lane, _ = row.group
            proposals.append(Proposal(carrier, service, lane, limit, row, alarms(same, limit)))
    return proposals
