"""The handlers of the three agents: a batch of one partition in, records out, state through the batch's rows."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from rules.pipeline.hops import LinkHop, TrackHop, route_batch
from rules.pipeline.park import poison_letter
from rules.pipeline.records import Out
from rules.policy import PolicyBook
from sinks.dead_letters import StopLimit
from streams.carrier_tables import TableFiles
from streams.engine.overlay import Rows
from streams.engine.records import InRecord, OutRecord
from streams.heard import Heard
from streams.metrics import Metrics
from streams.policies import Books, PolicyFiles
from streams.records import out_records, record_of

Handler = Callable[[Sequence[InRecord], Mapping[str, Rows]], list[OutRecord]]

LINKS, LINKS_DUE, SHIPMENTS, DUE = "links", "links-due", "shipments", "due"


class TooManyFailuresError(RuntimeError):
    """A partition stops instead of parking everything; the process exits and says why."""


@dataclass(frozen=True, slots=True)
class Handlers:
    """What the agents of one worker do."""

    partitions: int
    strict: bool
    policy: PolicyBook
    metrics: Metrics
    limits: dict[tuple[str, int], StopLimit] = field(default_factory=lambda: defaultdict(StopLimit))
    """Per partition: so many failures of ours that parking more would only hide a fault."""

    files: PolicyFiles | None = None
    """Where the policies come from that are read again when they change; without, `policy` holds for good."""

    tables: TableFiles | None = None
    """The operator's own carrier tables, read again when they change."""

    heard: Heard = field(default_factory=Heard)
    """For which hours each carrier was said to be heard."""

    def route(self, batch: Sequence[InRecord], tables: Mapping[str, Rows]) -> list[OutRecord]:
        """Raw bytes to facts, link events and dead letters."""
        topic, place = batch[0].topic, batch[0].partition
        if self.tables is not None:
            self.tables.look()
        told = self.heard.before(topic, place, batch[0].offset)
        outs = route_batch([record_of(record) for record in batch], told)
        self.heard.after(topic, place, batch[-1].offset, told)
        return self._finish("route", batch, outs)

    def link(self, batch: Sequence[InRecord], tables: Mapping[str, Rows]) -> list[OutRecord]:
        """Link events to facts that know their shipment."""
        place = batch[0].partition
        policy = self._books().live
        hop = LinkHop(tables[LINKS], tables[LINKS_DUE], place, self.partitions, policy, strict=self.strict)
        outs = [out for record in batch for out in hop.handle(record_of(record))]
        hop.save()
        self.metrics.reached("link", batch[0].topic, place, hop.clock.now)
        return self._finish("link", batch, outs)

    def track(self, batch: Sequence[InRecord], tables: Mapping[str, Rows]) -> list[OutRecord]:
        """Facts and time to decisions."""
        place = batch[0].partition
        books, rows = self._books(), (tables[SHIPMENTS], tables[DUE])
        hop = TrackHop(*rows, place, self.partitions, books.live, strict=self.strict, candidate=books.candidate)
        outs = [out for record in batch for out in hop.handle(record_of(record))]
        hop.save()
        self.metrics.reached("track", batch[0].topic, place, hop.clock.now)
        self.metrics.processed.labels("track", "duplicate").inc(hop.duplicates)
        return self._finish("track", batch, outs)

    def poison(self, record: InRecord, error: BaseException) -> list[OutRecord]:
        """The one record that made a handler raise goes to the dead letters; raises where too many did."""
        place = (record.topic, record.partition)
        if self.limits[place].failed("handler_error"):
            raise TooManyFailuresError(
                f"{record.topic}/{record.partition}: too many records made the service fail, the last at offset "
                f"{record.offset}: see `wismo dlq list`, mend the fault, then restart"
            ) from error
        read = record_of(record)
        return self._finish("poison", [record], [poison_letter(read, error, read.timestamp)])

    def _books(self) -> Books:
        return Books(self.policy) if self.files is None else self.files.books()

    def _finish(self, stage: str, batch: Sequence[InRecord], outs: list[Out]) -> list[OutRecord]:
        if stage != "poison":
            limit = self.limits[batch[0].topic, batch[0].partition]
            for _ in batch:
                limit.passed()
        self.metrics.batch(stage, batch, outs, time.time())
        return list(out_records(outs, self.partitions))
