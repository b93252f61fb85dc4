"""The worker with a fault of ours: its tracker raises over one parcel; run as `streams.worker` is."""

import sys
from collections.abc import Iterator

from rules.pipeline.hops import TrackHop
from rules.pipeline.records import Out, Record
from streams import worker

NUMBER = "1Z999FAULT"
_handle = TrackHop.handle


def _raising(hop: TrackHop, record: Record) -> Iterator[Out]:
    outs = list(_handle(hop, record))
    # Late: what has been done to rows and agenda by then must leave no trace.
    if NUMBER.encode() in (record.value or b""):
        raise RuntimeError("a fault of ours")
    yield from outs


if __name__ == "__main__":
    TrackHop.handle = _raising  # type: ignore[method-assign, assignment]
    sys.exit(worker.main())
