"""The service's own worker with empty rules: `python -m bench.engines.wismo_empty`."""

import sys
from collections.abc import Mapping, Sequence

import streams.app
from bench.engines.work import empty_route, empty_touch
from streams.engine.overlay import Rows
from streams.engine.records import InRecord, OutRecord
from streams.hops import SHIPMENTS, Handlers
from streams.records import record_of
from streams.worker import main


class EmptyHandlers(Handlers):
    """The agents of a worker that decides nothing; counters and conversions stay."""

    def route(self, batch: Sequence[InRecord], tables: Mapping[str, Rows]) -> list[OutRecord]:
        return self._finish("route", batch, empty_route([record_of(record) for record in batch]))

    def track(self, batch: Sequence[InRecord], tables: Mapping[str, Rows]) -> list[OutRecord]:
        return self._finish("track", batch, empty_touch([record_of(record) for record in batch], tables[SHIPMENTS]))


if __name__ == "__main__":
    streams.app.Handlers = EmptyHandlers  # type: ignore[misc]
    sys.exit(main())
