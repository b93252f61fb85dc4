"""Faust's producer, idempotent wherever the broker can be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from aiokafka.errors import KafkaConnectionError, KafkaError
from faust.transport.drivers import aiokafka as driver

log = logging.getLogger(__name__)

_PROBE_SECONDS = 20.0


class EngineProducer(driver.Producer):  # type: ignore[misc]
    """A producer that asks the broker once whether it can be idempotent."""

    idempotent: bool = True

    async def on_start(self) -> None:
        """Start idempotent, or without idempotence where the broker has no InitProducerId."""
        try:
            await self._start(idempotent=True)
        except KafkaError as error:
            if error.retriable or isinstance(error, KafkaConnectionError):
                raise  # no answer is not a no
            log.warning("broker cannot do idempotent writes (%r): retries may write a record twice", error)
            await self._start(idempotent=False)

    async def _start(self, *, idempotent: bool) -> None:
        self.idempotent = idempotent
        producer = self._producer = self._new_producer()
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                await producer.start()
        except BaseException:
            self._producer = None
            await producer.stop()
            raise
        await self.add_runtime_dependency(self.buffer)
        self.beacon.add(producer)

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True} if self.idempotent else {"acks": "all"}

    async def create_topic(self, topic: str, *_: Any, **__: Any) -> None:
        """Do nothing: topics are created outside, with their partitions and sizes."""
        log.debug("topic %s is expected to exist", topic)
