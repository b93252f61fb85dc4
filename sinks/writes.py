"""One record to Kafka, and back only when the broker has it."""

import threading
from typing import Any

from confluent_kafka import KafkaError, Message, Producer


class WriteError(RuntimeError):
    """A record was not acknowledged; the message says where it was to go and why not."""


def write_acked(producer: Producer, topic: str, timeout: float, **record: Any) -> None:
    """Write and wait for the acknowledgement; raises `WriteError`.

    Args:
        producer: may be shared by threads; each waits for its own record only.
        topic: where to.
        timeout: seconds.
        record: `key`, `value`, `headers`, `partition` as the producer takes them.
    """
    answered = threading.Event()
    errors: list[KafkaError] = []

    def report(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            errors.append(error)
        answered.set()

    producer.produce(topic, on_delivery=report, **record)
    producer.flush(timeout)
    # Another thread's flush may have taken our report and still be running it.
    if not answered.wait(1.0):
        raise WriteError(f"{topic}: no acknowledgement within {timeout:g} s")
    if errors:
        raise WriteError(f"{topic}: {errors[0].str()}")
