"""A member of the group that is not its leader knows the topics all the same."""

from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from streams.engine.consumer import EngineThread


@pytest.mark.parametrize(("known", "count"), [({0, 1, 2}, 3), (None, None), (set(), None)])
def test_partition_counts_come_from_the_client(known: set[int] | None, count: int | None) -> None:
    client = SimpleNamespace(
        partitions_for_topic=Mock(return_value=known),
        _coordinator=SimpleNamespace(_metadata_snapshot={}),
    )
    thread = Mock(spec=EngineThread, _ensure_consumer=lambda: client)
    assert EngineThread.topic_partitions(thread, "carrier-scans") == count
    client.partitions_for_topic.assert_called_once_with("carrier-scans")
