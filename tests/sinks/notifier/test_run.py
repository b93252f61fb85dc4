"""The notifier as it runs: from the exceptions topics to a signed webhook, with receipts that outlive Redis."""

import base64
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from confluent_kafka import Consumer

from schemas.topics import load_topics
from sinks.kafka import consumer, producer
from sinks.notifier.run import channels_of, require_long_memory, run_notifier
from sinks.settings import Settings, SettingsError
from sinks.topics import ensure_topics
from tests.brokers import Broker
from tests.sinks.notifier.receiver import Receiver, receiving
from tests.sinks.samples import Log

SECRETS = "whsec_" + base64.b64encode(b"s" * 32).decode()


def hooked(**changes: Any) -> Settings:
    usual: dict[str, Any] = {"webhook_url": "https://hooks.example/", "webhook_secrets": SECRETS}
    return Settings(**{**usual, **changes})


def test_a_ledger_that_forgets_too_soon_does_not_start() -> None:
    with pytest.raises(SettingsError, match="WISMO_LEDGER_TTL_DAYS is 30; at least 60"):
        require_long_memory(Settings(ledger_ttl_days=30))
    require_long_memory(Settings())


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (hooked(webhook_secrets=None), "WISMO_WEBHOOK_SECRETS"),
        (hooked(webhook_secrets="whsec_x"), "secret 1"),
        (hooked(ledger_lease_seconds=5), "WISMO_LEDGER_LEASE_SECONDS"),
        (Settings(notify_log=False), "no channel"),
    ],
)
def test_settings_that_cannot_work_do_not_start(settings: Settings, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        channels_of(settings)


def test_the_channels_are_those_that_are_set() -> None:
    assert [channel.name for channel in channels_of(Settings())] == ["log"]
    assert [channel.name for channel in channels_of(hooked())] == ["log", "webhook"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def settings(broker: Broker, redis_url: str, receiver: Receiver) -> Settings:
    found = Settings(
        kafka_bootstrap_servers=broker.bootstrap, redis_url=redis_url, redis_prefix=f"t-{uuid.uuid4().hex}:",
        webhook_url=receiver.url, webhook_secrets=SECRETS, webhook_allow_private_networks=True, notify_log=False,
        notifier_metrics_port=0, webhook_retry_seconds="0.1,0.1",
    )  # fmt: skip
    ensure_topics(found, load_topics())
    return found


def tell(settings: Settings, *records: Any) -> None:
    out = producer(settings)
    for record in records:
        out.produce(record.topic, key=record.key, value=record.value, headers=list(record.headers))
    assert out.flush(60) == 0


_RUNNING: list["Notifier"] = []


@pytest.fixture(autouse=True)
def _nothing_runs_on() -> Iterator[None]:
    yield
    while _RUNNING:
        _RUNNING.pop().stop.set()


class Notifier:
    def __init__(self, settings: Settings) -> None:
        self.stop = threading.Event()
        self.thread = threading.Thread(target=run_notifier, args=(settings, self.stop), daemon=True)
        self.thread.start()
        _RUNNING.append(self)

    def until(self, true: Callable[[], bool], within: float = 40.0) -> None:
        deadline = time.monotonic() + within
        while not true() and time.monotonic() < deadline:
            assert self.thread.is_alive()
            time.sleep(0.05)
        assert true()

    def end(self) -> None:
        self.stop.set()
        self.thread.join(30)
        assert not self.thread.is_alive()


def ids(receiver: Receiver) -> list[str]:
    return [headers["webhook-id"] for headers, _ in receiver.got]


def receipts(reader: Consumer, count: int) -> list[tuple[bytes, dict[str, Any]]]:
    found: list[tuple[bytes, dict[str, Any]]] = []
    deadline = time.monotonic() + 20
    while len(found) < count and time.monotonic() < deadline:
        found += [(m.key(), json.loads(m.value())) for m in reader.consume(100, 0.5) if m.error() is None]
    return found


def test_told_once_with_receipts_even_after_redis_lost_everything(settings: Settings, receiver: Receiver) -> None:
    shipment = f"ups:{uuid.uuid4().hex.upper()}"
    log = Log()
    case = log.case("support", shipment, "c1", event_id=uuid.uuid4().hex)
    message = log.message(shipment, "m1", idempotency_key=f"k-{shipment}")
    held = log.message(shipment, "m2", "held", reason="quiet_hours", idempotency_key=f"h-{shipment}")
    ours = {json.loads(case.value or b"")["event_id"], f"k-{shipment}"}
    reader = consumer(settings, f"g-{uuid.uuid4().hex}")
    reader.subscribe(["notification-receipts"])
    notifier = Notifier(settings)
    tell(settings, case, message, held)
    notifier.until(lambda: ours <= set(ids(receiver)))
    told = {key.decode(): value for key, value in receipts(reader, 2) if value["idempotency_key"] in ours}
    assert set(told) == {f"{one}/webhook" for one in ours}
    assert {value["result"] for value in told.values()} == {"sent"}
    client = redis.Redis.from_url(settings.redis_url or "")
    for key in client.scan_iter(match=settings.redis_prefix + "*"):
        client.delete(key)
    tell(settings, case, message)
    after = log.case("support", shipment, "c2", event_id=uuid.uuid4().hex)
    tell(settings, after)
    notifier.until(lambda: json.loads(after.value or b"")["event_id"] in ids(receiver))
    notifier.end()
    reader.close()
    assert sorted(one for one in ids(receiver) if one in ours) == sorted(ours), "each exactly once"
    assert f"h-{shipment}" not in ids(receiver)


def test_an_endpoint_that_fails_for_a_while_gets_it_in_the_end(settings: Settings, receiver: Receiver) -> None:
    case = Log().case("finance", f"ups:{uuid.uuid4().hex.upper()}", "c1", event_id=uuid.uuid4().hex)
    wanted = json.loads(case.value or b"")["event_id"]
    notifier = Notifier(settings)
    receiver.statuses = []
    tell(settings, case)
    notifier.until(lambda: wanted in ids(receiver))
    receiver.statuses = [503, 503]
    again = Log().case("finance", f"ups:{uuid.uuid4().hex.upper()}", "c1", event_id=uuid.uuid4().hex)
    second = json.loads(again.value or b"")["event_id"]
    tell(settings, again)
    notifier.until(lambda: ids(receiver).count(second) == 3)
    notifier.end()


def part_of_digest(log: Log, key: str, shipment: str, message_id: str) -> Any:
    order = key.split("/", maxsplit=1)[0]
    told = {"order_id": order, "customer_id": "C-1", "storefront": "main", "digest_at": "2026-03-02T18:00:00Z"}
    return log.message(shipment, message_id, idempotency_key=key, text=f"Parcel {shipment}.", **told)


def test_a_digest_is_one_letter_over_partitions_and_over_a_restart_while_it_gathers(
    settings: Settings, receiver: Receiver
) -> None:
    settings = settings.model_copy(update={"digest_seconds": 4.0})
    order, log = uuid.uuid4().hex, Log()
    key = f"order:{order}/digest/2026-03-02T18:00"
    shipments = [f"ups:{uuid.uuid4().hex.upper()}" for _ in range(4)]
    reader = consumer(settings, f"g-{uuid.uuid4().hex}")
    reader.subscribe(["notification-receipts"])
    notifier = Notifier(settings)
    tell(settings, *(part_of_digest(log, key, one, f"m{n}") for n, one in enumerate(shipments)))
    client = redis.Redis.from_url(settings.redis_url or "")
    pile = f"{settings.redis_prefix}ledger:webhook:pile:{key}"
    notifier.until(lambda: client.hlen(pile) == 5)  # the four, and whose they are
    notifier.end()
    assert key not in ids(receiver)

    second = Notifier(settings)
    second.until(lambda: key in ids(receiver))
    written: list[tuple[bytes, dict[str, Any]]] = []
    deadline = time.monotonic() + 30
    while len(written) < 4 and time.monotonic() < deadline:  # those of other tests are on the topic too
        written += [one for one in receipts(reader, 1) if one[1]["idempotency_key"] == key]
    assert {name.decode() for name, _ in written} == {f"{key}/m{n}/webhook" for n in range(4)}
    told = [value for _, value in written]
    late = part_of_digest(log, key, f"ups:{uuid.uuid4().hex.upper()}", "m9")
    tell(settings, late)
    second.until(lambda: f"{key}/m9" in ids(receiver))
    second.end()
    reader.close()

    assert sorted(value["message_id"] for value in told) == ["m0", "m1", "m2", "m3"]
    assert {tuple(sorted(value["letter"])) for value in told} == {("m0", "m1", "m2", "m3")}
    assert ids(receiver).count(key) == 1
    [letter] = [json.loads(body) for headers, body in receiver.got if headers["webhook-id"] == key]
    assert {one["shipment_id"] for one in letter["data"]["messages"]} == set(shipments)
