"""Places written as one text: the city, and the region and country where the text says them."""

from functools import cache
from typing import Final

from rules.normalize.clocks import country
from rules.normalize.history import place
from rules.normalize.tables import COUNTRIES, ZONES, load_pairs
from schemas.facts import Location

_REGION: Final = 3


def worded_place(written: str | None, home: str | None = None) -> Location | None:
    """`Los Angeles, CA, US`, `Heathrow, GB`, `TEANECK, NJ`; `home` is the country where the text names none."""
    parts = [part.strip() for part in (written or "").split(",")]
    parts = [part for part in parts if part]
    if len(parts) < 2:
        return place(parts[0], None, None, home) if parts else None
    nation = _nation(parts[-1])
    if nation and (len(parts) > 2 or not _is_state(parts[-1], home)):
        region = parts[-2] if len(parts) > 2 and len(parts[-2]) <= _REGION else None
        return place(parts[0], region, None, nation)
    return place(parts[0], parts[-1][:60], None, home)


def _nation(code: str) -> str | None:
    found = "GB" if code.upper() == "UK" else country(code)
    return found if found in _nations() else None


def _is_state(code: str, home: str | None) -> bool:
    # CA is California and Canada, DE Delaware and Germany: two parts alone cannot tell.
    upper = code.upper()
    return f"{home or 'US'}-{upper}" in load_pairs(ZONES) and upper != "GB"


@cache
def _nations() -> frozenset[str]:
    return frozenset(load_pairs(COUNTRIES).values())
