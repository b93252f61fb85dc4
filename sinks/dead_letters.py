"""Parks records on `dead-letters`, and says when so many fail that parking them would only hide a fault."""

from collections import deque
from typing import Final, Protocol

from confluent_kafka import KafkaException, Producer

from schemas.dead_letters import Failure, Source, dead_letter
from schemas.words import DEAD_LETTERS
from sinks.writes import WriteError, write_acked

COUNTED: Final = frozenset({"handler_error", "sink_rejected"})
"""Reasons that point at us or at a sink. What senders get wrong must not stop a partition."""


class ParkingError(RuntimeError):
    """A dead letter was not acknowledged: whoever parks must stop, or the record is lost."""


class Parker(Protocol):
    """Something that keeps a record that cannot be used."""

    def park(self, source: Source, failure: Failure) -> None:
        """Return once the record is safe; raise otherwise."""


class DeadLetterWriter:
    """Writes dead letters and waits for the broker's acknowledgement."""

    def __init__(self, producer: Producer, timeout: float = 30.0) -> None:
        self._producer = producer
        self._timeout = timeout

    def park(self, source: Source, failure: Failure) -> None:
        """Write the record as it came, to the partition number it came from; raises `ParkingError`."""
        letter = dead_letter(source, failure)
        record = {"key": letter.key, "value": letter.value, "headers": letter.headers, "partition": letter.partition}
        try:
            write_acked(self._producer, DEAD_LETTERS, self._timeout, **record)
        except (WriteError, KafkaException, BufferError) as error:
            where = f"{source.topic}/{source.partition}/{source.offset}"
            raise ParkingError(f"dead letter of {where}: {error}; check Kafka, then restart") from error


class StopLimit:
    """Watches one partition: too many failures in a row, or too large a share of the last ones."""

    def __init__(self, consecutive: int = 100, ratio: float = 0.5, window: int = 200) -> None:
        self._consecutive = consecutive
        self._ratio = ratio
        self._recent: deque[bool] = deque(maxlen=window)
        self._row = 0

    def passed(self) -> None:
        """A record was used, or failed for a reason that is not ours."""
        self._row = 0
        self._recent.append(False)

    def failed(self, reason: str) -> bool:
        """A record was parked for `reason`; whether the partition must stop now."""
        if reason not in COUNTED:
            self.passed()
            return False
        self._row += 1
        self._recent.append(True)
        full = len(self._recent) == self._recent.maxlen
        return self._row >= self._consecutive or (full and sum(self._recent) > self._ratio * len(self._recent))
