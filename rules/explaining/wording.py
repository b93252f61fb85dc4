"""Values and conditions as people read them, and as JSON holds them."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from rules.finding import Check, plain
from schemas.codec import rfc3339
from schemas.explanation import Condition

_DAY = timedelta(days=1)


def plain_value(value: Any) -> Any:
    """Fit for JSON: spans in hours, times in RFC 3339, collections as lists, money as text."""
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_value(one) for one in value]
    if isinstance(value, Decimal) or (isinstance(value, date) and not isinstance(value, datetime)):
        return str(value)
    return plain(value)


def condition_of(check: Check) -> Condition:
    """A check as it is published."""
    limit, observed = plain_value(check.limit), plain_value(check.observed)
    return Condition(fact=check.fact, observed=observed, limit=limit, policy=check.policy, holds=check.holds)


def in_words(value: Any) -> str:
    """A plain value for people."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (", ".join(map(in_words, value)) or "none") if isinstance(value, list) else str(value)


def told_condition(condition: Condition) -> str:
    """One condition in one line: `silence: 10h, limit 48h (default@2026-01-01:stalled.silence.ground)`."""
    policy = f" ({condition.policy})" if condition.policy else ""
    return f"{condition.fact.replace('_', ' ')}: {in_words(condition.observed)}{_limit(condition.limit)}{policy}"


def _limit(limit: Any) -> str:
    if limit is None:
        return ""
    if isinstance(limit, list):
        return f", needs {' or '.join(map(in_words, limit))}"
    is_measure = not isinstance(limit, bool) and (not isinstance(limit, str) or limit[:1].isdigit())
    return f", {'limit' if is_measure else 'needs'} {in_words(limit)}"


def minute(moment: datetime) -> str:
    """A moment to the second, UTC."""
    return rfc3339(moment.replace(microsecond=0))


def ahead(moment: datetime, now: datetime) -> str:
    """A coming moment and how far it is: `2026-03-04T15:00:00Z, in 1 d 4 h`."""
    return f"{minute(moment)}, in {span(moment - now)}" if moment > now else minute(moment)


def span(length: timedelta) -> str:
    """A length of time for people: `3 d 4 h`, `25 min`."""
    minutes = int(length.total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [f"{days} d"] * bool(days) + [f"{hours} h"] * bool(hours)
    parts += [f"{rest} min"] * bool(rest and length < _DAY)
    return " ".join(parts) or "less than a minute"
