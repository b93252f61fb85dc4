"""The handlers of the three agents: a batch of one partition in, records out, state through the batch's rows."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rules.pipeline.hops import LinkHop, TrackHop, route_batch
from rules.pipeline.park import poison_letter
from rules.pipeline.records import Out
from rules.policy import PolicyBook
from streams.engine.overlay import Rows
from streams.engine.records import InRecord, OutRecord
from streams.metrics import Metrics
from streams.records import out_records, record_of

Handler = Callable[[Sequence[InRecord], Mapping[str, Rows]], list[OutRecord]]

LINKS, LINKS_DUE, SHIPMENTS, DUE = "links", "links-due", "shipments", "due"


@dataclass(frozen=True, slots=True)
class Handlers:
    """What the agents of one worker do."""

    partitions: int
    strict: bool
    policy: PolicyBook
    metrics: Metrics

    def route(self, batch: Sequence[InRecord], tables: Mapping[str, Rows]) -> list[OutRecord]:
        """Raw bytes to facts, link events and dead letters."""
        return self._finish("route", batch, route_batch([record_of(record) for record in batch]))

    def link(self, batch: Sequence[InRecord], tables: Mapping[str, Rows]) -> list[OutRecord]:
        """Link events to facts that know their shipment."""
        place = batch[0].partition
        hop = LinkHop(tables[LINKS], tables[LINKS_DUE], place, self.partitions, strict=self.strict)
        outs = [out for record in batch for out in hop.handle(record_of(record))]
        hop.clock.save()
        self.metrics.reached("link", batch[0].topic, place, hop.clock.now)
        return self._finish("link", batch, outs)

    def track(self, batch: Sequence[InRecord], tables: Mapping[str, Rows]) -> list[OutRecord]:
        """Facts and time to decisions."""
        place = batch[0].partition
        hop = TrackHop(tables[SHIPMENTS], tables[DUE], place, self.partitions, self.policy, strict=self.strict)
        outs = [out for record in batch for out in hop.handle(record_of(record))]
        hop.clock.save()
        self.metrics.reached("track", batch[0].topic, place, hop.clock.now)
        self.metrics.processed.labels("track", "duplicate").inc(hop.duplicates)
        return self._finish("track", batch, outs)

    def poison(self, record: InRecord, error: BaseException) -> list[OutRecord]:
        """The one record that made a handler raise goes to the dead letters."""
        read = record_of(record)
        return self._finish("poison", [record], [poison_letter(read, error, read.timestamp)])

    def _finish(self, stage: str, batch: Sequence[InRecord], outs: list[Out]) -> list[OutRecord]:
        self.metrics.batch(stage, batch, outs, time.time())
        return list(out_records(outs, self.partitions))
