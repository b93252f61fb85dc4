"""A key's partition is the one that Java clients, librdkafka's `murmur2_random` and Faust choose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.partitioning import murmur2, murmur2_partition
from sinks.kafka import producer
from sinks.settings import Settings
from tests.brokers import Broker

# The signed hashes that Kafka's own test suite pins.
VECTORS = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize(("data", "signed"), VECTORS.items())
def test_known_hashes(data: bytes, signed: int) -> None:
    assert murmur2(data) == signed & 0xFFFFFFFF


@given(st.binary(max_size=300), st.integers(1, 1024))
def test_a_partition_is_in_range_and_aiokafka_agrees(key: bytes, n: int) -> None:
    from aiokafka.partitioner import murmur2 as theirs

    assert 0 <= murmur2_partition(key, n) < n
    assert murmur2(key) == theirs(key) & 0xFFFFFFFF


def test_librdkafka_puts_keys_where_we_say(broker: Broker) -> None:
    settings = Settings(kafka_bootstrap_servers=broker.bootstrap)
    partitions = 7
    topic = broker.create_topic(partitions)
    keys = [
        b"",
        b"\x00\xff",
        "ü".encode(),
        *(b"x" * n for n in range(1, 40)),
        *(f"ups:{n}".encode() for n in range(60)),
    ]
    placed: dict[bytes, int] = {}
    out = producer(settings)
    for key in keys:
        out.produce(
            topic, key=key, value=b"v", on_delivery=lambda _, m: placed.setdefault(m.key() or b"", m.partition())
        )
    assert out.flush(60) == 0
    assert placed == {key: murmur2_partition(key, partitions) for key in keys}
