"""Health addresses answer per check, with reasons, and liveness asks only what a restart can mend."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter

from sinks.health import Check, HealthServer, serve_health


def get(server: HealthServer, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def body(server: HealthServer, path: str) -> tuple[int, dict[str, Any]]:
    status, text = get(server, path)
    return status, json.loads(text)


@pytest.fixture
def registry() -> CollectorRegistry:
    found = CollectorRegistry()
    Counter("wismo_tests", "Counted.", registry=found).inc()
    return found


def test_ready_is_red_with_the_reason_while_alive_stays_green(registry: CollectorRegistry) -> None:
    checks = {"kafka": lambda: Check(False, "no broker answers"), "redis": lambda: Check(True)}
    with serve_health(0, checks, registry) as server:
        status, told = body(server, "/readyz")
        assert status == 503
        assert told == {
            "status": "unavailable",
            "checks": {"kafka": {"ok": False, "reason": "no broker answers"}, "redis": {"ok": True}},
        }
        assert body(server, "/livez") == (200, {"status": "ok", "checks": {}})


def test_liveness_asks_its_own_checks(registry: CollectorRegistry) -> None:
    with serve_health(0, {}, registry, liveness={"loop": lambda: Check(False, "stuck")}) as server:
        assert body(server, "/livez")[0] == 503
        assert body(server, "/readyz")[0] == 200


def test_a_check_that_raises_is_red_and_takes_no_other_with_it(registry: CollectorRegistry) -> None:
    def broken() -> Check:
        raise RuntimeError("secret")

    with serve_health(0, {"broken": broken, "well": lambda: Check(True)}, registry) as server:
        status, told = body(server, "/readyz")
    assert status == 503
    assert told["checks"]["broken"] == {"ok": False, "reason": "the check itself failed: RuntimeError"}
    assert told["checks"]["well"] == {"ok": True}


def test_metrics_are_exposed_and_unknown_paths_are_not_found(registry: CollectorRegistry) -> None:
    with serve_health(0, {}, registry) as server:
        assert "wismo_tests_total 1.0" in get(server, "/metrics?x=1")[1]
        assert get(server, "/nope")[0] == 404
