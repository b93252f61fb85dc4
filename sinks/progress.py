"""How far a consumer group has come, as the broker itself says: what is committed, and the true ends."""

from collections.abc import Collection

from confluent_kafka import TopicPartition

from sinks.kafka import consumer, highwater_probe, true_highwater
from sinks.settings import Settings

Place = tuple[str, int]
"""Topic and partition."""
Reached = dict[Place, tuple[int, int]]
"""The next offset to be done and the next to be written, of each place."""


class Progress:
    """Asks again and again with the same two clients; it joins no group. Not for two threads at a time."""

    def __init__(self, settings: Settings, group: str) -> None:
        self._group = consumer(settings, group)
        self._probe = highwater_probe(settings)

    def reached(self, places: Collection[Place], timeout: float = 10.0) -> Reached:
        """How far the group is in each place.

        Where nothing is committed yet, or what is committed is no longer kept, a group begins at the start of the log.

        Raises:
            KafkaException: the broker did not answer.
            KafkaUnavailableError: it did not say where a partition ends.
        """
        if not places:
            return {}
        found: Reached = {}
        for one in self._committed(places, timeout):
            end = true_highwater(self._probe, one.topic, one.partition, timeout)
            committed = one.offset if one.offset >= end else max(one.offset, self._start(one, timeout))
            found[one.topic, one.partition] = (committed, end)
        return found

    def committed(self, places: Collection[Place], timeout: float = 10.0) -> dict[Place, int]:
        """What the group has committed in each place; 0 where it has nothing yet. Raises as `reached`."""
        return {(one.topic, one.partition): max(0, one.offset) for one in self._committed(places, timeout)}

    def close(self) -> None:
        """Let go of the clients."""
        self._group.close()
        self._probe.close()

    def _committed(self, places: Collection[Place], timeout: float) -> list[TopicPartition]:
        asked = [TopicPartition(*place) for place in sorted(places)]
        found: list[TopicPartition] = self._group.committed(asked, timeout=timeout)
        return found

    def _start(self, where: TopicPartition, timeout: float) -> int:
        place = TopicPartition(where.topic, where.partition)
        return int(self._group.get_watermark_offsets(place, timeout=timeout)[0])


def uncommitted(reached: Reached) -> int:
    """How many records the group has not committed yet."""
    return sum(max(0, end - committed) for committed, end in reached.values())
