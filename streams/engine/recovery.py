"""Faust's table recovery with the order that loses nothing, and ends that are true."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from mode import Service

from streams.engine.tp import TP

log = logging.getLogger(__name__)

# Changelog batches read ahead of the tables; each may have the size of a whole fetch.
_READ_AHEAD = 8
_HOLE_SECONDS = 1.0


class EngineRecovery(Recovery):  # type: ignore[misc]
    """Recovery that lets streams flow only after they were moved to the committed offsets.

    Faust resumes the partitions first, then seeks and clears the queues: what was fetched in
    between is lost, and the commits pass over it.
    """

    _rebalance: int = 0

    def _add(self, table: Any, tp: TP, offsets: Any) -> None:
        # Faust keeps the offset of an earlier assignment when the store has none, and would
        # then read only the tail into a store that has been emptied since.
        self.tp_to_table[tp] = table
        offsets[tp] = table.persisted_offset(tp)

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Start recovery, and remember which rebalance it is for."""
        self._rebalance = self.app.rebalancing_count
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)

    async def on_recovery_completed(self, generation_id: int = 0) -> None:
        """Finish the tables, then let the streams flow."""
        self.log.info("Restore complete!")
        await self.app.on_rebalance_complete.send()
        self._set_recovery_ended()
        await asyncio.gather(
            *[
                table.on_recovery_completed(self.actives_for_table[table], self.standbys_for_table[table])
                for table in self.tables.values()
            ]
        )
        await self._flow(generation_id)

    async def _resume_streams(self, generation_id: int = 0) -> None:
        await self.app.on_rebalance_complete.send()
        await self._flow(generation_id)

    async def _flow(self, generation_id: int) -> None:
        app, consumer = self.app, self.app.consumer
        if self._is_overtaken(generation_id):
            return
        if consumer.assignment():
            app.check_partitions()
            await self._wait(consumer.perform_seek(), timeout=app.conf.broker_request_timeout)
        if self._is_overtaken(generation_id):
            return
        # No await from here to the last resume: nothing can be fetched and cleared between.
        self.completed.set()
        app.flow_control.resume()
        consumer.resume_flow()
        consumer.resume_partitions({tp for tp in consumer.assignment() if not self._is_changelog_tp(tp)})
        await app._fetcher.maybe_start()
        self.tables.on_actives_ready()
        if not app.assignor.assigned_standbys():
            self.tables.on_standbys_ready()
        app.on_rebalance_end()
        self.log.info("Worker ready")

    def _is_overtaken(self, generation_id: int) -> bool:
        app = self.app
        overtaken: bool = app.consumer_generation_id != generation_id or app.rebalancing_count != self._rebalance
        if overtaken:
            self.log.warning("Another rebalance has begun, it will resume the streams")
        return overtaken

    @Service.task  # type: ignore[untyped-decorator]
    async def _pass_holes(self) -> None:
        """End recovery of logs whose last offsets hold no record (compaction, transactions).

        Faust waits for a record at the high watermark minus one; there may be none.
        """
        while not self.should_stop:
            await self.sleep(_HOLE_SECONDS)
            if not self.in_recovery:
                continue
            for tp in [tp for tp, n in self.active_remaining().items() if n > 0]:
                await self._pass_hole(tp)

    async def _pass_hole(self, tp: TP) -> None:
        end, rebalance = self.active_highwaters[tp], self._rebalance
        is_past, read = await self.app.consumer.is_past(tp, end)
        # That the client is past the end says only that it was read: what it read last must have arrived too.
        applied = self.active_offsets.get(tp)
        if is_past and applied is not None and read <= applied < end and rebalance == self._rebalance:
            log.info("%s: no record up to %s, recovery is complete", tp, end)
            self.active_offsets[tp] = end


class EngineTables(TableManager):  # type: ignore[misc]
    """Faust's table manager with the engine's recovery."""

    _recovery: Any
    _changelog_queue: Any

    @property
    def recovery(self) -> Any:
        """The recovery service, made on first use."""
        if self._recovery is None:
            self._recovery = EngineRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery

    @property
    def changelog_queue(self) -> Any:
        """Queue of changelog batches; short, as each holds a whole fetch."""
        if self._changelog_queue is None:
            self._changelog_queue = self.app.FlowControlQueue(maxsize=_READ_AHEAD, clear_on_resume=True)
        return self._changelog_queue
