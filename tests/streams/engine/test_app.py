"""What an app declares, and the settings it insists on."""

import asyncio
import logging
from types import SimpleNamespace

import faust
import pytest

from streams.engine.app import FAILED, EngineApp, changelog_topics
from streams.engine.ledger import Ledger
from streams.engine.tp import TP
from streams.engine.transport import probe_consumer


def app(**options) -> EngineApp:
    return EngineApp("shop", broker="kafka://127.0.0.1:1", **options)


def declare(one: EngineApp, topics, tables=(), name="agent") -> None:
    one.batch_agent(topics, lambda records, rows: [], tables=tables, name=name, poison=lambda record, error: [])


def test_changelog_topics_are_named_after_app_and_table() -> None:
    one = app()
    assert changelog_topics(one) == []
    one.batch_table("shipments")
    one.batch_table("due", ordered=True)
    assert changelog_topics(one) == ["shop-due-changelog", "shop-shipments-changelog"]


def test_a_topic_and_a_table_have_one_agent() -> None:
    one = app()
    table = one.batch_table("t")
    declare(one, ["a", "b"], [table])
    with pytest.raises(ValueError, match="topic b already belongs"):
        declare(one, ["b"], name="second")
    with pytest.raises(ValueError, match="table t already belongs"):
        declare(one, ["c"], [table], name="third")


def test_tables_are_not_written_directly() -> None:
    table = app().batch_table("t")
    with pytest.raises(TypeError, match="never directly"):
        table[b"k"] = b"v"
    with pytest.raises(TypeError, match="never directly"):
        del table[b"k"]


def test_settings_close_the_web_and_leave_topics_alone() -> None:
    conf = app().conf
    assert not conf.web_enabled and not conf.web_tables_enabled and not conf.web_router_enabled
    assert not conf.topic_allow_declare and conf.topic_disable_leader and not conf.autodiscover
    assert conf.broker_commit_interval == 1.0
    assert conf.producer_max_request_size == conf.consumer_max_fetch_size == 8 << 20
    assert (conf.table_standby_replicas, app(store="rocksdb://").conf.table_standby_replicas) == (0, 1)
    assert app(broker_commit_interval=0.1).conf.broker_commit_interval == 0.1


def test_a_failure_exits_with_a_code_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    codes: list[int] = []
    with caplog.at_level(logging.CRITICAL):
        app(exit_process=codes.append).fail("agent x", OSError("broker gone"))
    assert codes == [FAILED] == [70]
    assert "agent x: OSError('broker gone')" in caplog.text


def test_writing_waits_for_the_group_and_ends_with_the_epoch() -> None:
    async def scenario() -> None:
        one = app()
        tp = TP("a", 0)
        ledger = Ledger()
        ledger.open([tp])
        delivery = ledger.deliver(tp, 0, 9, ledger.epochs()[tp])
        lease = SimpleNamespace(is_fresh=False)
        one.consumer = SimpleNamespace(ledger=ledger, lease=lease)
        one.flow_control.resume()
        waiting = asyncio.ensure_future(one.may_write(delivery))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        lease.is_fresh = True
        assert await waiting is True
        one.flow_control.suspend()
        assert await one.may_write(delivery) is False
        one.flow_control.resume()
        lease.is_fresh = False
        waiting = asyncio.ensure_future(one.may_write(delivery))
        ledger.close([tp])
        assert await waiting is False

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("counts", "codes"),
    [
        ({"a": 4, "b": 4, "shop-t-changelog": 4}, []),
        ({"a": 4, "b": 4, "shop-t-changelog": 8}, [FAILED]),
        ({"a": 4, "b": 2, "shop-t-changelog": 4}, [FAILED]),
        ({"a": 4, "b": 4}, [FAILED]),
    ],
)
def test_topics_of_one_agent_have_one_partition_count(counts: dict[str, int], codes: list[int]) -> None:
    exits: list[int] = []
    one = app(exit_process=exits.append)
    declare(one, ["a", "b"], [one.batch_table("t")])
    one.consumer = SimpleNamespace(topic_partitions=counts.get)
    one.check_partitions()
    assert exits == codes


def test_the_probe_has_the_apps_credentials() -> None:
    async def scenario() -> None:
        credentials = faust.SASLCredentials(username="u", password="p", mechanism="PLAIN")
        client = probe_consumer(app(broker_credentials=credentials))
        assert client._client._security_protocol == "SASL_PLAINTEXT"
        assert client._client._sasl_plain_username == "u"
        await client.stop()

    asyncio.run(scenario())
