"""Service levels from carriers' names of their services, where the name says it plainly."""

from functools import lru_cache
from typing import Final

_WORDS: Final = (
    ("international", "international"),
    ("worldwide", "international"),
    ("2nd day", "two_day"),
    ("second day", "two_day"),
    ("2day", "two_day"),
    ("2_day", "two_day"),
    ("2-day", "two_day"),
    ("two day", "two_day"),
    ("two_day", "two_day"),
    ("surepost", "economy"),
    ("ground saver", "economy"),
    ("ground economy", "economy"),
    ("ground_economy", "economy"),
    ("smart_post", "economy"),
    ("smartpost", "economy"),
    ("economy", "economy"),
    ("media mail", "economy"),
    ("mail innovations", "economy"),
    ("priority mail express", "express"),
    ("overnight", "express"),
    ("next day", "express"),
    ("express", "express"),
    ("priority mail", "two_day"),
    ("ground", "ground"),
    ("home_delivery", "ground"),
    ("home delivery", "ground"),
)
"""First match wins: the longer and rarer words stand first ("Ground Saver" is not "Ground")."""


@lru_cache(maxsize=1024)
def service_level(name: str | None) -> str | None:
    """The level that a service's name says, else None."""
    lowered = (name or "").lower()
    return next((level for word, level in _WORDS if word in lowered), None)
