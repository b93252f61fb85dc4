"""Notifiers of one channel on a real Redis, with a channel and a topic of receipts that do as they are told."""

import json
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import redis
from prometheus_client import CollectorRegistry

from schemas.codec import dumps
from schemas.dead_letters import Source
from schemas.events import NotificationReceipt
from sinks.health import Check
from sinks.metrics import NotifierMetrics
from sinks.notifier.channels import webhook_body
from sinks.notifier.deliver import ChannelNotifier, Desk
from sinks.notifier.ledger import Entry, Ledger
from sinks.notifier.notices import Notice
from sinks.notifier.piles import Piles
from sinks.notifier.receipts import Receipt, ReceiptError, receipt_event, remembered
from sinks.results import DeliveryResult, delivered
from tests.sinks.samples import Log

KEY = "order:A-1/digest/2026-03-02T18:00"
SLOT = "2026-03-02T18:00:00Z"
ONE, TWO = "ups:1Z999AA10123456784", "usps:9400111899223100000012"
NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)
GRACE = 0.6


class Post:
    """A channel that keeps each letter as a webhook would send it."""

    name = "webhook"

    def __init__(self) -> None:
        self.sent: list[Notice] = []
        self.answer: Callable[[], DeliveryResult] = delivered

    def send(self, notice: Notice) -> DeliveryResult:
        self.sent.append(notice)
        return self.answer()

    def held(self) -> DeliveryResult | None:
        return None

    def check(self) -> Check:
        return Check(True)


class Receipts:
    """A compacted topic."""

    def __init__(self) -> None:
        self.by_key: dict[str, dict[str, Any]] = {}
        self.fails = 0

    def write(self, notice: Notice, channel: str, entry: Entry, now: datetime) -> None:
        if self.fails:
            self.fails -= 1
            raise ReceiptError("no")
        event = receipt_event(notice, channel, entry, now)
        NotificationReceipt.model_validate_json(dumps(event))
        key = f"{event['idempotency_key']}/{event['message_id']}" if event.get("letter") else event["idempotency_key"]
        self.by_key[key] = event


class Desks:
    """Notifiers of one channel on one Redis, each in a process of its own."""

    def __init__(self, url: str, grace: float = GRACE, schedule: tuple[float, ...] = (0.0, 0.0)) -> None:
        self.client = redis.Redis.from_url(url)
        self.prefix = f"t-{uuid.uuid4().hex}:"
        self.post, self.receipts, self.registry = Post(), Receipts(), CollectorRegistry()
        self.grace, self.schedule = grace, schedule
        self.metrics = NotifierMetrics(self.registry)
        self.notifier = self.started()
        self.ledger.declare_whole()

    def started(self) -> ChannelNotifier:
        """Another process, or the same one after a restart."""
        self.ledger = Ledger(self.client, self.prefix, "webhook", ttl=60, lease=0.15)
        piles = Piles(self.ledger, self.client, self.grace)
        desk = Desk(self.post, self.ledger, piles, self.receipts, self.refill, self.metrics, self.schedule)
        return ChannelNotifier(desk, lambda: NOW)

    def refill(self) -> None:
        for event in self.receipts.by_key.values():
            known = {name: event[name] for name in Receipt.__struct_fields__ if name in event}
            receipt = Receipt(**{**known, "at": NOW, "letter": tuple(event.get("letter", ()))})
            self.ledger.remember(remembered(receipt, 60, NOW + timedelta(seconds=1)))
        self.ledger.declare_whole()

    def empty_redis(self) -> None:
        for key in self.client.scan_iter(match=f"{self.prefix}*"):
            self.client.delete(key)

    def deliver(self, *records: Source) -> list[DeliveryResult]:
        return [self.notifier.deliver(record) for record in records]

    def until_done(self, *records: Source) -> list[DeliveryResult]:
        """Deliver as a lane does: again and again until it is over."""
        results, deadline = self.deliver(*records), time.monotonic() + 5
        while any(one.retryable for one in results) and time.monotonic() < deadline:
            time.sleep(0.02)
            results = [
                self.notifier.deliver(record) if one.retryable else one
                for record, one in zip(records, results, strict=True)
            ]
        return results

    @property
    def letters(self) -> list[dict[str, Any]]:
        return [json.loads(webhook_body(one)) for one in self.post.sent]

    @property
    def ids(self) -> list[str]:
        return [one.key for one in self.post.sent]


LOG = Log(NOW)


def part(shipment: str, message_id: str, text: str = "It is on its way.", **fields: Any) -> Source:
    told = {"order_id": "A-1", "customer_id": "C-1", "storefront": "main", "digest_at": SLOT, "idempotency_key": KEY}
    return LOG.message(shipment, message_id, **{**told, "text": text, **fields})
