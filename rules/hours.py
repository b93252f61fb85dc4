"""Hours of the day: those in which an owner has to have acted, and those in which customers are left alone."""

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from rules.policy import Policy

_DAY = timedelta(days=1)
_FARTHEST = 366


@lru_cache(maxsize=4096)
def due_by(owner: str, severity: str, start: datetime, policy: Policy) -> datetime:
    """The moment by which the owner should have acted on a case of this severity."""
    zone, days = policy.value(f"owners.{owner}.zone"), policy.value(f"owners.{owner}.days")
    opens, closes = policy.value(f"owners.{owner}.opens"), policy.value(f"owners.{owner}.closes")
    left: timedelta = policy.value(f"respond.{severity}")
    day = start.astimezone(zone).date()
    for _ in range(_FARTHEST):
        if day.isoweekday() in days:
            begin = max(start, datetime.combine(day, opens, tzinfo=zone).astimezone(UTC))
            end = datetime.combine(day, closes, tzinfo=zone).astimezone(UTC)
            if begin + left <= end:
                return begin + left
            left -= max(timedelta(0), end - begin)
        day += _DAY
    return start + left


def is_quiet(clock: time, begin: time, end: time) -> bool:
    """Whether a time of day lies in the quiet hours; they may go over midnight, and their end is outside them."""
    return clock >= begin or clock < end if begin > end else begin <= clock < end
