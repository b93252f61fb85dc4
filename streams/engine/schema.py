"""Passes batches through Faust's decoding untouched: bytes are parsed by handlers only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import faust


class BatchSchema(faust.Schema):  # type: ignore[misc]
    """A schema that decodes nothing, so no record can fail before a handler sees it."""

    def compile(self, app: Any, **_: Any) -> Callable[..., Awaitable[Any]]:
        """Return a decoder that wraps a message's batch into an event."""

        async def decode(message: Any, *, propagate: bool = False) -> Any:
            return app.create_event(None, message.value, None, message)

        return decode
