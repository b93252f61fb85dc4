"""The raw topics of one run: a recording with the marks of its clock, and what senders and networks do to it."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from cli.simulation.presets import small_recording
from rules.pipeline.replay import floor_minute, in_order
from schemas.codec import rfc3339
from schemas.partitioning import murmur2_partition
from schemas.recording import RawRecord
from schemas.words import MARK_HEADER, RAW_TOPICS
from streams.engine.tp import TP
from tests.simulation.broker import Row
from tests.simulation.plan import Plan

CLOSING = timedelta(microseconds=1)
POISON = "sim-poison"
"""A header that makes the router's handler raise, as a fault of ours would."""


@dataclass(slots=True)
class Feed:
    """What goes into the raw topics, by partition and in order."""

    rows: dict[TP, list[Row]]
    records: list[RawRecord]
    """The recording as it was meant: what `wismo decide` gets."""


@cache
def recording(number: int) -> tuple[RawRecord, ...]:
    """One of the small recordings, in order."""
    return tuple(in_order(small_recording(number)))


def feed_of(plan: Plan) -> Feed:
    """The feed of a plan."""
    dice = random.Random(f"feed/{plan.seed}")
    records = list(recording(plan.recording))[: plan.records]
    records = in_order(_resent(records, plan.resent_raw, dice))
    rows: defaultdict[TP, list[Row]] = defaultdict(list)
    last: datetime | None = None
    for number, record in enumerate(records):
        minute = floor_minute(record.timestamp)
        if minute != last:
            last = minute
            _mark(rows, plan, minute, dice)
        tp, row = _row(plan, record, number)
        # A sender's retry after a lost answer: the same bytes twice, one after the other.
        rows[tp] += [row] * (2 if dice.random() < plan.doubled_raw else 1)
        if "router" in plan.poison and number == len(records) // 2:
            rows[tp].append((row[0], b"poison", b"\x00poison", ((POISON, b"1"), ("source", b"sim"))))
        if "garbage" in plan.poison and number == len(records) // 3:
            rows[tp].append((row[0], b"garbage", b"\xff{", (("source", b"ups"),)))
    _mark(rows, replace(plan, lost_marks=0.0), records[-1].timestamp + CLOSING, dice)
    return Feed(dict(rows), records)


def _resent(records: list[RawRecord], share: float, dice: random.Random) -> list[RawRecord]:
    """Aggregators send what they sent before, some time later."""
    end = records[-1].timestamp
    made = list(records)
    for record in records:
        if dice.random() < share:
            later = min(end, record.timestamp + timedelta(minutes=dice.choice((0, 1, 30, 600))))
            made.append(replace(record, timestamp=later))
    return made


def _row(plan: Plan, record: RawRecord, number: int) -> tuple[TP, Row]:
    headers = [(name, value.encode()) for name, value in record.headers.items()]
    headers.append(("wismo-position", f"{number:012d}".encode()))
    partition = murmur2_partition(record.key, plan.partitions) if record.key is not None else 0
    return TP(record.topic, partition), (_millis(record.timestamp), record.key, record.value, tuple(headers))


def _mark(rows: dict[TP, list[Row]], plan: Plan, moment: datetime, dice: random.Random) -> None:
    row: Row = (_millis(moment), None, b"", ((MARK_HEADER, rfc3339(moment).encode()),))
    for topic in RAW_TOPICS:
        for partition in range(plan.partitions):
            times = 0 if dice.random() < plan.lost_marks else 2 if dice.random() < plan.doubled_marks else 1
            rows[TP(topic, partition)] += [row] * times


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
