"""The Faust settings the engine runs with, and why they differ from the defaults."""

from __future__ import annotations

from typing import Any

# A raw message may have 6 MiB; requests and fetches have to be larger than any message.
MAX_REQUEST_BYTES = 8 << 20


def engine_settings(*, store: str) -> dict[str, Any]:
    """Return Faust settings for a store, memory:// or rocksdb://; callers may override them."""
    return {
        "store": store,
        "autodiscover": False,
        "processing_guarantee": "at_least_once",
        # Topics are created outside, all with one partition count.
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        # A standby in memory would be read again from the start at each rebalance.
        "table_standby_replicas": 0 if store.startswith("memory") else 1,
        **_consuming(),
        **_producing(),
        **_closed_web(),
    }


def _consuming() -> dict[str, Any]:
    return {
        "broker_commit_interval": 1.0,
        "broker_session_timeout": 15.0,
        "broker_heartbeat_interval": 3.0,
        "broker_rebalance_timeout": 60.0,
        "broker_request_timeout": 90.0,
        "broker_max_poll_interval": 300.0,
        # The largest batch: all it leads to is in memory until it is acked.
        "broker_max_poll_records": 1000,
        "consumer_auto_offset_reset": "earliest",
        "consumer_max_fetch_size": MAX_REQUEST_BYTES,
        "stream_wait_empty": True,
        "stream_publish_on_commit": False,
        # Counts batches. The engine holds back a partition long before, one by one.
        "stream_buffer_maxsize": 4096,
    }


def _producing() -> dict[str, Any]:
    return {
        "producer_acks": -1,
        "producer_linger": 0.005,
        "producer_max_batch_size": 256 << 10,
        "producer_max_request_size": MAX_REQUEST_BYTES,
        # Sends are awaited: a broker that is gone has to fail them soon, not in 20 minutes.
        "producer_request_timeout": 60.0,
        "producer_threaded": False,
    }


def _closed_web() -> dict[str, Any]:
    return {
        "web_enabled": False,
        "web_bind": "127.0.0.1",
        "web_tables_enabled": False,
        "web_router_enabled": False,
        "web_graph_enabled": False,
        "web_stats_enabled": False,
        "debug": False,
    }
