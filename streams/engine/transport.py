"""Plugs the engine's consumer and producer into Faust."""

from __future__ import annotations

from typing import Any

from aiokafka import AIOKafkaConsumer
from faust.transport.drivers import aiokafka as driver

from streams.engine.consumer import EngineConsumer
from streams.engine.producer import EngineProducer


class EngineTransport(driver.Transport):  # type: ignore[misc]
    """Faust's aiokafka transport with the engine's two ends."""

    Consumer = EngineConsumer
    Producer = EngineProducer


def probe_consumer(app: Any) -> AIOKafkaConsumer:
    """Return a client without a group, with the app's broker and credentials, not started."""
    transport = app.transport
    return AIOKafkaConsumer(
        bootstrap_servers=driver.server_list(transport.url, transport.default_port),
        client_id=f"{app.conf.broker_client_id}-probe",
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=int(app.conf.broker_request_timeout * 1000),
        # At the end of a log there may be nothing to read: then the watermark comes after this.
        fetch_max_wait_ms=100,
        **driver.credentials_to_aiokafka_auth(app.conf.broker_credentials, app.conf.ssl_context),
    )
