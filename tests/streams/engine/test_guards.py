"""The engine starts on the Faust it was written against and on no other."""

import pytest

from streams.engine.errors import UpstreamChanged
from streams.engine.guards import HASHES, VERSIONS, check_upstream, digest


def test_the_installed_packages_are_the_known_ones() -> None:
    check_upstream()


def test_a_changed_method_is_named() -> None:
    path = "faust.tables.recovery:Recovery.on_recovery_completed"
    with pytest.raises(UpstreamChanged, match=f"{path} has changed"):
        check_upstream(hashes={**HASHES, path: "0" * 16})


def test_a_method_that_is_gone_is_named() -> None:
    with pytest.raises(UpstreamChanged, match="Recovery.was_renamed has changed"):
        check_upstream(hashes={"faust.tables.recovery:Recovery.was_renamed": "0" * 16})


def test_another_version_is_named() -> None:
    with pytest.raises(UpstreamChanged, match="aiokafka 0.14.0 is installed, 0.15.0 is known"):
        check_upstream(versions={**VERSIONS, "aiokafka": "0.15.0"})


def test_a_patched_method_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from faust.transport.consumer import Consumer

    monkeypatch.setattr(Consumer, "perform_seek", lambda self: None)
    with pytest.raises(UpstreamChanged, match="Consumer.perform_seek has changed"):
        check_upstream()


@pytest.mark.parametrize("path", sorted(HASHES))
def test_every_guarded_method_is_found(path: str) -> None:
    assert len(digest(path)) == 16


def test_every_override_is_guarded() -> None:
    from streams.engine import app, consumer, producer, recovery, schema, tables

    guarded = {path.rsplit(".", 1)[1] for path in HASHES}
    engine = [
        app.EngineApp,
        consumer.EngineConsumer,
        consumer.EngineThread,
        producer.EngineProducer,
        recovery.EngineRecovery,
        recovery.EngineTables,
        schema.BatchSchema,
        tables.BatchTable,
    ]
    missing = {
        f"{cls.__name__}.{name}"
        for cls in engine
        for name, member in vars(cls).items()
        if (callable(member) or isinstance(member, property))
        and not name.startswith("__")
        and any(name in vars(base) for base in cls.__mro__[1:-1] if base.__module__.startswith(("faust", "mode")))
        and name not in guarded
    }
    assert missing == set()
