"""The webhook speaks Standard Webhooks and judges answers; the log channel tells ids only."""

import json
import logging
import time
from collections.abc import Iterator

import pytest
from standardwebhooks.webhooks import Webhook

from schemas.dead_letters import Source
from sinks.notifier.channels import LogChannel, WebhookChannel, retry_after
from sinks.notifier.egress import Rules
from sinks.notifier.notices import Notice, read_notice
from sinks.notifier.signing import parse_secrets
from sinks.results import Outcome
from tests.sinks.notifier.receiver import Receiver, receiving
from tests.sinks.samples import Log

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SHIPMENT = "ups:1Z999AA10123456784"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def channel(url: str, timeout: float = 5.0, *, private: bool = True) -> WebhookChannel:
    return WebhookChannel(url, parse_secrets(SECRET), Rules(allow_private=private), timeout)


def notice(record: Source | None = None) -> Notice:
    return read_notice(record or Log().case("support", SHIPMENT, "c1"))


def test_a_receiver_verifies_it_with_the_library(receiver: Receiver) -> None:
    told = notice()
    assert channel(receiver.url).send(told).outcome is Outcome.DELIVERED
    [(headers, body)] = receiver.got
    verified = Webhook(SECRET).verify(body, headers)
    assert set(verified) == {"type", "timestamp", "data"}
    assert verified["type"] == "wismo.exception.opened"
    assert verified["timestamp"] == told.event.occurred_at
    assert verified["data"] == json.loads(told.body)
    assert headers["webhook-id"] == headers["idempotency-key"] == told.event.event_id


def test_a_retry_keeps_id_and_bytes_and_renews_the_timestamp(receiver: Receiver) -> None:
    sender, clock = channel(receiver.url), iter([1000.0, 2000.0])
    sender.clock = lambda: next(clock)
    told = notice()
    sender.send(told)
    sender.send(told)
    (first, one), (second, two) = receiver.got
    assert one == two
    assert first["webhook-id"] == second["webhook-id"]
    assert (first["webhook-timestamp"], second["webhook-timestamp"]) == ("1000", "2000")
    assert first["webhook-signature"] != second["webhook-signature"]


def test_a_message_is_known_by_its_idempotency_key_and_its_trace_goes_on(receiver: Receiver) -> None:
    record = Log().message(SHIPMENT, "m1", idempotency_key="main/1Z/promise/1")
    traced = Source(
        topic=record.topic, partition=0, offset=0, timestamp=0, value=record.value,
        headers=(("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),),
    )  # fmt: skip
    channel(receiver.url).send(notice(traced))
    [(headers, body)] = receiver.got
    assert headers["webhook-id"] == "main/1Z/promise/1"
    assert headers["traceparent"].startswith("00-0af7651916cd43dd")
    assert json.loads(body)["type"] == "wismo.customer_message.send"


def test_a_key_that_no_header_could_hold_is_hashed() -> None:
    record = Log().message(SHIPMENT, "m1", idempotency_key="shop.example/1Z\r\nX-Evil: 1")
    assert notice(record).key.isalnum()


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_what_may_pass_is_retryable(receiver: Receiver, status: int) -> None:
    receiver.status = status
    assert channel(receiver.url).send(notice()).retryable


@pytest.mark.parametrize("status", [400, 401, 404, 422, 301, 302, 307])
def test_what_will_not_pass_is_refused(receiver: Receiver, status: int) -> None:
    receiver.status = status
    receiver.headers = {"Location": "http://127.0.0.1:1/internal"}
    result = channel(receiver.url).send(notice())
    assert (result.outcome, result.retryable) == (Outcome.FAILED, False)
    assert result.reason == f"http_{status // 100}xx"
    assert receiver.paths == ["/hook"], "a redirect must not be followed"


def test_retry_after_is_honoured(receiver: Receiver) -> None:
    receiver.status, receiver.headers = 429, {"Retry-After": "17"}
    assert channel(receiver.url).send(notice()).retry_after == 17.0


def test_gone_disables_the_endpoint_and_holds_everything(receiver: Receiver) -> None:
    receiver.status = 410
    sender = channel(receiver.url)
    assert sender.held() is None
    assert sender.check().ok
    assert sender.send(notice()).reason == "endpoint_disabled"
    held = sender.held()
    assert held is not None
    assert held.retryable
    assert not sender.check().ok
    assert "WISMO_WEBHOOK_URL" in sender.check().reason


def test_loopback_is_forbidden_unless_allowed(receiver: Receiver) -> None:
    result = channel(receiver.url, private=False).send(notice())
    assert (result.reason, result.retryable, receiver.got) == ("forbidden_address", False, [])


def test_a_name_that_rebinds_is_still_checked() -> None:
    sender = channel("https://hooks.example/", private=False)
    sender.resolve = lambda *_: ["169.254.169.254"]
    assert sender.send(notice()).reason == "forbidden_address"


def test_nobody_there_is_retryable() -> None:
    assert channel("http://127.0.0.1:9/").send(notice()).reason == "unreachable"


def test_one_that_drips_is_cut_off(receiver: Receiver) -> None:
    receiver.drip = 0.1
    began = time.monotonic()
    assert channel(receiver.url, timeout=0.5).send(notice()).retryable
    assert time.monotonic() - began < 2.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None), ("", None), ("12", 12.0), ("999999999", 86_400.0), ("soon", None),
        ("Thu, 01 Jan 1970 00:20:00 GMT", 200.0), ("Thu, 01 Jan 1970 00:00:01 GMT", 0.0),
    ],
)  # fmt: skip
def test_retry_after_in_both_forms(text: str | None, expected: float | None) -> None:
    assert retry_after(text, 1000.0) == expected


def test_the_log_line_names_the_case_and_no_whole_tracking_number(caplog: pytest.LogCaptureFixture) -> None:
    record = Log().case("support", SHIPMENT, "c1", customer_id="C-77", order_id="A-1")
    with caplog.at_level(logging.INFO, "wismo.deliveries"):
        logging.getLogger("wismo.deliveries").propagate = True
        assert LogChannel().send(notice(record)).outcome is Outcome.DELIVERED
    line = json.loads(caplog.messages[-1])
    assert (line["case_id"], line["owner"], line["subject"]) == ("c1", "support", "ups:…6784")
    assert "1Z999AA10123456784" not in caplog.text
    assert "C-77" not in caplog.text
