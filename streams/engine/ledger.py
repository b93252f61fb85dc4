"""The engine's own account of what each partition delivered, acked and may commit.

Faust books single offsets and looks for runs without a gap; with one batch per fetch that makes
commits crawl, and with late acks it commits what was never processed. Here every partition has a
first-in-first-out list of batches and an epoch: whatever belongs to another epoch does not count.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

from streams.engine.errors import BrokenOrder
from streams.engine.tp import TP


@dataclass(slots=True)
class Delivery:
    """One batch handed out: offsets `first` to `last` of `tp`, counted only in `epoch`."""

    tp: TP
    first: int
    last: int
    epoch: int
    acked: bool = False


@dataclass(slots=True)
class PartitionAccount:
    """Counters of one partition; every offset is the next one, as a commit counts it."""

    epoch: int = 0
    delivered: int | None = None
    acked: int | None = None
    committed: int | None = None
    end_offset: int | None = None
    batches: int = 0
    records: int = 0
    busy_seconds: float = 0.0
    is_open: bool = field(default=False, repr=False)
    seeks: int = field(default=0, repr=False)
    hole: int | None = field(default=None, repr=False)
    queue: deque[Delivery] = field(default_factory=deque, repr=False)


class Ledger:
    """Deliveries, acks and epochs of all partitions of one consumer."""

    def __init__(self) -> None:
        self.accounts: dict[TP, PartitionAccount] = {}
        # Never reused, so that an ack from before a revocation cannot match after it.
        self._epochs = count(1)

    def close(self, tps: Iterable[TP]) -> None:
        """Begin a new epoch in which nothing is accepted until a seek has ended."""
        for tp in tps:
            account = self.accounts.setdefault(tp, PartitionAccount())
            account.epoch = next(self._epochs)
            account.is_open = False
            account.queue.clear()
            account.delivered = account.acked = account.hole = None

    def open(self, tps: Iterable[TP]) -> None:
        """Begin a new epoch in which deliveries are accepted."""
        tps = list(tps)
        self.close(tps)
        for tp in tps:
            self.accounts[tp].is_open = True

    def forget(self, tps: Iterable[TP]) -> None:
        """Drop the accounts of partitions that are no longer ours."""
        for tp in tps:
            self.accounts.pop(tp, None)

    @contextmanager
    def seeking(self, tps: Iterable[TP]) -> Iterator[None]:
        """Keep partitions closed while they are moved; a failed move leaves them closed.

        Two moves may overlap, so a partition opens when the last of them has ended.
        """
        tps = list(tps)
        self.close(tps)
        moved = [self.accounts[tp] for tp in tps]
        for account in moved:
            account.seeks += 1
        try:
            yield
        except BaseException:
            for account in moved:
                account.seeks -= 1
            raise
        for account in moved:
            account.seeks -= 1
        self.open(tp for tp, account in zip(tps, moved, strict=True) if self._is_settled(tp, account))

    def _is_settled(self, tp: TP, account: PartitionAccount) -> bool:
        return account.seeks == 0 and self.accounts.get(tp) is account

    def epochs(self) -> dict[TP, int]:
        """Return the epoch of each open partition; take it before a fetch is asked for."""
        return {tp: account.epoch for tp, account in self.accounts.items() if account.is_open}

    def accepts(self, tp: TP, epoch: int | None) -> bool:
        """Tell whether what was fetched under `epoch` still counts."""
        account = self.accounts.get(tp)
        return account is not None and account.is_open and account.epoch == epoch

    def deliver(self, tp: TP, first: int, last: int, epoch: int | None) -> Delivery | None:
        """Book a batch, or return None when its epoch is over.

        Raises:
            BrokenOrder: a batch of this epoch was dropped before, or the offsets step back.
        """
        if epoch is None or not self.accepts(tp, epoch):
            return None
        account = self.accounts[tp]
        if account.hole is not None:
            raise BrokenOrder(f"{tp}: offset {account.hole} was fetched and dropped, then {first} came")
        if account.delivered is not None and first < account.delivered:
            raise BrokenOrder(f"{tp}: offset {first} came after {account.delivered - 1} without a seek")
        delivery = Delivery(tp, first, last, epoch)
        account.queue.append(delivery)
        account.delivered = last + 1
        return delivery

    def drop(self, tp: TP, first: int, epoch: int | None) -> None:
        """Note that a fetched batch will not be handed out in this epoch."""
        if self.accepts(tp, epoch) and self.accounts[tp].hole is None:
            self.accounts[tp].hole = first

    def is_current(self, delivery: Delivery) -> bool:
        """Tell whether this batch may still have effects."""
        return self.accepts(delivery.tp, delivery.epoch)

    def ack(self, delivery: Delivery) -> bool:
        """Mark a batch as done; False when its epoch is over."""
        if not self.is_current(delivery):
            return False
        delivery.acked = True
        account = self.accounts[delivery.tp]
        while account.queue and account.queue[0].acked:
            account.acked = account.queue.popleft().last + 1
        return True

    def committable(self, tp: TP) -> int | None:
        """Return the offset after the longest acked run from the start, None when there is none."""
        account = self.accounts.get(tp)
        return account.acked if account is not None else None

    def note_committed(self, offsets: Mapping[TP, int]) -> None:
        """Remember what the broker has stored for this group."""
        for tp, offset in offsets.items():
            if tp in self.accounts:
                self.accounts[tp].committed = offset
