"""The end of a log is what a fetch says, not what the broker calls latest."""

import asyncio

import pytest
from aiokafka.errors import KafkaTimeoutError

from streams.engine.highwater import true_highwater
from streams.engine.tp import TP


class FakeConsumer:
    """Claims `latest` as told and shows `watermarks` for what is assigned after some polls."""

    def __init__(self, starts, latest, watermarks, polls=1) -> None:
        self.starts, self.latest, self.watermarks, self.polls = starts, latest, watermarks, polls
        self.sought: dict = {}

    async def beginning_offsets(self, tps):
        return {tp: self.starts[tp] for tp in tps}

    async def end_offsets(self, tps):
        return {tp: self.latest[tp] for tp in tps}

    def assign(self, tps):
        self.assigned = list(tps)

    def seek(self, tp, offset):
        self.sought[tp] = offset

    async def getmany(self, *tps, timeout_ms):
        self.polls -= 1
        await asyncio.sleep(0)
        return {}

    def highwater(self, tp):
        return self.watermarks.get(tp) if self.polls <= 0 else None


A, B, C = TP("t", 0), TP("t", 1), TP("t", 2)


def ask(consumer, tps, timeout=5.0):
    return asyncio.run(true_highwater(consumer, tps, timeout))


def test_the_watermark_is_believed_over_latest() -> None:
    consumer = FakeConsumer({A: 0, B: 5}, {A: 1, B: 90}, {A: 800, B: 90}, polls=3)
    assert ask(consumer, [A, B]) == {A: 800, B: 90}
    assert consumer.sought == {A: 0, B: 89}


def test_empty_partitions_end_where_they_start_and_are_not_fetched() -> None:
    consumer = FakeConsumer({A: 0, B: 7, C: 0}, {A: 0, B: 7, C: 1}, {C: 10})
    assert ask(consumer, [A, B, C]) == {A: 0, B: 7, C: 10}
    assert set(consumer.sought) == {C}


def test_no_partitions_are_no_request() -> None:
    assert ask(None, []) == {}


def test_silence_is_an_error() -> None:
    consumer = FakeConsumer({A: 0}, {A: 1}, {})
    with pytest.raises(KafkaTimeoutError, match="no high watermark"):
        ask(consumer, [A], timeout=0.05)
