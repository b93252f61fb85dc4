"""What scans tell of a delivery beside that it was one: who has the parcel now, and whether there is a proof.

Codes are known from `rules/carriers/deliveries.csv`; of other scans the sender's words are read, a few and plain ones.
Nothing is guessed: a delivery of which nothing more is told went to the customer, and without a proof.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Final

from rules.normalize.tables import DELIVERIES, load_pairs
from rules.retractions import standing
from rules.situation import Situation
from rules.state import Seen

_PROOF: Final = "proof"
_BY_REASON: Final = {"redirected": "another address", "handoff": "another carrier or agent"}
_WORDS: Final = re.compile(
    r"\b((?P<neighbour>neighbou?rs?|nachbarn?|voisine?s?|buren)|(?P<concierge>concierge|caretaker|building manager)"
    r"|(?P<another_person>(an)?other person|alternative recipient)|(?P<locker>locker))\b",
    re.IGNORECASE,
)
_FETCHED: Final = re.compile(r"\b(picked up|collected|fetched)\b", re.IGNORECASE)
"""Then it is the customer who took it out of where it lay."""
_SIGNED: Final = re.compile(r"\b(signed|signature|proof of delivery|pod|photo)\b", re.IGNORECASE)
_UNSIGNED: Final = re.compile(
    r"\b(no|not|without) (sign|photo|proof)|signature (not|un\w+|release|required|waive)|not available", re.IGNORECASE
)

_AROUND: Final = timedelta(hours=1)
"""A photo may be told of a little before the delivery; what is said long before it is what the label asks for."""


def handed_to(shipment: Situation) -> tuple[str, Seen] | None:
    """Who or what has the parcel, where that is told and is not the customer, with the scan that tells it."""
    for scan in _since_possession(shipment):
        if scan.state == "delivered" and (word := _BY_REASON.get(scan.reason or "") or _word(scan)):
            return word, scan
    return None


def proof(shipment: Situation) -> Seen | None:
    """The scan that tells of a signature, a photo or another proof of the delivery."""
    for scan in _since_possession(shipment):
        told, text = _by_code(scan), scan.text or ""
        signed = _SIGNED.search(text) and not _UNSIGNED.search(text) and _is_about_delivery(shipment, scan)
        if told == _PROOF or signed:
            return scan
    return None


def _is_about_delivery(shipment: Situation, scan: Seen) -> bool:
    at = shipment.life.delivered_at
    return scan.state == "delivered" or (scan.state is None and at is not None and scan.at >= at - _AROUND)


def _word(scan: Seen) -> str | None:
    told, text = _by_code(scan), scan.text or ""
    if told is not None and told != _PROOF:
        return told
    said = _WORDS.search(text)
    if said is None or _FETCHED.search(text):
        return None
    return next(word for word, found in said.groupdict().items() if found).replace("_", " ")


def _since_possession(shipment: Situation) -> Iterator[Seen]:
    """The scans of this parcel that nobody took back, the latest first; a number may have been another's before."""
    begin = shipment.life.possessed_at
    for scan in reversed(standing(shipment.shipment.scans)):
        if begin is None or scan.at >= begin:
            yield scan


def _by_code(scan: Seen) -> str | None:
    """What the table of the scan's sender says of its code, or of a part of it."""
    table, code = (scan.version or "").rpartition("-")[0], (scan.code or "").partition("+")[0].lower()
    known = _codes().get(table)
    if not known or not code:
        return None
    return next((known[part] for part in (code, *code.split("/")) if part in known), None)


@cache
def _codes() -> dict[str, dict[str, str]]:
    """By sender and code in small letters."""
    found: dict[str, dict[str, str]] = {}
    for key, value in load_pairs(DELIVERIES).items():
        table, _, code = key.partition(":")
        found.setdefault(table, {})[code.lower()] = value
    return found
