"""Kafka clients for everything outside the agents: built from settings, with the one answer to "latest"."""

import logging
import time
from collections.abc import Iterable
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from sinks.settings import Settings

MAX_RECORD_BYTES: Final = 8 * 1024 * 1024
"""The largest record of any topic (`max_message_bytes` in topics.yaml never exceeds it)."""

_HEADROOM: Final = 64 * 1024
_LOG: Final = logging.getLogger("wismo.kafka")
_PASSING: Final = frozenset(
    {KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError._TRANSPORT, KafkaError._TIMED_OUT}
)
"""What a broker answers while it starts or hands over: asked again, it passes."""


class KafkaUnavailableError(RuntimeError):
    """Kafka did not answer in time; the message says where, and what was asked."""


def client_config(settings: Settings) -> dict[str, Any]:
    """What every librdkafka client of ours shares: address and login."""
    config: dict[str, Any] = {
        "bootstrap.servers": settings.bootstrap,
        "client.id": "wismo",
        "security.protocol": settings.kafka_security_protocol.value,
    }
    if settings.kafka_security_protocol.sasl and settings.kafka_sasl_password is not None:
        config["sasl.mechanism"] = settings.kafka_sasl_mechanism
        config["sasl.username"] = settings.kafka_sasl_username
        config["sasl.password"] = settings.kafka_sasl_password.get_secret_value()
    files = {
        "ssl.ca.location": settings.kafka_ssl_cafile,
        "ssl.certificate.location": settings.kafka_ssl_certfile,
        "ssl.key.location": settings.kafka_ssl_keyfile,
    }
    return config | {name: str(path) for name, path in files.items() if path is not None}


def producer(settings: Settings, **overrides: Any) -> Producer:
    """A producer that places keys as the agents do and loses nothing that it reports as delivered.

    `overrides` are librdkafka options with `_` for `.`; delivery still has to be awaited with `flush`.
    """
    config = client_config(settings) | {
        # librdkafka's own default hashes with CRC32: the facts of one shipment would end on two workers.
        "partitioner": "murmur2_random",
        "enable.idempotence": True,
        "acks": "all",
        "linger.ms": 5,
        "message.max.bytes": MAX_RECORD_BYTES + _HEADROOM,
    }
    return Producer(config | _dotted(overrides), logger=_LOG)


def consumer(settings: Settings, group: str, *, start: str = "earliest", **overrides: Any) -> Consumer:
    """A consumer of `group` that commits only when told to, and begins at `start` where nothing is committed.

    `overrides` are librdkafka options with `_` for `.`.
    """
    config = client_config(settings) | {
        "group.id": group,
        "auto.offset.reset": start,
        "enable.auto.commit": False,
        "session.timeout.ms": int(settings.session_timeout_seconds * 1000),
        "heartbeat.interval.ms": int(settings.session_timeout_seconds * 1000 / 4),
        "allow.auto.create.topics": False,
        # One strategy, not librdkafka's list of two: with the list, members of the embedded broker get no partition.
        "partition.assignment.strategy": "range",
    }
    return Consumer(config | _dotted(overrides), logger=_LOG)


def true_highwater(probe: Consumer, topic: str, partition: int, timeout: float = 10.0) -> int:
    """The offset after the last record of a partition: the only meaning of "latest" in this service.

    A broker may answer ListOffsets with the start of its last batch plus one (the embedded one does), so the answer
    is only where to look: the fetch of that batch carries the true high watermark.

    Args:
        probe: a consumer of `highwater_probe`, used for nothing else: its assignment is replaced and left empty.
        timeout: seconds, for the whole question.

    Raises:
        KafkaUnavailableError: where the broker did not answer in time.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            return _highwater(probe, TopicPartition(topic, partition), deadline)
        except KafkaException as error:
            if error.args[0].code() not in _PASSING or time.monotonic() >= deadline:
                raise KafkaUnavailableError(
                    f"end of {topic}/{partition}: {error}; check the topic and the address"
                ) from error
            time.sleep(0.1)
        finally:
            probe.unassign()


def true_highwaters(settings: Settings, places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """`true_highwater` of several (topic, partition) places, asked by a consumer of its own."""
    probe = highwater_probe(settings)
    try:
        return {(topic, partition): true_highwater(probe, topic, partition) for topic, partition in places}
    finally:
        probe.close()


def highwater_probe(settings: Settings) -> Consumer:
    """A consumer fit for `true_highwater`; it joins no group."""
    # Without EOF events an end made of transaction markers or compacted records would never answer.
    # A fetch that waits for more to come would hold up the next question on the same connection.
    return consumer(
        settings,
        "wismo-highwater-probe",
        enable_partition_eof=True,
        isolation_level="read_uncommitted",
        fetch_wait_max_ms=5,
    )


def _highwater(probe: Consumer, where: TopicPartition, deadline: float) -> int:
    low, hinted = probe.get_watermark_offsets(where, timeout=max(deadline - time.monotonic(), 0.1))
    if hinted <= low:
        return int(hinted)
    probe.assign([TopicPartition(where.topic, where.partition, hinted - 1)])
    return _fetched_highwater(probe, where, deadline)


def _fetched_highwater(probe: Consumer, where: TopicPartition, deadline: float) -> int:
    while (left := deadline - time.monotonic()) > 0:
        message = probe.poll(min(left, 1.0))
        if message is None:
            continue
        error = message.error()
        if error is not None and error.code() == KafkaError._PARTITION_EOF:
            return int(message.offset())
        if error is not None:
            raise KafkaException(error)
        _, highwater = probe.get_watermark_offsets(where, cached=True)
        return max(int(highwater), int(message.offset()) + 1)
    raise KafkaUnavailableError(f"end of {where.topic}/{where.partition}: no fetch was answered in time; try again")


def _dotted(overrides: dict[str, Any]) -> dict[str, Any]:
    return {name.replace("_", "."): value for name, value in overrides.items()}
