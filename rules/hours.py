"""When an owner has to have acted: response times counted in the owner's own hours."""

from datetime import UTC, datetime, timedelta
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
