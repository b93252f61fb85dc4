"""Outputs are written in order, in batches, and every ack is waited for."""

import asyncio
from collections import defaultdict

import pytest
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import RecordMetadata

from streams.engine.errors import RecordTooLarge
from streams.engine.outbox import check_sizes, row_limit, send_all
from streams.engine.records import OutRecord
from streams.engine.tp import TP

LZ4 = 3


class FakeProducer:
    def __init__(self, batch_size: int = 1000, compression: int = 0) -> None:
        self.batch_size = batch_size
        self.compression = compression
        self.written: dict[TP, list[list]] = defaultdict(list)
        self.refuse: TP | None = None

    def create_batch(self):
        return BatchBuilder(self.batch_size, self.compression)

    async def send_batch(self, builder, topic, *, partition):
        tp = TP(topic, partition)
        ack = asyncio.get_running_loop().create_future()
        if tp == self.refuse:
            ack.set_exception(OSError("refused"))
            return ack
        records = read(builder)
        base = sum(len(batch) for batch in self.written[tp])
        self.written[tp].append(records)
        metadata = RecordMetadata(topic, partition, tp, base, -1, 0, 0)
        asyncio.get_running_loop().call_later(0.001, ack.set_result, metadata)
        return ack

    def records(self, tp: TP) -> list:
        return [record for batch in self.written[tp] for record in batch]


def read(builder) -> list:
    log = MemoryRecords(bytes(builder._build()))
    found = []
    while log.has_next():
        found += [(r.key, r.value, list(r.headers), r.timestamp) for r in log.next_batch()]
    return found


@pytest.mark.parametrize("compression", [0, 1])
def test_order_keys_headers_and_times_are_kept_over_several_batches(compression: int) -> None:
    producer = FakeProducer(compression=compression)
    headers = (("a", b"1"), ("a", b"2"))
    records = [OutRecord("t", n % 3, b"k%d" % n, b"v" * 90, headers, 1000 + n) for n in range(300)]
    ends = asyncio.run(send_all(producer, records))
    assert ends == {TP("t", p): 99 for p in range(3)}
    for p in range(3):
        want = [(r.key, r.value, list(headers), r.timestamp_ms) for r in records if r.partition == p]
        assert producer.records(TP("t", p)) == want
        assert len(producer.written[TP("t", p)]) > 5


def test_a_record_larger_than_a_batch_gets_its_own() -> None:
    producer = FakeProducer(batch_size=500)
    records = [OutRecord("t", 0, b"k", b"x" * size) for size in (10, 5000, 10, 6000)]
    assert asyncio.run(send_all(producer, records)) == {TP("t", 0): 3}
    assert [len(value) for _, value, _, _ in producer.records(TP("t", 0))] == [10, 5000, 10, 6000]


def test_a_tombstone_has_no_value() -> None:
    producer = FakeProducer()
    asyncio.run(send_all(producer, [OutRecord("t", 0, b"k", None)]))
    assert producer.records(TP("t", 0))[0][:2] == (b"k", None)


def test_one_refused_batch_fails_all() -> None:
    producer = FakeProducer()
    producer.refuse = TP("t", 1)
    with pytest.raises(OSError, match="refused"):
        asyncio.run(send_all(producer, [OutRecord("t", p, b"k", b"v") for p in range(3)]))


def test_a_worker_that_lost_the_partition_sends_no_further_batch() -> None:
    producer, asked = FakeProducer(batch_size=200), []

    async def may_go_on() -> bool:
        asked.append(len(producer.written[TP("t", 0)]))
        return len(asked) < 2

    records = [OutRecord("t", 0, b"%d" % n, b"v" * 50) for n in range(20)]
    assert asyncio.run(send_all(producer, records, may_go_on)) is None
    assert asked == [1, 2]  # with every batch before acked
    assert len(producer.written[TP("t", 0)]) == 2


def test_nothing_to_send_is_no_request() -> None:
    assert asyncio.run(send_all(FakeProducer(), [])) == {}


def test_sizes_count_key_value_and_headers() -> None:
    limit = row_limit(8 << 20)
    check_sizes([OutRecord("t", 0, b"k", b"x" * (6 << 20))], limit)
    for record in (
        OutRecord("t", 0, b"k", b"x" * (8 << 20)),
        OutRecord("t", 0, b"k" * (8 << 20), None),
        OutRecord("t", 0, b"k", b"", (("h", b"x" * (8 << 20)),)),
    ):
        with pytest.raises(RecordTooLarge, match=r"t\[0\].*max.message.bytes"):
            check_sizes([record], limit)


@pytest.mark.parametrize(
    ("record", "error"),
    [
        (OutRecord("t", 0, None, None), ValueError),
        (OutRecord("t", -1, b"k", b"v"), ValueError),
        (OutRecord("t", 0, "k", b"v"), TypeError),
        (OutRecord("t", 0, b"k", {"a": 1}), TypeError),
        (OutRecord("t", 0, b"k", b"v", (("h", "text"),)), TypeError),
        (OutRecord("t", 0, b"k", b"v", timestamp_ms=1.5), TypeError),
    ],
)
def test_what_could_not_be_encoded_is_refused_early(record: OutRecord, error: type[Exception]) -> None:
    with pytest.raises(error):
        check_sizes([record], 1000)
