"""`/metrics`, `/livez` and `/readyz` of a process, served by a thread of its own."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Self

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from schemas.codec import dumps

JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Check:
    """One answer about the process; `reason` says what is wrong and what would mend it."""

    ok: bool
    reason: str = ""


Checks = Mapping[str, Callable[[], Check]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a health address answers."""

    status: HTTPStatus
    content_type: str
    body: bytes


def run_checks(checks: Checks) -> Answer:
    """Ask every check; 503 where one is not well. A check that raises is not well, and says how."""
    answers = {name: _ask(check) for name, check in checks.items()}
    well = all(answer.ok for answer in answers.values())
    body = {"status": "ok" if well else "unavailable", "checks": {name: _told(a) for name, a in answers.items()}}
    return Answer(HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE, JSON, dumps(body))


def expose(registry: CollectorRegistry) -> Answer:
    """The metrics in Prometheus' text format."""
    return Answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(registry))


class HealthServer:
    """Serves the three addresses until it is closed."""

    def __init__(self, address: tuple[str, int], routes: Mapping[str, Callable[[], Answer]]) -> None:
        self._server = ThreadingHTTPServer(address, _handler(routes))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on: the one asked for, or the free one it was given."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop serving and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve_health(
    port: int, checks: Checks, registry: CollectorRegistry, *, host: str = "127.0.0.1", liveness: Checks | None = None
) -> HealthServer:
    """Serve `/metrics`, `/readyz` (all `checks`) and `/livez` (only `liveness`) on a thread.

    Args:
        port: 0 for any free one; read it from the server.
        checks: what must be well before the process is counted on.
        registry: the metrics to expose.
        host: the address to bind.
        liveness: what only a restart can mend. Never whether Kafka or Redis answers: a restart mends neither, and
            restarts in a row are worse than waiting.
    """
    alive: Checks = liveness or {}
    routes: dict[str, Callable[[], Answer]] = {
        "/metrics": lambda: expose(registry),
        "/readyz": lambda: run_checks(checks),
        "/livez": lambda: run_checks(alive),
    }
    return HealthServer((host, port), routes)


def _ask(check: Callable[[], Check]) -> Check:
    try:
        return check()
    except Exception as error:  # A broken check must not take the answers of the others with it.
        return Check(False, f"the check itself failed: {type(error).__name__}")


def _told(answer: Check) -> dict[str, str | bool]:
    return {"ok": answer.ok, "reason": answer.reason} if answer.reason else {"ok": answer.ok}


def _handler(routes: Mapping[str, Callable[[], Answer]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            route = routes.get(self.path.partition("?")[0])
            self._send(route() if route else Answer(HTTPStatus.NOT_FOUND, "text/plain", b"not found\n"))

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Say nothing: a line for each scrape would bury the log."""

    return Handler
