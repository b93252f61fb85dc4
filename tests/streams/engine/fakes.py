"""Stand-ins for what the engine talks to."""

import asyncio
import types
from collections import defaultdict

from streams.engine.batch import Batch
from streams.engine.ledger import Ledger
from streams.engine.records import InRecord
from streams.engine.tp import TP


class EmptyStore:
    def get(self, partition, key):
        return None

    def scan(self, partition, start, end):
        return iter(())


def record(offset: int, value: bytes | None, topic: str = "in", partition: int = 0) -> InRecord:
    return InRecord(topic, partition, offset, 0, b"k", value, ())


def fetched(offset: int, value: bytes = b"", topic: str = "in", partition: int = 0):
    return types.SimpleNamespace(
        topic=topic, partition=partition, offset=offset, timestamp=0, key=b"k", value=value, headers=()
    )


class FakeEngine:
    """Notes what a runner does, in order; sends fail or wait as told."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.log: list = []
        self.flowing = True
        self.failures: list[BaseException] = []
        self.held: set[TP] = set()
        self.offsets: defaultdict[TP, int] = defaultdict(int)
        self.before_send = None

    def batch(self, tp: TP, first: int, last: int) -> Batch:
        if tp not in self.ledger.epochs():
            self.ledger.open([tp])
        delivery = self.ledger.deliver(tp, first, last, self.ledger.epochs()[tp])
        return Batch(tp, [fetched(n, partition=tp.partition) for n in range(first, last + 1)], delivery)

    def is_current(self, delivery):
        return self.flowing and self.ledger.is_current(delivery)

    async def may_write(self, delivery):
        return self.is_current(delivery)

    async def write(self, records, delivery):
        topics = sorted({one.topic for one in records})
        self.log.append(("send", *topics))
        if self.before_send is not None:
            await self.before_send(topics)
        await asyncio.sleep(0)
        self.log.append(("acked", *topics))
        for one in records:
            self.offsets[TP(one.topic, one.partition)] += 1
        return {TP(one.topic, one.partition): self.offsets[TP(one.topic, one.partition)] - 1 for one in records}

    def ack(self, delivery):
        done = self.ledger.ack(delivery)
        self.log.append(("done", delivery.first, done))
        return done

    def book(self, tp, *, records, seconds):
        self.ledger.accounts[tp].records += records

    def hold(self, tp):
        self.held.add(tp)

    def release(self, tp):
        self.held.discard(tp)

    def fail(self, reason, error):
        self.failures.append(error)
