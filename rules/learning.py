"""How long parcels are usually silent, by carrier, service, lane and weekday: what a policy's patience may be."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil
from typing import Any, Final

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

PERCENTILES: Final = (50, 90, 95)
_HANDS: Final = frozenset(("picked_up", "in_transit", "delayed", "attempted", "out_for_delivery"))
_CLOCKLESS: Final = frozenset(("missing", "date_only", "placeholder"))
_HOUR: Final = timedelta(hours=1)

Group = tuple[str, str, str, int]
"""Carrier, service level (`unknown` too), lane, ISO weekday on which the silence began; 0 stands for all weekdays."""


@dataclass(frozen=True, slots=True)
class Spell:
    """A time in which a parcel in the carrier's hands was not scanned."""

    shipment_id: str
    group: Group
    length: timedelta
    """On the carrier's business days, less what its feed was silent."""
    moved_on: bool
    """A later scan ended it; otherwise the recording did."""
    limit: timedelta
    """What the policy in force allows."""


@dataclass(frozen=True, slots=True)
class Alarms:
    """What a threshold would have brought on the recording."""

    threshold: timedelta
    spells: int
    raised: int
    """Spells that reached it."""
    false: int
    """Of these, those that ended by themselves."""

    @property
    def rate(self) -> float:
        """False alarms a spell."""
        return self.false / self.spells if self.spells else 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """One group: its percentiles and what each would have brought."""

    group: Group
    samples: int
    """Spells that a scan ended: the percentiles are theirs."""
    learned: dict[int, Alarms]
    in_force: Alarms


@dataclass(frozen=True, slots=True)
class Proposal:
    """A limit for a carrier's service, longer or shorter than the one in force."""

    carrier: str
    service: str
    limit: timedelta
    row: Row
    """The lane whose percentile it is."""
    would: Alarms


@dataclass(slots=True)
class _Heard:
    scans: list[Seen] = field(default_factory=list)
    order: OrderFact | None = None


class _Listener(Replay):
    """A replay that decides nothing: it keeps scans, orders and the feeds' silences."""

    def __init__(self, policy: PolicyBook) -> None:
        super().__init__(policy)
        self.heard: dict[str, _Heard] = {}
        self.feeds = Feeds()

    def apply(self, fact: Fact) -> Iterator[Out]:
        """Keep what bears on silences."""
        if isinstance(fact, FeedFact):
            self.feeds, _ = told(self.feeds, fact)
        elif isinstance(fact, ScansFact):
            scans = self.heard.setdefault(fact.shipment_id, _Heard()).scans
            known = {seen.id for seen in scans}
            for _, seen in each_once(seen_scans(fact)):
                if seen.id not in known:
                    inserted(scans, seen)
        elif isinstance(fact, OrderFact) and fact.subject == "shipment":
            self.heard.setdefault(fact.shipment_id, _Heard()).order = fact
        return iter(())


def spells_of(records: Iterable[RawRecord], policy: PolicyBook) -> list[Spell]:
    """Every silence of a recording, by time of the parcel's first scan; the last one of a parcel may still last.

    Left out are counters, what is held on purpose, returns, and spells that begin or end with a scan without a clock
    time. Raises `UnknownTopicError` on a record of no raw topic.
    """
    listener, ordered = _Listener(policy), list(records)
    last = max((record.timestamp for record in ordered), default=None)
    if last is None:
        return []
    for _ in listener.run(ordered):
        pass
    return [
        spell for key, heard in sorted(listener.heard.items()) for spell in _spells(key, heard, listener, policy, last)
    ]


def _spells(key: str, heard: _Heard, listener: _Listener, policy: PolicyBook, last: datetime) -> Iterator[Spell]:
    moves = _to_the_end([seen for seen in heard.scans if seen.state is not None])
    if not moves:
        return
    order = heard.order or getattr(listener.heard.get(base_id(key)), "order", None)
    shipment = Shipment(
        shipment_id=key, carrier=key.partition(":")[0], tracking_number="", scans=heard.scans,
        life=fold(heard.scans, order.parcel.direction if order and order.parcel else None),
        order=order.order if order else None, parcel=order.parcel if order else None,
    )  # fmt: skip
    situation = Situation(shipment, policy_of(shipment, last, policy), listener.feeds)
    if situation.is_return:
        return
    for seen, following in pairwise([*moves, None]):
        if seen is None or not _counts(seen) or (following is not None and following.quality in _CLOCKLESS):
            continue
        yield _spell(situation, seen, following, last)


