"""Spans of a recording by group: their percentiles, and what a limit would have brought."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Any, Final

PERCENTILES: Final = (50, 90, 95)
_HOUR: Final = timedelta(hours=1)

Group = tuple[str, str, str, int]
"""Carrier, service level (`unknown` too), lane, ISO weekday on which it began; 0 stands for all weekdays."""


@dataclass(frozen=True, slots=True)
class Span:
    """A silence or a journey of one parcel."""

    shipment_id: str
    group: Group
    length: timedelta
    """On the carrier's business days, less what its feed was silent."""
    ended_well: bool
    """The parcel went on, or arrived; otherwise the recording ended, or the parcel turned back."""
    limit: timedelta
    """What the policy in force allows."""


@dataclass(frozen=True, slots=True)
class Alarms:
    """What a threshold would have brought on the recording."""

    threshold: timedelta
    spans: int
    raised: int
    """Spans that reached it."""
    false: int
    """Of these, those that ended well by themselves."""

    @property
    def rate(self) -> float:
        """False alarms a span."""
        return self.false / self.spans if self.spans else 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """One group: its percentiles and what each would have brought."""

    group: Group
    samples: int
    """Spans that ended well: the percentiles are theirs."""
    learned: dict[int, Alarms]
    in_force: Alarms


def rows(spans: Iterable[Span], least: int) -> list[Row]:
    """A row a group and weekday, and one (weekday 0) a group, of at least so many spans that ended well."""
    groups: dict[Group, list[Span]] = {}
    for span in spans:
        groups.setdefault(span.group, []).append(span)
        groups.setdefault((*span.group[:3], 0), []).append(span)
    return [row for group, found in sorted(groups.items()) if (row := _row(group, found)).samples >= least]


def _row(group: Group, spans: list[Span]) -> Row:
    ended = sorted(span.length for span in spans if span.ended_well)
    learned = {share: alarms(spans, _percentile(ended, share)) for share in PERCENTILES} if ended else {}
    return Row(group, len(ended), learned, alarms(spans, spans[-1].limit))


def _percentile(ended: list[timedelta], share: int) -> timedelta:
    """The nearest rank: at least so many of a hundred are no longer."""
    return ended[ceil(share * len(ended) / 100) - 1]


def alarms(spans: Iterable[Span], threshold: timedelta) -> Alarms:
    """What a threshold would have brought."""
    counted = list(spans)
    reached = [span for span in counted if span.length >= threshold]
    return Alarms(threshold, len(counted), len(reached), sum(span.ended_well for span in reached))


def plain(row: Row) -> dict[str, Any]:
    """A row as plain JSON: spans in hours."""
    carrier, service, lane, weekday = row.group
    told = {f"p{share}": _plain(one) for share, one in row.learned.items()}
    head = {"carrier": carrier, "service_level": service, "lane": lane, "weekday": weekday or None}
    return {**head, "samples": row.samples, **told, "in_force": _plain(row.in_force)}


def _plain(one: Alarms) -> dict[str, Any]:
    hours = round(one.threshold / _HOUR, 2)
    return {"hours": hours, "alarms": one.raised, "false_alarms": one.false, "false_alarm_rate": round(one.rate, 4)}
