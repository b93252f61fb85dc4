"""Refuses to start on a Faust or aiokafka whose replaced methods are not the known ones."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version
from typing import Any

from streams.engine.errors import UpstreamChanged

VERSIONS: Mapping[str, str] = {
    "faust-streaming": "0.15.3",
    "mode-streaming": "0.7.1",
    "aiokafka": "0.14.0",
}

# What the engine overrides, and what it relies on to behave as it was read.
HASHES: Mapping[str, str] = {
    "faust.app.base:App.on_first_start": "ec655d9c223403cc",
    "faust.app.base:App._new_transport": "42db531312dd776f",
    "faust.app.base:App._new_producer_transport": "eb3b4aa6a8961275",
    "faust.app.base:App._on_partitions_revoked": "d5c895bbe57dc73a",
    "faust.app.base:App._on_partitions_assigned": "de932b7927db85b3",
    "faust.app.base:App._stop_consumer": "55854a5de12c3f52",
    "faust.serializers.schemas:Schema.compile": "d46eec5ce3195b2c",
    "faust.stores.memory:Store.__post_init__": "e59c82f3785458b2",
    "faust.stores.memory:Store.on_recovery_completed": "a00bef343e139602",
    "faust.stores.rocksdb:Store._db_for_partition": "cb7e67d5f9efc4bc",
    "faust.stores.rocksdb:Store.on_rebalance": "38357aed5b7fc777",
    "faust.stores.rocksdb:Store.revoke_partitions": "3f85447a24fc34ff",
    "faust.stores.rocksdb:Store.assign_partitions": "34dc27ace6dd9160",
    "faust.tables.base:Collection.apply_changelog_batch": "b980a78d3ae9b1e8",
    "faust.tables.base:Collection.persisted_offset": "d473d3ab3fd6f036",
    "faust.tables.base:Collection.on_rebalance": "0812ad692171a8fd",
    "faust.tables.base:Collection.on_recovery_completed": "b1526fb39ea0e77e",
    "faust.tables.manager:TableManager.recovery": "f0bf5de78b4c3d23",
    "faust.tables.manager:TableManager.changelog_queue": "9c7f4cac57ef1706",
    "faust.tables.manager:TableManager.on_rebalance": "2d2c23a07bf54328",
    "faust.tables.recovery:Recovery._add": "1584a197b11bf835",
    "faust.tables.recovery:Recovery.on_rebalance": "aa4d997a1795ceae",
    "faust.tables.recovery:Recovery.on_recovery_completed": "6ef567acf072e46d",
    "faust.tables.recovery:Recovery._resume_streams": "d986a6710c1aca98",
    "faust.tables.recovery:Recovery._restart_recovery": "6bd8a8558a2dffe4",
    "faust.tables.recovery:Recovery._slurp_changelogs": "7825c7e50f766d5a",
    "faust.tables.recovery:Recovery._build_highwaters": "91b4cc0d3724ae7b",
    "faust.tables.recovery:Recovery._seek_offsets": "19598ca63d94d250",
    "faust.transport.consumer:Consumer.getmany": "4b168d84882a70d6",
    "faust.transport.consumer:Consumer._wait_next_records": "6218e1969a636b3f",
    "faust.transport.consumer:Consumer._drain_messages": "44a2500309e83c63",
    "faust.transport.consumer:Consumer.perform_seek": "0e8c130ff4b0afd8",
    "faust.transport.consumer:Consumer.seek": "b86a9fe05f956b30",
    "faust.transport.consumer:Consumer.on_partitions_revoked": "d04b7ae72c6fc206",
    "faust.transport.consumer:Consumer.on_partitions_assigned": "29ce96596f05a18c",
    "faust.transport.consumer:Consumer.ack": "5fcf41cf45153475",
    "faust.transport.consumer:Consumer._filter_tps_with_pending_acks": "f6f9239774234e7e",
    "faust.transport.consumer:Consumer._filter_committable_offsets": "dc5e9baf5d994485",
    "faust.transport.consumer:Consumer._commit_offsets": "1a69799041188441",
    "faust.transport.consumer:Consumer._new_offset": "1d2c7ea89a7ad4f1",
    "faust.transport.consumer:Consumer.wait_empty": "e4662fe24f094819",
    "faust.transport.consumer:Consumer.on_stop": "45b1d2210ce2b526",
    "faust.transport.consumer:ThreadDelegateConsumer._getmany": "f9d47aa9010b5ff2",
    "faust.transport.consumer:ThreadDelegateConsumer._commit": "a20eec84e4b2ed50",
    "faust.transport.consumer:ThreadDelegateConsumer.seek_wait": "e9db5bbc4ceb2543",
    "faust.transport.consumer:ThreadDelegateConsumer.highwaters": "3a2723b22582ffb7",
    "faust.transport.consumer:ThreadDelegateConsumer.assignment": "58f5bf9281fb8ef9",
    "faust.transport.drivers.aiokafka:Consumer._new_consumer_thread": "0870ec53dea75083",
    "faust.transport.drivers.aiokafka:Consumer._to_message": "7c24f6511b2fcef7",
    "faust.transport.drivers.aiokafka:Consumer.verify_event_path": "a17e8f0610e1abcb",
    "faust.transport.drivers.aiokafka:Consumer.create_topic": "7e02a95e25ad8482",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.topic_partitions": "8e5084fa9734ed33",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.seek_to_committed": "775ab0adc4b052ab",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._seek_wait": "9d221e816d940467",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._fetch_records": "39a2c6c79fc1455a",
    "faust.transport.drivers.aiokafka:Producer.on_start": "219c9a7a785d77b2",
    "faust.transport.drivers.aiokafka:Producer._settings_extra": "a4c7bc41b6382223",
    "faust.transport.drivers.aiokafka:Producer._new_producer": "e72355c3430ed02f",
    "faust.transport.drivers.aiokafka:Producer.create_topic": "d2d406c4b9a44be7",
    "aiokafka.consumer.fetcher:Fetcher.fetched_records": "be4348896b9b66af",
    "aiokafka.consumer.fetcher:FetchResult.check_assignment": "b5340df67e3f330f",
    "aiokafka.producer.message_accumulator:BatchBuilder.append": "657d76f55157d9ca",
    "aiokafka.producer.message_accumulator:MessageAccumulator.add_batch": "5ed1c5b1367ad854",
    "aiokafka.producer.producer:AIOKafkaProducer.send_batch": "bf42b0f0c5c0646d",
}


def digest(path: str) -> str:
    """Return the hash of the source of `module:Class.method`."""
    module, _, name = path.partition(":")
    found: Any = import_module(module)
    for part in name.split("."):
        found = inspect.getattr_static(found, part)
    # Properties and mode's service tasks wrap the function whose source counts.
    found = getattr(found, "fget", getattr(found, "fun", found))
    return hashlib.sha256(inspect.getsource(found).encode()).hexdigest()[:16]


def check_upstream(versions: Mapping[str, str] = VERSIONS, hashes: Mapping[str, str] = HASHES) -> None:
    """Compare what is installed with what the engine replaces.

    Raises:
        UpstreamChanged: naming each package or method that differs.
    """
    wrong = [
        f"{name} {version(name)} is installed, {known} is known"
        for name, known in versions.items()
        if version(name) != known
    ]
    wrong += [f"{path} has changed" for path, known in hashes.items() if _digest_or_none(path) != known]
    if wrong:
        raise UpstreamChanged(
            "the engine replaces methods it no longer knows; compare them and renew"
            f" streams/engine/guards.py: {'; '.join(wrong)}"
        )


def _digest_or_none(path: str) -> str | None:
    try:
        return digest(path)
    except (AttributeError, ImportError, TypeError, OSError):
        return None
