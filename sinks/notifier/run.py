"""Puts the notifier together from settings, and runs one consumer group a channel until it is told to stop."""

import logging
import threading
from datetime import timedelta
from functools import partial
from typing import Final

import redis
from prometheus_client import CollectorRegistry

from schemas.topics import load_topics
from schemas.words import CUSTOMER_MESSAGES, DEAD_LETTERS, OWNERS, exceptions_topic
from sinks.consume import Consumption, Pace
from sinks.dead_letters import DeadLetterWriter
from sinks.health import Check, serve_health
from sinks.kafka import consumer, producer
from sinks.metrics import NotifierMetrics, SinkMetrics
from sinks.notifier.channels import Channel, LogChannel, WebhookChannel
from sinks.notifier.deliver import ChannelNotifier, Desk
from sinks.notifier.egress import Rules
from sinks.notifier.ledger import Ledger
from sinks.notifier.piles import Piles
from sinks.notifier.receipts import ReceiptWriter, fill_ledger, wall_clock
from sinks.notifier.signing import InvalidSecretError, parse_secrets
from sinks.processes import run_all
from sinks.redis_client import RedisAwayError, redis_client
from sinks.settings import Settings, SettingsError

TOPICS: Final = (*(exceptions_topic(owner) for owner in OWNERS), CUSTOMER_MESSAGES)
_LOG: Final = logging.getLogger("wismo.notifier")


def group_of(channel: str) -> str:
    """The consumer group of a channel: each has its own, so that a slow one holds up nobody.

    That of the log, which every installation has, is the plain name.
    """
    return "wismo-notifier" if channel == LogChannel.name else f"wismo-notifier-{channel}"


def channels_of(settings: Settings) -> tuple[Channel, ...]:
    """The channels that are set; raises `SettingsError`."""
    found: list[Channel] = [LogChannel()] if settings.notify_log else []
    if settings.webhook_url:
        found.append(_webhook(settings, settings.webhook_url))
    if not found:
        raise SettingsError("no channel is set: set WISMO_WEBHOOK_URL, or WISMO_NOTIFY_LOG to true")
    return tuple(found)


def require_long_memory(settings: Settings) -> None:
    """Raise `SettingsError` where the ledger would forget what a replay may still bring back."""
    topics = load_topics()
    kept = max(topics[name].retention or timedelta() for name in TOPICS)
    replayable = topics[DEAD_LETTERS].retention or timedelta()
    needed = (kept + replayable) / timedelta(days=1)
    if settings.ledger_ttl_days < needed:
        raise SettingsError(
            f"WISMO_LEDGER_TTL_DAYS is {settings.ledger_ttl_days:g}; at least {needed:g} are needed (what the topics "
            "keep, and how long a dead letter can be replayed), or somebody is told twice"
        )


def run_notifier(settings: Settings, stop: threading.Event) -> None:
    """Run until `stop`; raises where going on would lose or double a notification."""
    require_long_memory(settings)
    channels = channels_of(settings)
    registry = CollectorRegistry()
    metrics, own = SinkMetrics(registry, "notifier"), NotifierMetrics(registry)
    client = redis_client(settings)
    loops = [_consumption(settings, channel, client, metrics, own) for channel in channels]
    checks = {f"partitions_{channel.name}": loop.check for channel, loop in zip(channels, loops, strict=True)}
    checks |= {f"channel_{channel.name}": channel.check for channel in channels}
    checks["redis"] = lambda: redis_check(client)
    with serve_health(settings.notifier_metrics_port, checks, registry, host=settings.metrics_host) as health:
        _LOG.info("notifier up; channels: %s; health on port %d", [c.name for c in channels], health.port)
        named = zip(channels, loops, strict=True)
        run_all([(channel.name, partial(loop.run, TOPICS, stop)) for channel, loop in named], stop)


def redis_check(client: redis.Redis) -> Check:
    """Whether Redis answers."""
    try:
        client.ping()
    except RedisAwayError as error:
        return Check(False, f"Redis does not answer ({type(error).__name__}); check REDIS_URL")
    return Check(True)


def _consumption(
    settings: Settings, channel: Channel, client: redis.Redis, metrics: SinkMetrics, own: NotifierMetrics
) -> Consumption:
    ledger = Ledger(
        client, settings.redis_prefix, channel.name,
        ttl=settings.ledger_ttl_days * 86_400, lease=settings.ledger_lease_seconds,
    )  # fmt: skip
    out = producer(settings, linger_ms=0)
    refilling = threading.Lock()

    def refill() -> None:
        with refilling:
            if not ledger.whole():
                fill_ledger(settings, ledger, channel.name, wall_clock)

    schedule = tuple(float(wait) for wait in settings.webhook_retry_seconds.split(","))
    piles = Piles(ledger, client, settings.digest_seconds)
    desk = Desk(channel, ledger, piles, ReceiptWriter(out), refill, own, schedule)
    group = group_of(channel.name)
    return Consumption(
        consumer(settings, group), group, ChannelNotifier(desk), DeadLetterWriter(out), metrics, Pace(batch=100)
    )


def _webhook(settings: Settings, url: str) -> WebhookChannel:
    if settings.webhook_secrets is None:
        raise SettingsError("WISMO_WEBHOOK_URL is set without WISMO_WEBHOOK_SECRETS: the receiver could trust nothing")
    try:
        secrets = parse_secrets(settings.webhook_secrets.get_secret_value())
    except InvalidSecretError as error:
        raise SettingsError(str(error)) from None
    if settings.ledger_lease_seconds <= settings.webhook_timeout_seconds:
        raise SettingsError("WISMO_LEDGER_LEASE_SECONDS must be longer than WISMO_WEBHOOK_TIMEOUT_SECONDS")
    ports = frozenset(int(port) for port in settings.webhook_ports.split(","))
    rules = Rules(settings.webhook_allow_private_networks, ports)
    return WebhookChannel(url, secrets, rules, settings.webhook_timeout_seconds)
