"""Signatures of webhooks as Standard Webhooks 1.0.0 has them: symmetric, several at once while a secret rotates."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = range(24, 65)


class InvalidSecretError(ValueError):
    """A webhook secret cannot be used; the message never shows it."""


def parse_secrets(text: str) -> tuple[bytes, ...]:
    """Read comma-separated `whsec_<base64>` secrets; raises `InvalidSecretError`."""
    return tuple(_secret(part.strip(), number) for number, part in enumerate(text.split(","), start=1) if part.strip())


def sign(secrets: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header: one signature a secret, so that the receiver may know either."""
    if "." in message_id:
        # The signed content is joined with dots: an id with one could be moved into the timestamp.
        raise ValueError(f"webhook id {message_id!r} holds a dot; use another separator")
    content = f"{message_id}.{timestamp}.".encode() + body
    digests = (hmac.new(secret, content, hashlib.sha256).digest() for secret in secrets)
    return " ".join("v1," + base64.b64encode(digest).decode() for digest in digests)


def _secret(text: str, number: int) -> bytes:
    if not text.startswith(PREFIX):
        raise InvalidSecretError(f"WISMO_WEBHOOK_SECRETS: secret {number} does not begin with {PREFIX}")
    try:
        secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise InvalidSecretError(f"WISMO_WEBHOOK_SECRETS: secret {number} is not base64 after {PREFIX}") from None
    if len(secret) not in _SECRET_BYTES:
        raise InvalidSecretError(f"WISMO_WEBHOOK_SECRETS: secret {number} has {len(secret)} bytes; 24 to 64 are needed")
    return secret
