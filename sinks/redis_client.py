"""Redis from settings: one client a process, with timeouts, and one word for "it is away"."""

from typing import Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from sinks.settings import Settings, SettingsError

TIMEOUT: Final = 5.0

RedisAwayError = (redis.ConnectionError, redis.TimeoutError, redis.BusyLoadingError, redis.ReadOnlyError)
"""Errors that waiting may mend."""


def redis_client(settings: Settings) -> redis.Redis:
    """A client of the Redis that is set; nothing is connected yet. Raises `SettingsError` where none is set."""
    return redis.Redis.from_url(
        redis_address(settings),
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        health_check_interval=30,
        # Whoever calls knows whether to wait or to give up; a hidden repeat would run a script twice.
        retry=Retry(NoBackoff(), 0),
    )


def redis_address(settings: Settings) -> str:
    """The URL that is set; raises `SettingsError` where none is."""
    if settings.redis_url is None:
        raise SettingsError("REDIS_URL is not set; set it to redis://host:port/0, or use `wismo up`")
    return settings.redis_url
