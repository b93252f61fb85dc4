"""A Faust table that is written batch by batch, after its changelog."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import groupby
from typing import Any, NoReturn

import faust

from streams.engine.overlay import Overlay
from streams.engine.records import OutRecord
from streams.engine.schema import BatchSchema
from streams.engine.stores import PartitionedRows, last_write_wins, rows_of
from streams.engine.tp import TP

# Faust buffers this many changelog batches before they are applied. Never 1: then Faust keeps
# reading the changelogs of active partitions after recovery and applies its own writes again.
_RECOVERY_BATCHES = 4

# Per partition; Faust's defaults are a 2 GiB cache and 192 MiB of memtables.
_ROCKS_OPTIONS = {
    "driver": "rocksdict",
    "block_cache_size": 32 << 20,
    "write_buffer_size": 8 << 20,
    "max_write_buffer_number": 2,
    "bloom_filter_size": 10,
}

_WRITE_HINT = "a batch table is written through the rows a handler gets, never directly"


class BatchTable(faust.Table):  # type: ignore[misc]
    """Raw rows per partition, written through a batch's overlay only."""

    def __init__(
        self, app: Any, *, name: str, ordered: bool = False, parents_last: bool = False, **kwargs: Any
    ) -> None:
        self.ordered = ordered
        self.parents_last = parents_last
        kwargs.setdefault("schema", BatchSchema())
        kwargs.setdefault("recovery_buffer_size", _RECOVERY_BATCHES)
        # Faust's store pops from the dict it is given, so each table needs its own.
        kwargs.setdefault("options", dict(_ROCKS_OPTIONS))
        super().__init__(app, name=name, **kwargs)

    @cached_property
    def rows(self) -> PartitionedRows:
        """The durable rows of this table on this worker."""
        return rows_of(self.data, ordered=self.ordered)

    def overlay(self, partition: int, limit: int) -> Overlay:
        """Return an empty overlay for one batch; `limit` is the largest row in bytes."""
        return Overlay(self.rows, partition, ordered=self.ordered, limit=limit)

    def changelog_records(self, partition: int, changes: Mapping[bytes, bytes | None]) -> list[OutRecord]:
        """Return what has to be acked by the broker before `changes` may be applied."""
        topic = self.changelog_topic_name
        # Removals last: where a split write ends half way, a timer that moved on must stand twice, never nowhere.
        # Parents after their children, whichever a slice of the batch touched last: a row that tells of others must
        # not stand without them. A longer key is never the parent of a shorter one.
        ordered = sorted(changes.items(), key=lambda one: (one[1] is None, -len(one[0]) if self.parents_last else 0))
        return [OutRecord(topic, partition, key, value) for key, value in ordered]

    def apply(self, partition: int, changes: Mapping[bytes, bytes | None], offset: int) -> None:
        """Write changes to the local store with the changelog offset they were acked at."""
        self.rows.write(partition, changes.items(), offset)

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        """Apply what recovery or a standby read; an error ends the process.

        Faust swallows every exception of its recovery loop, which would leave rows out.
        """
        try:
            self._apply_events(batch)
        except Exception as error:
            self.app.fail(f"changelog of {self.name} could not be applied", error)

    def _apply_events(self, events: Iterable[Any]) -> None:
        # Faust hands records of a partition it does not know to the table it saw last.
        own = [event.value for event in events if event.value.tp.topic == self.changelog_topic_name]
        for partition, group in groupby(own, key=lambda one: int(one.tp.partition)):
            records = [record for one in group for record in one.records]
            if self._is_wanted(TP(self.changelog_topic_name, partition)):
                changes = last_write_wins((r.key, r.value) for r in records if r.key)
                self.rows.write(partition, changes.items(), records[-1].offset)

    def _is_wanted(self, tp: TP) -> bool:
        # A standby in memory would be wiped at the next rebalance: it only costs memory.
        return self.data.url.scheme != "memory" or tp in self.app.tables.recovery.active_tps

    def persisted_offset(self, tp: TP) -> int | None:
        """Return the last changelog offset in the local store, None for none."""
        return self.rows.offset(tp.partition)

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Forget the rows of partitions that left or came: others may have written them since."""
        topic = self.changelog_topic_name
        self.rows.drop(tp.partition for tp in revoked | newly_assigned if tp.topic == topic)
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise TypeError(f"table {self.name}: {_WRITE_HINT}")

    def __delitem__(self, key: Any) -> NoReturn:
        raise TypeError(f"table {self.name}: {_WRITE_HINT}")
