"""How long journeys take from the carrier's first possession on: what `long_transit` may allow."""

from collections.abc import Iterable
from typing import Final

from rules.learning.heard import Parcel, has_clock, parcels_of
from rules.learning.measure import Span
from rules.policy import PolicyBook
from rules.state import Seen
from schemas.recording import RawRecord

_TURNED: Final = frozenset(("returning", "lost"))


def journeys_of(records: Iterable[RawRecord], policy: PolicyBook) -> list[Span]:
    """Every journey of a recording: to the door or to a counter, to where the parcel turned back, or unfinished.

    Left out are returns and journeys that begin or end with a scan without a clock time. Raises `UnknownTopicError`
    on a record of no raw topic.
    """
    return [span for parcel in parcels_of(records, policy) if (span := _journey(parcel)) is not None]


def _journey(parcel: Parcel) -> Span | None:
    situation, begins = parcel.situation, parcel.situation.life.possessed_at
    first = next((seen for seen in parcel.moves if begins is not None and seen.at >= begins), None)
    if begins is None or first is None or not has_clock(first):
        return None
    end = next((seen for seen in parcel.moves if _ends(seen)), None)
    if end is not None and not has_clock(end):
        return None
    group = parcel.group(begins)
    length = situation.elapsed(begins, end.happened if end is not None else parcel.last)
    limit = situation.policy.limit(f"long_transit.{group[2]}").value
    return Span(situation.shipment.shipment_id, group, length, end is not None and _arrived(end), limit)


def _ends(seen: Seen) -> bool:
    return seen.state == "returned" or _arrived(seen) or bool(_TURNED & set(seen.flags))


def _arrived(seen: Seen) -> bool:
    return seen.state == "delivered" or "pickup_ready" in seen.flags
