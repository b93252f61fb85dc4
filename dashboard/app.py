"""The web application: routes, headers that keep a browser safe, and what is shown when Redis is away."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from dashboard.live import Live
from dashboard.pages import Pages
from dashboard.rendering import Renderer
from sinks.board.keys import Keys
from sinks.board.read import BoardReader
from sinks.health import JSON, Answer, Check, expose, run_checks
from sinks.metrics import build_info
from sinks.redis_client import TIMEOUT, redis_address
from sinks.settings import Settings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_LOG: Final = logging.getLogger("wismo.web")
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "interest-cohort=()",
}


def create_app(settings: Settings) -> web.Application:
    """The application; nothing is connected until it starts. Raises `SettingsError` where no Redis is set."""
    client = Redis.from_url(redis_address(settings), socket_timeout=None, socket_connect_timeout=TIMEOUT)
    keys = Keys(settings.redis_prefix)
    live, renderer, registry = Live(client, keys.changes), Renderer(), CollectorRegistry()
    pages = Pages(BoardReader(client, keys), renderer, settings.web_clock)
    app = web.Application(middlewares=[_guard(settings), _count(registry), _explain(renderer)])
    app.add_routes(
        [
            web.get("/", pages.queue),
            web.get("/shipments/{id:.+}", pages.subject),
            web.get("/carriers", pages.carriers),
            web.get("/feeds", pages.feeds),
            web.get("/search", pages.search),
            web.get("/live", live.stream),
            web.static("/static", renderer.static),
            web.get("/metrics", _plain(lambda: expose(registry))),
            web.get("/livez", _plain(lambda: run_checks({}))),
            web.get("/readyz", _ready(client)),
        ]
    )
    app.on_startup.append(lambda _: live.start())
    app.on_shutdown.append(lambda _: live.stop())
    app.on_cleanup.append(lambda _: client.aclose())
    return app


def _guard(settings: Settings) -> Any:
    named = {host.strip().lower() for host in settings.web_allowed_hosts.split(",") if host.strip()}
    local = settings.web_host in _LOOPBACK
    allowed = named | (_LOOPBACK if local or named else set()) | {settings.web_host}

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        # A foreign page may point its own name at this address; only names that are ours are answered.
        if (local or named) and _host(request) not in allowed:
            raise web.HTTPMisdirectedRequest(text="unknown host; WISMO_WEB_ALLOWED_HOSTS names those that are answered")
        return await handler(request)

    return guard


def _count(registry: CollectorRegistry) -> Any:
    build_info(registry, "web")
    answered = Counter("wismo_web_responses", "Pages answered, by status class.", ["status"], registry=registry)

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        status = 500
        try:
            response = await handler(request)
            status = response.status
            return response
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            answered.labels(f"{status // 100}xx").inc()

    return count


def _explain(renderer: Renderer) -> Any:
    @web.middleware
    async def explain(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await handler(request)
        except web.HTTPNotFound:
            response = renderer.page("missing.html", {"what": "There is no such page."}, status=404)
        except (RedisError, OSError) as error:
            _LOG.warning("the board does not answer: %s", type(error).__name__)
            response = renderer.page("away.html", {}, status=503)
        if not response.prepared:
            response.headers.update(HEADERS)
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return explain


def _host(request: web.Request) -> str:
    try:
        return (urlsplit(f"//{request.host}").hostname or "").lower()
    except ValueError:
        return ""


def _plain(answer: Callable[[], Answer]) -> Handler:
    async def handle(_: web.Request) -> web.Response:
        return _response(answer())

    return handle


def _ready(client: Redis) -> Handler:
    async def handle(_: web.Request) -> web.Response:
        check = Check(True)
        try:
            await client.get("ready")
        except (RedisError, OSError) as error:
            check = Check(False, f"Redis does not answer ({type(error).__name__}); check REDIS_URL")
        return _response(run_checks({"redis": lambda: check}))

    return handle


def _response(answer: Answer) -> web.Response:
    kind = {"Content-Type": answer.content_type if answer.content_type != JSON else f"{JSON}; charset=utf-8"}
    return web.Response(status=answer.status, body=answer.body, headers=kind)
