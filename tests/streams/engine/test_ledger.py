"""Commits follow the longest acked run of the current epoch, and nothing else."""

import pytest

from streams.engine.errors import BrokenOrder
from streams.engine.ledger import Ledger
from streams.engine.tp import TP

P = TP("t", 0)


def opened(*tps: TP) -> Ledger:
    ledger = Ledger()
    ledger.open(tps or [P])
    return ledger


def deliver(ledger: Ledger, first: int, last: int, tp: TP = P):
    delivery = ledger.deliver(tp, first, last, ledger.epochs().get(tp))
    assert delivery is not None
    return delivery


def test_nothing_acked_is_nothing_to_commit() -> None:
    ledger = opened()
    assert ledger.committable(P) is None
    deliver(ledger, 0, 9)
    assert ledger.committable(P) is None
    assert ledger.committable(TP("other", 1)) is None


@pytest.mark.parametrize("start", [0, 1, 500])
@pytest.mark.parametrize("size", [1, 2])
def test_commit_is_one_past_the_last_acked(start: int, size: int) -> None:
    ledger = opened()
    assert ledger.ack(deliver(ledger, start, start + size - 1))
    assert ledger.committable(P) == start + size
    assert ledger.committable(P) == start + size  # reading does not use it up


def test_twenty_batches_are_committed_at_once() -> None:
    ledger = opened()
    for delivery in [deliver(ledger, n * 10, n * 10 + 9) for n in range(20)]:
        ledger.ack(delivery)
    assert ledger.committable(P) == 200


def test_holes_in_the_offsets_do_not_stop_commits() -> None:
    ledger = opened()
    for first, last in [(3, 5), (9, 9), (20, 31)]:
        ledger.ack(deliver(ledger, first, last))
    assert ledger.committable(P) == 32


def test_a_slow_batch_holds_back_what_was_acked_after_it() -> None:
    ledger = opened()
    slow, *others = [deliver(ledger, n, n) for n in range(4)]
    for delivery in reversed(others):
        ledger.ack(delivery)
    assert ledger.committable(P) is None
    ledger.ack(slow)
    assert ledger.committable(P) == 4


def test_a_batch_that_never_acks_is_never_passed() -> None:
    ledger = opened()
    ledger.ack(deliver(ledger, 0, 4))
    deliver(ledger, 5, 9)
    ledger.ack(deliver(ledger, 10, 14))
    assert ledger.committable(P) == 5


def test_an_ack_of_an_old_epoch_does_not_count() -> None:
    ledger = opened()
    old = deliver(ledger, 0, 9)
    ledger.open([P])
    again = deliver(ledger, 0, 4)
    assert not ledger.ack(old)
    assert ledger.committable(P) is None
    assert ledger.ack(again)
    assert ledger.committable(P) == 5


def test_a_fetch_of_an_old_epoch_is_not_delivered() -> None:
    ledger = opened()
    before = ledger.epochs()[P]
    with ledger.seeking([P]):
        assert ledger.epochs() == {}
        assert ledger.deliver(P, 50, 60, before) is None
    assert ledger.deliver(P, 50, 60, before) is None
    assert ledger.deliver(P, 10, 20, ledger.epochs()[P]) is not None


def test_a_failed_seek_leaves_the_partition_closed() -> None:
    ledger = opened()
    with pytest.raises(OSError), ledger.seeking([P]):
        raise OSError
    assert ledger.epochs() == {}
    with ledger.seeking([P]):
        pass
    assert P in ledger.epochs()


def test_of_two_overlapping_seeks_the_last_one_opens() -> None:
    ledger = opened()
    with ledger.seeking([P]):
        inner = ledger.seeking([P])
        inner.__enter__()
    assert ledger.epochs() == {}
    inner.__exit__(None, None, None)
    assert P in ledger.epochs()


def test_a_revoked_partition_accepts_nothing() -> None:
    ledger = opened()
    delivery = deliver(ledger, 0, 1)
    ledger.close([P])
    assert not ledger.is_current(delivery)
    ledger.forget([P])
    assert not ledger.is_current(delivery)
    assert not ledger.ack(delivery)


def test_epochs_are_not_used_again_after_a_revocation() -> None:
    ledger = opened()
    delivery = deliver(ledger, 0, 1)
    ledger.forget([P])
    ledger.open([P])
    assert not ledger.ack(delivery)


def test_a_dropped_fetch_breaks_its_epoch() -> None:
    ledger = opened()
    ledger.drop(P, 0, ledger.epochs()[P])
    with pytest.raises(BrokenOrder, match="offset 0 was fetched and dropped"):
        deliver(ledger, 10, 19)
    ledger.open([P])
    deliver(ledger, 0, 9)


def test_a_step_back_without_a_seek_is_refused() -> None:
    ledger = opened()
    deliver(ledger, 0, 9)
    with pytest.raises(BrokenOrder, match="offset 5 came after 9"):
        deliver(ledger, 5, 14)


def test_partitions_do_not_mix() -> None:
    other = TP("t", 1)
    ledger = opened(P, other)
    ledger.ack(deliver(ledger, 0, 9))
    deliver(ledger, 0, 3, other)
    assert (ledger.committable(P), ledger.committable(other)) == (10, None)
    ledger.note_committed({P: 10, TP("gone", 7): 1})
    assert ledger.accounts[P].committed == 10
