"""Words, times and spans as people read them; registered as filters of the templates."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

_NAMES: Final[Mapping[str, str]] = {
    "ups": "UPS", "usps": "USPS", "fedex": "FedEx", "dhl_express": "DHL Express", "dhl_unified": "DHL",
    "dhl_parcel_de": "DHL Paket", "dhl_ecommerce": "DHL eCommerce", "dpd": "DPD", "gls": "GLS", "bpost": "bpost",
    "laposte": "La Poste", "ontrac": "OnTrac", "lasership": "LaserShip", "hermes_de": "Hermes",
    "amazon_sp_api": "Amazon SP-API", "seko": "SEKO", "smartkargo": "SmartKargo", "parcelone": "PARCEL.ONE",
}  # fmt: skip
_WORDS: Final[Mapping[str, str]] = {
    "vip": "VIP", "info": "Info", "dtc": "DTC", "two_day": "Two-day", "status_unmapped": "Unmapped status",
    "not_received": "Delivered, not received", "promise_moved": "Promised date moved",
}  # fmt: skip
_STEPS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))
_LONGEST: Final = 600


def word(text: object) -> str:
    """A word of the contract, for people: `attempts_exhausting` is "Attempts exhausting"."""
    raw = "" if text is None else str(text)
    return _WORDS.get(raw) or raw.replace("_", " ").strip().capitalize()


def carrier_name(slug: object) -> str:
    """A carrier as it writes itself, where we know."""
    raw = "" if slug is None else str(slug)
    return _NAMES.get(raw) or raw.replace("_", " ").title()


def moment(value: datetime | str | None) -> str:
    """A time in UTC to the minute: "2 Mar 16:05"."""
    at = _aware(value)
    return "" if at is None else f"{at.day} {at:%b %H:%M}"


def exact(value: datetime | str | None) -> str:
    """A time in full."""
    at = _aware(value)
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"


def day(value: datetime | str | None) -> str:
    """The day of a time: "Monday 2 March 2026"."""
    at = _aware(value)
    return "" if at is None else f"{at:%A} {at.day} {at:%B %Y}"


def clock(value: datetime | str | None) -> str:
    """The time of day."""
    at = _aware(value)
    return "" if at is None else f"{at:%H:%M}"


def span(seconds: float) -> str:
    """A length of time in its largest unit, or its two largest where it is short of days: "3 d", "4 h 20 min"."""
    left = int(abs(seconds))
    if left < 60:
        return "under a minute"
    parts: list[tuple[int, str]] = []
    for size, unit in _STEPS:
        count, left = divmod(left, size)
        if count or parts:
            parts.append((count, unit))
    shown = parts[:1] if parts[0][1] == "d" and parts[0][0] >= 3 else parts[:2]
    return " ".join(f"{count} {unit}" for count, unit in shown if count)


def since(value: datetime | None, now: datetime) -> str:
    """How long ago something was."""
    return "" if value is None else span(max(0.0, (now - value).total_seconds()))


def due(value: datetime | None, now: datetime) -> str:
    """When something is due, as seen from now."""
    if value is None:
        return ""
    seconds = (value - now).total_seconds()
    return f"{span(seconds)} overdue" if seconds < 0 else f"in {span(seconds)}"


def delay(at: datetime, heard: datetime) -> str:
    """How much later than it happened something was heard of, where that is worth a word."""
    late = heard - at
    return "" if late < timedelta(minutes=5) else f"heard {span(late.total_seconds())} later"


def plain(value: Any) -> str:
    """Any JSON value in one line."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        text = ", ".join(f"{name}: {plain(inner)}" for name, inner in value.items())
    elif isinstance(value, list | tuple):
        text = ", ".join(plain(inner) for inner in value) or "–"
    else:
        text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def path_part(text: object) -> str:
    """A text as one part of a URL's path."""
    return quote(str(text), safe=":")


def _aware(value: datetime | str | None) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if value is None:
        return None
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)


FILTERS: Final = {
    "word": word, "carrier": carrier_name, "moment": moment, "exact": exact, "day": day, "clock": clock,
    "since": since, "due": due, "plain": plain, "path_part": path_part, "span": span,
}  # fmt: skip
