"""Tells open pages that the board changed: one subscription to Redis, one event stream a page."""

import asyncio
import contextlib
import logging
from typing import Any, Final

from aiohttp import web
from redis.asyncio import Redis
from redis.exceptions import RedisError

_LOG: Final = logging.getLogger("wismo.web")
_HEARTBEAT: Final = 15.0
_MOST_PAGES: Final = 500
_BACKLOG: Final = 50
_ANYTHING: Final = b'{"many":true,"subjects":[],"topics":[]}'


class Live:
    """Spreads the board's change notices to the open pages."""

    def __init__(self, client: Redis, channel: str) -> None:
        self._client = client
        self._channel = channel
        self._pages: set[asyncio.Queue[bytes]] = set()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to listen."""
        self._task = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        """Stop listening and let every page's stream end."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        for page in self._pages:
            self._put(page, b"")

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """One page's stream of server-sent events."""
        if len(self._pages) >= _MOST_PAGES:
            raise web.HTTPServiceUnavailable(text="too many open pages; this one still works without live updates")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        page: asyncio.Queue[bytes] = asyncio.Queue(_BACKLOG)
        self._pages.add(page)
        try:
            await response.write(b"retry: 3000\n\n")
            while (text := await self._next(page)) is not None:
                await response.write(text)
        except ConnectionError:
            pass  # The page was closed.
        finally:
            self._pages.discard(page)
        return response

    async def _next(self, page: asyncio.Queue[bytes]) -> bytes | None:
        try:
            notice = await asyncio.wait_for(page.get(), _HEARTBEAT)
        except TimeoutError:
            return b": still here\n\n"
        return b"event: change\ndata: " + notice + b"\n\n" if notice else None

    async def _listen(self) -> None:
        while True:
            try:
                async with self._client.pubsub() as subscription:
                    await subscription.subscribe(self._channel)
                    # What changed while nobody listened is not known, so every page looks once.
                    self._tell(_ANYTHING)
                    await self._spread(subscription)
            except (RedisError, OSError) as error:
                _LOG.warning("live updates wait for Redis: %s", type(error).__name__)
                await asyncio.sleep(1.0)

    async def _spread(self, subscription: Any) -> None:
        while True:
            message = await subscription.get_message(ignore_subscribe_messages=True, timeout=_HEARTBEAT)
            if message is not None:
                self._tell(message["data"])

    def _tell(self, notice: bytes) -> None:
        for page in self._pages:
            self._put(page, notice)

    def _put(self, page: asyncio.Queue[bytes], notice: bytes) -> None:
        if page.full():
            # A page too slow to follow needs to know only that it is out of date.
            while not page.empty():
                page.get_nowait()
            notice = notice and _ANYTHING
        page.put_nowait(notice)
