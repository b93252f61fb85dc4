"""One notice on one channel, once: whatever crashes in between, nothing is lost and the id stays the same."""

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import redis
from prometheus_client import CollectorRegistry

from schemas.dead_letters import Source
from sinks.health import Check
from sinks.metrics import NotifierMetrics
from sinks.notifier.deliver import ChannelNotifier, Desk
from sinks.notifier.ledger import Entry, Ledger
from sinks.notifier.notices import Notice, read_notice
from sinks.notifier.piles import Piles
from sinks.notifier.receipts import ReceiptError
from sinks.results import DeliveryResult, Outcome, delivered, refused, try_again
from tests.sinks.samples import Log

SHIPMENT = "ups:1Z999AA10123456784"


class CrashError(BaseException):
    """The process dies here."""


class FakeChannel:
    name = "webhook"

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.answer: Callable[[], DeliveryResult] = delivered

    def send(self, notice: Notice) -> DeliveryResult:
        self.sent.append(notice.key)
        return self.answer()

    def held(self) -> DeliveryResult | None:
        return None

    def check(self) -> Check:
        return Check(True)


class FakeReceipts:
    def __init__(self) -> None:
        self.written: list[tuple[str, Entry]] = []
        self.error: BaseException | None = None

    def write(self, notice: Notice, channel: str, entry: Entry, now: datetime) -> None:
        if self.error:
            raise self.error
        self.written.append((f"{notice.key}/{channel}", entry))