def _to_the_end(moves: list[Seen]) -> list[Seen]:
    end = next((n for n, seen in enumerate(moves) if seen.state in ("delivered", "returned")), len(moves))
    return moves[: end + 1]


def _counts(seen: Seen) -> bool:
    kept = {"pickup_ready", "held", "returning", "lost"} & set(seen.flags)
    return seen.state in _HANDS and not kept and seen.quality not in _CLOCKLESS


def _spell(situation: Situation, seen: Seen, following: Seen | None, last: datetime) -> Spell:
    service, calendar = situation.service_level or "unknown", situation.calendar
    lane = "international" if situation.is_international else "domestic"
    weekday = seen.happened.astimezone(calendar.zone).isoweekday()
    limit = situation.policy.choice("stalled.silence", service, "unknown").value
    length = situation.elapsed(seen.happened, following.happened if following is not None else last)
    group = (situation.shipment.carrier, service, lane, weekday)
    return Spell(situation.shipment.shipment_id, group, length, following is not None, limit)


def rows(spells: Iterable[Spell], least: int) -> list[Row]:
    """A row a group and weekday, and one (weekday 0) a group, of at least so many spells that a scan ended."""
    groups: dict[Group, list[Spell]] = {}
    for spell in spells:
        groups.setdefault(spell.group, []).append(spell)
        groups.setdefault((*spell.group[:3], 0), []).append(spell)
    return [row for group, found in sorted(groups.items()) if (row := _row(group, found)).samples >= least]


def _row(group: Group, spells: list[Spell]) -> Row:
    ended = sorted(spell.length for spell in spells if spell.moved_on)
    learned = {share: alarms(spells, _percentile(ended, share)) for share in PERCENTILES} if ended else {}
    return Row(group, len(ended), learned, alarms(spells, spells[-1].limit))


def _percentile(ended: list[timedelta], share: int) -> timedelta:
    """The nearest rank: at least so many of a hundred are no longer."""
    return ended[ceil(share * len(ended) / 100) - 1]


def alarms(spells: Iterable[Spell], threshold: timedelta) -> Alarms:
    """What a threshold would have brought."""
    counted = list(spells)
    reached = [spell for spell in counted if spell.length >= threshold]
    return Alarms(threshold, len(counted), len(reached), sum(spell.moved_on for spell in reached))


def proposals(spells: Iterable[Spell], least: int, *, tighter: bool = False) -> list[Proposal]:
    """For each carrier and service the longest P95 of its lanes, in whole hours, where the limit in force is shorter.

    A policy knows no lanes and no weekdays, so the slowest lane counts. With `tighter` shorter limits are proposed too.
    """
    counted = list(spells)
    slowest: dict[tuple[str, str], Row] = {}
    for row in rows(counted, least):
        carrier, service, _, weekday = row.group
        known = slowest.get((carrier, service))
        if weekday == 0 and (known is None or row.learned[95].threshold > known.learned[95].threshold):
            slowest[carrier, service] = row
    found = []
    for (carrier, service), row in sorted(slowest.items()):
        limit = max(ceil(row.learned[95].threshold / _HOUR), 1) * _HOUR
        if limit > row.in_force.threshold or (tighter and limit < row.in_force.threshold):
            same = [spell for spell in counted if spell.group[:2] == (carrier, service)]
            found.append(Proposal(carrier, service, limit, row, alarms(same, limit)))
    return found


def plain(row: Row) -> dict[str, Any]:
    """A row as plain JSON: spans in hours."""
    carrier, service, lane, weekday = row.group
    told = {f"p{share}": _plain(one) for share, one in row.learned.items()}
    head = {"carrier": carrier, "service_level": service, "lane": lane, "weekday": weekday or None}
    return {**head, "spells": row.samples, **told, "in_force": _plain(row.in_force)}


def _plain(one: Alarms) -> dict[str, Any]:
    hours = round(one.threshold / _HOUR, 2)
    return {"hours": hours, "alarms": one.raised, "false_alarms": one.false, "false_alarm_rate": round(one.rate, 4)}
