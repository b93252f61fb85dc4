"""Signatures are those of Standard Webhooks, proven against its library."""

import base64
import json
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from sinks.notifier.signing import InvalidSecretError, parse_secrets, sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + base64.b64encode(b"o" * 32).decode()


def test_the_published_vector() -> None:
    body = b'{"test": 2432232314}'
    signature = sign(parse_secrets(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("receiver", [SECRET, OTHER])
def test_while_a_secret_rotates_either_receiver_verifies(receiver: str) -> None:
    body, now = json.dumps({"type": "x"}).encode(), int(datetime.now(UTC).timestamp())
    signature = sign(parse_secrets(f"{OTHER}, {SECRET}"), "m1", now, body)
    headers = {"webhook-id": "m1", "webhook-timestamp": str(now), "webhook-signature": signature}
    assert Webhook(receiver).verify(body, headers) == {"type": "x"}


def test_the_library_refuses_what_another_secret_signed() -> None:
    now = int(datetime.now(UTC).timestamp())
    headers = {
        "webhook-id": "m1",
        "webhook-timestamp": str(now),
        "webhook-signature": sign(parse_secrets(OTHER), "m1", now, b"{}"),
    }
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(b"{}", headers)


@pytest.mark.parametrize("text", ["open-sesame", "whsec_???", "whsec_" + base64.b64encode(b"short").decode()])
def test_a_bad_secret_is_refused_and_never_shown(text: str) -> None:
    with pytest.raises(InvalidSecretError, match="secret 2") as caught:
        parse_secrets(f"{SECRET},{text}")
    assert text not in str(caught.value)


def test_an_id_with_a_dot_is_refused() -> None:
    with pytest.raises(ValueError, match="dot"):
        sign(parse_secrets(SECRET), "a.b", 1, b"")