class Stage:
    """A notifier on a real Redis, with a channel and receipts that do as they are told."""

    def __init__(self, url: str, schedule: tuple[float, ...] = (0.0, 0.0), grace: float = 0.0) -> None:
        self.client = redis.Redis.from_url(url)
        self.ledger = Ledger(self.client, f"t-{uuid.uuid4().hex}:", "webhook", ttl=60, lease=0.15)
        self.ledger.declare_whole()
        self.channel, self.receipts = FakeChannel(), FakeReceipts()
        self.registry = CollectorRegistry()
        self.refills = 0
        piles, metrics = Piles(self.ledger, self.client, grace), NotifierMetrics(self.registry)
        desk = Desk(self.channel, self.ledger, piles, self.receipts, self.refill, metrics, schedule)
        self.notifier = ChannelNotifier(desk, lambda: datetime(2026, 3, 2, tzinfo=UTC))

    def refill(self) -> None:
        self.refills += 1
        self.ledger.declare_whole()

    def deliver(self, record: Source) -> DeliveryResult:
        return self.notifier.deliver(record)

    def counted(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(f"wismo_{name}", labels) or 0.0


@pytest.fixture
def stage(redis_url: str) -> Stage:
    return Stage(redis_url)


@pytest.fixture
def case() -> Source:
    return Log().case("support", SHIPMENT, "c1")


def results(stage: Stage) -> list[tuple[str, int]]:
    return [(entry.result, entry.attempts) for _, entry in stage.receipts.written]


def test_delivered_once_with_a_receipt_and_then_a_duplicate(stage: Stage, case: Source) -> None:
    assert stage.deliver(case).outcome is Outcome.DELIVERED
    again = stage.deliver(case)
    assert (again.outcome, again.reason) == (Outcome.SKIPPED, "duplicate")
    assert len(stage.channel.sent) == 1
    assert results(stage) == [("sent", 1)]
    assert stage.counted("notifications_total", channel="webhook", result="sent") == 1
    assert stage.counted("notifications_total", channel="webhook", result="duplicate") == 1


def test_other_fates_are_counted_and_never_sent(stage: Stage) -> None:
    log = Log()
    for fate, reason in (("held", "quiet_hours"), ("dropped", "stale"), ("suppressed", "holdout"), ("send?", None)):
        assert stage.deliver(log.message(SHIPMENT, "m1", fate, reason=reason)).outcome is Outcome.SKIPPED
    assert stage.channel.sent == []
    assert stage.counted("notifications_suppressed_total", reason="quiet_hours") == 1
    assert stage.counted("notifications_suppressed_total", reason="other") == 1


def test_a_message_held_first_is_sent_when_its_time_comes(stage: Stage) -> None:
    log = Log()
    stage.deliver(log.message(SHIPMENT, "m1", "held", reason="settling"))
    assert stage.deliver(log.message(SHIPMENT, "m1", "send")).outcome is Outcome.DELIVERED


def test_a_crash_before_the_act_is_noted_sends_the_same_id_again_and_counts_it(stage: Stage, case: Source) -> None:
    def die() -> DeliveryResult:
        raise CrashError

    stage.channel.answer = die
    with pytest.raises(CrashError):
        stage.deliver(case)
    stage.channel.answer = delivered
    waiting = stage.deliver(case)
    assert (waiting.reason, waiting.retryable) == ("claimed", True), "the lease of the dead attempt still lasts"
    assert waiting.retry_after is not None
    assert 0 < waiting.retry_after <= 0.15
    time.sleep(0.2)
    assert stage.deliver(case).outcome is Outcome.DELIVERED
    assert len(set(stage.channel.sent)) == 1
    assert len(stage.channel.sent) == 2
    assert stage.counted("notification_repeats_total", channel="webhook") == 1


def test_a_crash_before_the_receipt_writes_the_receipt_and_sends_nothing_again(stage: Stage, case: Source) -> None:
    stage.receipts.error = CrashError()
    with pytest.raises(CrashError):
        stage.deliver(case)
    stage.receipts.error = None
    time.sleep(0.2)
    assert stage.deliver(case).outcome is Outcome.DELIVERED
    assert len(stage.channel.sent) == 1
    assert results(stage) == [("sent", 1)]


def test_a_receipt_that_kafka_does_not_take_is_tried_again(stage: Stage, case: Source) -> None:
    stage.receipts.error = ReceiptError("no")
    assert stage.deliver(case).retryable
    assert len(stage.channel.sent) == 1


def test_retries_follow_the_schedule_and_then_it_is_parked(redis_url: str, case: Source) -> None:
    stage = Stage(redis_url, (10.0, 20.0))
    stage.channel.answer = lambda: try_again("http_5xx")
    first, second, third = (stage.deliver(case) for _ in range(3))
    assert first.retry_after is not None
    assert second.retry_after is not None
    assert 9 <= first.retry_after <= 11
    assert 18 <= second.retry_after <= 22
    assert (third.reason, third.retryable) == ("retries_exhausted", False)
    assert results(stage) == [("failed", 3)]
    assert stage.counted("notification_retries_total", channel="webhook") == 2


def test_a_longer_wait_that_was_asked_for_is_kept(stage: Stage, case: Source) -> None:
    stage.channel.answer = lambda: try_again("http_4xx", after=120.0)
    assert stage.deliver(case).retry_after == 120.0


def test_what_is_refused_has_a_receipt_and_is_not_tried_again_by_itself(stage: Stage, case: Source) -> None:
    stage.channel.answer = lambda: refused("http_4xx", "told 400")
    assert stage.deliver(case).reason == "http_4xx"
    assert stage.deliver(case).reason == "http_4xx", "its dead letter may have been lost in a crash"
    assert len(stage.channel.sent) == 1
    assert results(stage) == [("failed", 1)]


def replayed(record: Source, replay: bytes) -> Source:
    headers = (("__wismo.replay.id", replay),)
    return Source(
        topic=record.topic, partition=0, offset=record.offset + 9, timestamp=0, value=record.value, headers=headers
    )


def test_a_replay_may_try_what_failed_once_more_but_never_what_was_sent(stage: Stage, case: Source) -> None:
    stage.channel.answer = lambda: refused("http_4xx")
    stage.deliver(case)
    stage.channel.answer = delivered
    assert stage.deliver(replayed(case, b"r1")).outcome is Outcome.DELIVERED
    assert stage.deliver(replayed(case, b"r2")).reason == "duplicate"
    assert len(stage.channel.sent) == 2
    assert results(stage) == [("failed", 1), ("sent", 1)]


def test_a_lost_ledger_is_filled_before_anything_is_sent(stage: Stage, case: Source) -> None:
    stage.client.flushdb()
    first = stage.deliver(case)
    assert (first.reason, first.retryable) == ("ledger_lost", True)
    assert stage.channel.sent == []
    assert stage.refills == 1
    assert stage.deliver(case).outcome is Outcome.DELIVERED


def test_redis_away_waits(case: Source) -> None:
    stage = Stage.__new__(Stage)
    away = redis.Redis.from_url("redis://127.0.0.1:9/0", socket_connect_timeout=0.2)
    channel, ledger = FakeChannel(), Ledger(away, "t:", "webhook", ttl=60, lease=1)
    metrics = NotifierMetrics(CollectorRegistry())
    desk = Desk(channel, ledger, Piles(ledger, away, 0.0), FakeReceipts(), lambda: None, metrics, ())
    stage.notifier = ChannelNotifier(desk)
    result = stage.deliver(case)
    assert (result.reason, result.retryable, channel.sent) == ("redis_unavailable", True, [])


@pytest.mark.parametrize("value", [b"{", b"[]", b"\xff"])
def test_what_is_no_event_is_refused(stage: Stage, value: bytes) -> None:
    result = stage.deliver(Source(topic="exceptions-support", partition=0, offset=0, timestamp=0, value=value))
    assert (result.reason, result.retryable) == ("undecodable", False)


def test_a_mark_and_a_tombstone_are_nothing_to_tell(stage: Stage) -> None:
    mark = Source(
        topic="exceptions-support", partition=0, offset=0, timestamp=0, value=b"", headers=(("wismo-mark", b"t"),)
    )
    gone = Source(topic="exceptions-support", partition=0, offset=1, timestamp=0, value=None)
    assert {stage.deliver(mark).reason, stage.deliver(gone).reason} == {"no_event"}


def test_remembered_receipts_make_duplicates(stage: Stage, case: Source) -> None:
    stage.ledger.remember([(read_notice(case).key, Entry("done", 1, "sent"), 30.0)])
    assert stage.deliver(case).reason == "duplicate"


def test_receipts_too_old_to_matter_are_left_out(stage: Stage, case: Source) -> None:
    stage.ledger.remember([(read_notice(case).key, Entry("done", 1, "sent"), -1.0)])
    assert stage.deliver(case).outcome is Outcome.DELIVERED
