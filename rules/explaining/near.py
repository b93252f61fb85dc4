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
    then = minute(heard.at)
    if under := sorted(name for name in heard.names if base_id(name) == heard.key != name):
        return f"{heard.key} is a number that is used again, and each parcel under it has an id of its own", under
    if heard.later or heard.key in heard.names_later:
        first = min((fact.now for fact in heard.later), default=None)
        when = f": it was first heard of at {minute(first)}" if first else ""
        return f"nothing was known of {heard.key} at {then}{when}", []
    return f"nothing is known of {heard.key} at {then}", _alike(heard)[:_MOST]


def _alike(heard: Heard) -> list[str]:
    """The same number under other carriers, else numbers much like it."""
    # A parcel may have been named without its carrier; other subjects are named by their kind.
    names = sorted(name for name in heard.names if subject_of(name) == subject_of(heard.key))
    number, numbers = _number(heard.key), {_number(name): name for name in names}
    same = [name for name in names if _number(name) == number]
    return same or [numbers[match] for match in get_close_matches(number, numbers, _MOST, _ALIKE)]


def _number(key: str) -> str:
    """What identifies it beside its carrier, as carriers write it."""
    number = key.partition(":")[2] or key
    return number.partition(":")[0].translate(_BLANKS).upper()
