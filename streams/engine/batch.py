"""One fetch of one partition on its way from the consumer to its table or agent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from streams.engine.ledger import Delivery
from streams.engine.records import InRecord
from streams.engine.tp import TP


@dataclass(slots=True)
class Batch:
    """Records of one partition in offset order; `delivery` is None for changelogs."""

    tp: TP
    records: Sequence[Any]
    delivery: Delivery | None

    def inputs(self) -> list[InRecord]:
        """Return the records as a handler sees them."""
        return [InRecord(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, r.headers) for r in self.records]
