"""How long parcels are silent in a carrier's hands: what `stalled` may allow."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from rules.learning.heard import Parcel, has_clock, parcels_of
from rules.learning.measure import Span
from rules.policy import PolicyBook
from rules.state import Seen
from schemas.recording import RawRecord

_HANDS: Final = frozenset(("picked_up", "in_transit", "delayed", "attempted", "out_for_delivery"))
_KEPT: Final = frozenset(("pickup_ready", "held", "returning", "lost"))


def silences_of(records: Iterable[RawRecord], policy: PolicyBook) -> list[Span]:
    """Every silence of a recording, by parcel and time; the last one of a parcel may still last.

    Left out are counters, what is held on purpose, returns, and silences that begin or end with a scan without a
    clock time. Raises `UnknownTopicError` on a record of no raw topic.
    """
    return [span for parcel in parcels_of(records, policy) for span in _silences(parcel)]


def _silences(parcel: Parcel) -> Iterator[Span]:
    situation = parcel.situation
    for seen, following in pairwise([*parcel.moves, None]):
        if seen is None or not _counts(seen) or (following is not None and not has_clock(following)):
            continue
        group = parcel.group(seen.happened)
        length = situation.elapsed(seen.happened, following.happened if following is not None else parcel.last)
        limit = situation.policy.choice("stalled.silence", group[1], "unknown").value
        yield Span(situation.shipment.shipment_id, group, length, following is not None, limit)


def _counts(seen: Seen) -> bool:
    return seen.state in _HANDS and not _KEPT & set(seen.flags) and has_clock(seen)
