"""Every value a policy may set, and how it is written."""

import re
from collections.abc import Callable
from datetime import time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from rules.calendar import weekdays
from schemas.words import KINDS, MILESTONES, OWNERS, SERVICE_LEVELS, SEVERITIES

_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)(m|h|d|bd)")
_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "bd": timedelta(days=1)}
_LONGEST: Final = timedelta(days=366)


def span(value: Any) -> timedelta:
    """`30m`, `48h`, `7d` or `4bd`; a business day is 24 hours of business time."""
    found = _SPAN.fullmatch(str(value))
    if found is None:
        raise ValueError(f"{value!r} is no span; write e.g. 30m, 48h, 7d or 4bd")
    length = float(found[1]) * _UNITS[found[2]]
    if not timedelta(0) < length <= _LONGEST:
        raise ValueError(f"{value!r} is out of bounds; write more than nothing and at most a year")
    return length


def whole(value: Any) -> int:
    """A whole number of at least 0."""
    if not re.fullmatch(r"\d{1,6}", str(value)):
        raise ValueError(f"{value!r} is no whole number of at least 0")
    return int(value)


def counting(value: Any) -> int:
    """A whole number of at least 1."""
    number = whole(value)
    if number == 0:
        raise ValueError("write at least 1")
    return number


def factor(value: Any) -> float:
    """A number above 0, at most 10."""
    if not re.fullmatch(r"\d{1,2}(\.\d{1,3})?", str(value)) or not 0 < float(value) <= 10:
        raise ValueError(f"{value!r} is no factor; write a number above 0, at most 10")
    return float(value)


def clock(value: Any) -> time:
    """A time of day such as `21:00`."""
    try:
        return time.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f'{value!r} is no time of day; write e.g. "21:00"') from None


def zone(value: Any) -> ZoneInfo:
    """An IANA time zone."""
    try:
        return ZoneInfo(str(value))
    except (ValueError, OSError, LookupError):
        raise ValueError(f"{value!r} is no IANA time zone") from None


def steps(value: Any) -> tuple[tuple[int, int], ...]:
    """Pairs of [at least, points], rising."""
    if not isinstance(value, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        raise ValueError("write pairs such as [[50, 2], [100, 4]]")
    pairs = tuple((whole(least), whole(points)) for least, points in value)
    if list(pairs) != sorted(pairs):
        raise ValueError("let the steps rise")
    return pairs


def switch(value: Any) -> bool:
    """`true` or `false`."""
    if str(value).lower() not in ("true", "false"):
        raise ValueError(f"{value!r} is no switch; write true or false")
    return str(value).lower() == "true"


def topics(value: Any) -> tuple[str, ...]:
    """A list of what messages can be about: milestones and kinds of exception."""
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is no list; write e.g. [delivered], or [] for none")
    for one in value:
        if one not in (*MILESTONES, *KINDS):
            raise ValueError(f"no message is about {one!r}; known are {', '.join((*MILESTONES, *KINDS))}")
    return tuple(sorted(set(value)))


_OWNER_HOURS: Final[dict[str, Callable[[Any], Any]]] = {
    "opens": clock,
    "closes": clock,
    "zone": zone,
    "days": lambda value: weekdays(str(value)),
}
_POINTS: Final = tuple(
    """promise.hours_a_point promise.most customer.vip customer.first_order customer.most support.open_ticket
    support.earlier_failure support.most age.hours_a_point age.most replacement.points last_chance.points
    doubt.vague_time
    doubt.contradicted bands.routine bands.urgent bands.critical""".split()
)
_SPANS: Final = tuple(
    """label_not_scanned.warn label_not_scanned.limit label_not_scanned.review cases.hysteresis cases.reopen_within
    score.age.free messages.settling messages.carrier_delay_settling messages.budget.apart
    messages.budget.critical_apart messages.recently_answered messages.stale messages.give_up forget.terminal
    incident.silence feed.silence not_shipped.warn not_shipped.limit partial_delivery.after
    long_transit.domestic long_transit.international promise_moved.least lost_presumed.silence.domestic
    lost_presumed.silence.international lost_presumed.silence.past_promise lost_presumed.past_promise
    invalid_tracking.after
    pickup_expiring.window.usps pickup_expiring.window.usps_express pickup_expiring.window.other
    pickup_expiring.reminder pickup_expiring.before_end customs_hold.after not_received.hold
    delivered_elsewhere.until""".split()
)

LEAVES: Final[dict[str, Callable[[Any], Any]]] = {
    **{path: span for path in _SPANS},
    **{f"stalled.silence.{level}": span for level in (*SERVICE_LEVELS, "unknown")},
    **{f"respond.{severity}": span for severity in SEVERITIES},
    **{f"score.{path}": counting if path.endswith("hours_a_point") else whole for path in _POINTS},
    **{f"owners.{owner}.{part}": read for owner in OWNERS for part, read in _OWNER_HOURS.items()},
    **{f"attempts.allowed.{carrier}": counting for carrier in ("usps", "ups", "fedex", "other")},
    **{f"messages.budget.{part}": whole for part in ("milestones", "promises", "most")},
    "attempts.exhausting_from": counting,
    "incident.least": counting,
    "incident.times_usual": factor,
    "incident.usual_least": factor,
    "feed.least_in_flight": counting,
    "feed.share": factor,
    "stalled.apology_factor": factor,
    "stalled.held_factor": factor,
    "replacement.threshold_factor": factor,
    "score.value.steps": steps,
    "review.value_limit": whole,
    "review.earlier_failures": whole,
    "messages.quiet.from": clock,
    "messages.quiet.to": clock,
    "messages.digest.enabled": switch,
    "messages.digest.at": clock,
    "messages.digest.apart": topics,
}
"""Dotted paths of all values, each with the function that reads it."""


def parse(path: str, value: Any) -> Any:
    """Read the value at a path; raises `ValueError` saying what to write instead."""
    return LEAVES[path](value)
