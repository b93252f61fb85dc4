"""What may be meant where nothing is known of a subject: the same number elsewhere, or a number much like it."""

from difflib import get_close_matches
from typing import Final

from rules.explaining.listening import Heard, subject_of
from rules.explaining.wording import minute
from schemas.facts import base_id

_MOST: Final = 5
_ALIKE: Final = 0.8
_BLANKS: Final = str.maketrans("", "", " -")


def near(heard: Heard) -> tuple[str, list[str]]:
    """The message, and the subjects that may be meant, the likeliest first."""
    if heard.key in heard.names_later or heard.later:
        first = min((fact.now for fact in heard.later), default=None)
        when = f": it was first heard of at {minute(first)}" if first else ""
        return f"nothing was known of {heard.key} at {minute(heard.at)}{when}", []
    alike = _alike(heard.key, sorted(heard.names))
    return f"nothing is known of {heard.key} at {minute(heard.at)}", alike[:_MOST]


def _alike(key: str, names: list[str]) -> list[str]:
    number = _number(key)
    same = [name for name in names if _number(name) == number and subject_of(name) == subject_of(key)]
    under = [name for name in names if base_id(name) == key and name not in same]
    rest = {_number(name): name for name in names if name not in same and name not in under}
    return under or same or [rest[match] for match in get_close_matches(number, rest, _MOST, _ALIKE)]


def _number(key: str) -> str:
    """What identifies it beside its carrier, as carriers write it."""
    number = key.partition(":")[2] or key
    return number.partition(":")[0].translate(_BLANKS).upper()
