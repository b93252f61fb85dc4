"""Fixtures that every test may use."""

import os
from collections.abc import Iterator

import pytest

from cli.embedded import embedded_services
from tests.brokers import Broker, running_broker

# Nothing of the caller's shell decides a test.
_OURS = ("WISMO_", "KAFKA_", "REDIS_URL")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses a broker, so that `-m "not broker"` is always the whole truth."""
    for item in items:
        if "broker" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.broker)


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
