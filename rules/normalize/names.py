"""Carriers and tracking numbers: every spelling meets on one word and one number."""

from functools import lru_cache
from typing import Final

from rules.normalize.decode import UnusableError
from rules.normalize.tables import NAMES, load_pairs
from schemas.codec import digest
from schemas.words import CARRIERS

MAX_NUMBER = 64
ANY = ""
"""Stands for the carrier where a number comes without one, as in a ticket."""
UNKNOWN: Final = "unknown"
"""Stands for the carrier of a parcel whose sender names none."""
_FAMILIES: Final = frozenset(
    """ups usps fedex dpd gls evri purolator ontrac lasership bpost sendle colissimo chronopost seko""".split()
)
"""Names that no other carrier begins with: what follows is a country, a service or a way to fetch the data."""
_FEEDS: Final = frozenset("api ftp sftp edi webhook reference ref checker".split())
"""Words that aggregators hang on a carrier's name to say where its data come from."""
_UPS_LONG: Final = 18
_USPS_LONG: Final = 22
_USPS_BEGINS: Final = ("93", "94", "95")
"""92 is also printed by those who hand parcels over to USPS."""
_BLANKS = str.maketrans("", "", " -\u2010\u2011\u2013\u00a0\t")


@lru_cache(maxsize=4096)
def carrier(spelling: str) -> str:
    """The closed word for a spelling ("UPS®", "fedex-ground"), else its slug; empty where nothing is left."""
    lowered = spelling.strip().lower()
    if lowered in CARRIERS:
        return lowered
    words = "".join(char if char.isalnum() else " " for char in lowered[:64]).split()
    while len(words) > 1 and words[-1] in _FEEDS and "".join(words) not in load_pairs(NAMES):
        words.pop()
    known = load_pairs(NAMES).get("".join(words))
    return known or (words[0] if words and words[0] in _FAMILIES else "-".join(words))


def guessed(written: str) -> str:
    """The carrier of a number that came without one, where its form is that of one carrier only."""
    bare = written.translate(_BLANKS).upper()
    if len(bare) == _UPS_LONG and bare.startswith("1Z"):
        return "ups"
    bare = _without_zip(bare)
    return "usps" if len(bare) == _USPS_LONG and bare.isdigit() and bare[:2] in _USPS_BEGINS else UNKNOWN


def named(written: str | None, path: str) -> str:
    """The closed word for a spelling that must be there; raises `UnusableError` where it is not."""
    who = carrier(written or "")
    if not who:
        raise UnusableError("semantic_invalid", f"{path} is empty; a scan needs the carrier of its parcel")
    return who


def unnamed(*first: str | None) -> str:
    """A number for a parcel that its message does not name: the same for each message with the same first scan."""
    return "UNNAMED" + digest(*first, size=16).upper()


def number(sender: str, written: str | None, path: str) -> str:
    """The tracking number upper-case without spaces and dashes; raises `UnusableError` where it cannot be one."""
    bare = (written or "").upper()
    if not bare.isalnum():
        bare = bare.translate(_BLANKS)
    if not bare:
        raise UnusableError("semantic_invalid", f"{path} is empty; a scan needs the number of its parcel")
    if sender in ("usps", ANY):
        bare = _without_zip(bare)
    # A colon parts the shipment id; nothing else is known to be impossible in a number.
    if len(bare) > MAX_NUMBER or ":" in bare or not bare.isprintable():
        raise UnusableError(
            "semantic_invalid", f"{path} is no tracking number; send letters and digits, up to {MAX_NUMBER}"
        )
    return bare


def _without_zip(bare: str) -> str:
    # USPS labels print 420 + ZIP (5 or 9 digits) before the number proper of 20 or 22 digits, which begins with 9.
    if bare.startswith("420") and bare.isdigit():
        for prefix, whole in ((8, 30), (12, 34), (8, 28), (12, 32)):
            if len(bare) == whole and bare[prefix] == "9":
                return bare[prefix:]
    return bare
