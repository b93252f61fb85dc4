"""The web application on a real Redis, for tests."""

import asyncio
import contextlib
import threading
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import redis
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from dashboard.app import create_app
from schemas.dead_letters import Source
from sinks.board.keys import Keys
from sinks.board.store import BoardStore
from sinks.settings import Settings

T = TypeVar("T")
Client = TestClient[web.Request, web.Application]


@dataclass(frozen=True, slots=True)
class Site:
    """A board to write and its pages."""

    settings: Settings
    store: BoardStore

    def tell(self, *records: Source) -> None:
        assert self.store.apply(records) is not None

    def get(self, path: str, **options: Any) -> tuple[int, str, dict[str, str]]:
        async def question(client: Client) -> tuple[int, str, dict[str, str]]:
            async with client.get(path, allow_redirects=False, **options) as answer:
                return answer.status, await answer.text(), dict(answer.headers)

        return self.ask(question)

    def ask(self, question: Callable[[Client], Awaitable[T]]) -> T:
        async def run() -> T:
            async with TestClient(TestServer(create_app(self.settings))) as client:
                return await question(client)

        return asyncio.run(run())


def new_site(redis_url: str, **changes: Any) -> Site:
    """An empty board of its own."""
    settings = Settings(redis_url=redis_url, redis_prefix=f"t-{uuid.uuid4().hex}:", web_port=0, **changes)
    store = BoardStore(redis.Redis.from_url(redis_url), Keys(settings.redis_prefix))
    store.begin("x")
    store.caught_up()
    return Site(settings, store)


@contextlib.contextmanager
def served(site: Site) -> Iterator[str]:
    """The site on a loopback port, on a thread; yields its address."""
    started, stop, address = threading.Event(), asyncio.Event(), []
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        runner = web.AppRunner(create_app(site.settings), shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        started.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert started.wait(10)
        yield address[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
