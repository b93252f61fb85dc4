"""The parcels of a recording as learning sees them: scans, orders and the feeds' silences, and no decisions."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from rules.feeds import Feeds, told
from rules.history import each_once, inserted, seen_scans
from rules.lifecycle import fold
from rules.pipeline.records import Out
from rules.pipeline.replay import Replay
from rules.policy import PolicyBook
from rules.situation import Situation, policy_of
from rules.state import Seen, Shipment
from schemas.facts import Fact, FeedFact, OrderFact, ScansFact, base_id
from schemas.recording import RawRecord

_CLOCKLESS = frozenset(("missing", "date_only", "placeholder"))


@dataclass(frozen=True, slots=True)
class Parcel:
    """An outbound parcel and its scans that say where it is, to its end."""

    situation: Situation
    moves: list[Seen]
    last: datetime
    """When the recording ends."""

    def group(self, since: datetime) -> tuple[str, str, str, int]:
        """Of something that began at `since`: carrier, service, lane and weekday."""
        situation = self.situation
        lane = "international" if situation.is_international else "domestic"
        weekday = since.astimezone(situation.calendar.zone).isoweekday()
        return situation.shipment.carrier, situation.service_level or "unknown", lane, weekday


@dataclass(slots=True)
class _Heard:
    scans: list[Seen] = field(default_factory=list)
    order: OrderFact | None = None


class _Listener(Replay):
    """A replay that decides nothing: it keeps what bears on how long things take."""

    def __init__(self, policy: PolicyBook) -> None:
        super().__init__(policy)
        self.heard: dict[str, _Heard] = {}
        self.silences = Feeds()

    def apply(self, fact: Fact) -> Iterator[Out]:
        """Keep it."""
        if isinstance(fact, FeedFact):
            self.silences, _ = told(self.silences, fact)
        elif isinstance(fact, ScansFact):
            scans = self.heard.setdefault(fact.shipment_id, _Heard()).scans
            known = {seen.id for seen in scans}
            for _, seen in each_once(seen_scans(fact)):
                if seen.id not in known:
                    inserted(scans, seen)
        elif isinstance(fact, OrderFact) and fact.subject == "shipment":
            self.heard.setdefault(fact.shipment_id, _Heard()).order = fact
        return iter(())


def parcels_of(records: Iterable[RawRecord], policy: PolicyBook) -> list[Parcel]:
    """The outbound parcels of a recording that were scanned, by their ids.

    Raises `UnknownTopicError` on a record of no raw topic.
    """
    listener, ordered = _Listener(policy), list(records)
    last = max((record.timestamp for record in ordered), default=None)
    if last is None:
        return []
    for _ in listener.run(ordered):
        pass
    return [
        parcel
        for key, heard in sorted(listener.heard.items())
        if (parcel := _parcel(key, heard, listener, policy, last)) is not None
    ]


def has_clock(seen: Seen) -> bool:
    """Whether the time of a scan is one of the day, not a day or a guess."""
    return seen.quality not in _CLOCKLESS


def _parcel(key: str, heard: _Heard, listener: _Listener, policy: PolicyBook, last: datetime) -> Parcel | None:
    moves = _to_the_end([seen for seen in heard.scans if seen.state is not None])
    order = heard.order or getattr(listener.heard.get(base_id(key)), "order", None)
    shipment = Shipment(
        shipment_id=key, carrier=key.partition(":")[0], tracking_number="", scans=heard.scans,
        life=fold(heard.scans, order.parcel.direction if order and order.parcel else None),
        order=order.order if order else None, parcel=order.parcel if order else None,
    )  # fmt: skip
    situation = Situation(shipment, policy_of(shipment, last, policy), listener.silences)
    return None if situation.is_return or not moves else Parcel(situation, moves, last)


def _to_the_end(moves: list[Seen]) -> list[Seen]:
    end = next((n for n, seen in enumerate(moves) if seen.state in ("delivered", "returned")), len(moves))
    return moves[: end + 1]
