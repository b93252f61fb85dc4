"""Fixtures that every test may use."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from cli.embedded import embedded_services
from tests.brokers import Broker, running_broker

# How busy the machine is decides no test.
settings.register_profile("wismo", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("wismo")

# Nothing of the caller's shell decides a test.
_OURS = ("WISMO_", "KAFKA_", "REDIS_URL")


# Longest first: begun last, one of them would run alone at the end while the other core has nothing to do.
_LONG = """
    service/test_campaign simulation/test_planted simulation/test_simulation streams/engine/test_moves
    streams/engine/test_broker service/test_equality cli/test_backtest service/test_kill service/test_subscriber
    service/test_unmapped service/test_shadow service/test_secured service/test_replay cli/test_explain
    service/test_garbage rules/test_properties sinks/board/test_run test_brokers
""".split()
_RANKS = {Path(__file__).parent / f"{name}.py": rank for rank, name in enumerate(_LONG)}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, None, None]:
    """Mark what uses a broker, so that `-m "not broker"` is always the whole truth; long files begin first."""
    for item in items:
        if "broker" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.broker)
    yield
    items.sort(key=lambda item: _RANKS.get(item.path, len(_LONG)))


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A Kafka-protocol broker for the whole session; `WISMO_TEST_BROKER` chooses which."""
    with running_broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An embedded Redis for the whole session; tests flush what they use, or use keys of their own."""
    with embedded_services(tmp_path_factory.mktemp("redis"), kafka=False) as services:
        assert services.redis_url is not None
        yield services.redis_url


@pytest.fixture(autouse=True)
def _real_kafka_only(request: pytest.FixtureRequest) -> None:
    """Skip what only a real Kafka can show where none runs."""
    if request.node.get_closest_marker("kafka") is None:
        return
    running: Broker = request.getfixturevalue("broker")
    if running.kind == "embedded":
        pytest.skip(f"needs a real Kafka: the {running.kind} broker lacks {', '.join(sorted(running.lacks))}")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(_OURS) and not name.startswith("WISMO_TEST_"):
            monkeypatch.delenv(name)
