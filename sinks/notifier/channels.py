"""The channels: a signed webhook, and a line of JSON in the log."""

import http.client
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Protocol

import orjson

from schemas.codec import dumps
from sinks.health import Check
from sinks.notifier.egress import ForbiddenAddressError, Resolve, Response, Rules, checked_target, lookup, post
from sinks.notifier.notices import Notice
from sinks.notifier.signing import sign
from sinks.results import DeliveryResult, delivered, refused, try_again

_LINES: Final = logging.getLogger("wismo.deliveries")
_GONE: Final = 410
_MAY_PASS: Final = frozenset({408, 425, 429})
_LONGEST_ASKED: Final = 86_400.0
_PAUSE_WHEN_DISABLED: Final = 60.0


class Channel(Protocol):
    """A way to tell somebody."""

    @property
    def name(self) -> str:
        """The label it has in metrics, receipts and the ledger."""

    def send(self, notice: Notice) -> DeliveryResult:
        """Try once."""

    def held(self) -> DeliveryResult | None:
        """Why nothing can be sent at all, before anything is tried; None where it can."""

    def check(self) -> Check:
        """Whether it is fit to be used."""


class LogChannel:
    """Writes one line of JSON a notification. Ids only: a log is no place for tracking numbers and customers."""

    name = "log"

    def send(self, notice: Notice) -> DeliveryResult:
        """Write the line."""
        event = notice.event
        line = {
            "type": notice.type, "id": notice.key, "case_id": event.case_id, "message_id": event.message_id,
            "owner": event.owner, "kind": event.kind, "severity": event.severity, "change": event.change,
            "due_by": event.due_by, "subject": masked(event.shipment_id or event.subject_id or ""),
            "messages": list(notice.letter) if len(notice.letter) > 1 else None,
        }  # fmt: skip
        _LINES.info("%s", dumps({name: value for name, value in line.items() if value}).decode())
        return delivered()

    def held(self) -> DeliveryResult | None:
        """Never."""
        return None

    def check(self) -> Check:
        """Always."""
        return Check(True)


@dataclass(slots=True)
class WebhookChannel:
    """Posts each notification to one address, signed."""

    url: str
    secrets: tuple[bytes, ...]
    rules: Rules
    timeout: float
    resolve: Resolve = lookup
    clock: Callable[[], float] = time.time
    name: str = "webhook"
    _disabled: str = field(default="", init=False)

    def send(self, notice: Notice) -> DeliveryResult:
        """Resolve, check, sign and post; whatever the other side or the network does is a result."""
        body = webhook_body(notice)
        try:
            target = checked_target(self.url, self.rules, self.resolve)
            response = post(target, self._headers(notice, body), body, self.timeout)
        except ForbiddenAddressError as error:
            return refused("forbidden_address", str(error))
        except TimeoutError:
            return try_again("timeout", f"no answer within {self.timeout:g} s")
        except (OSError, http.client.HTTPException) as error:
            return try_again("unreachable", f"{type(error).__name__}: {error}")
        return self._judge(response)

    def held(self) -> DeliveryResult | None:
        """Everything waits once the address said that it is gone: nothing is lost while somebody mends it."""
        return try_again("endpoint_disabled", self._disabled, _PAUSE_WHEN_DISABLED) if self._disabled else None

    def check(self) -> Check:
        """Whether the address is still there."""
        return Check(not self._disabled, self._disabled)

    def _headers(self, notice: Notice, body: bytes) -> dict[str, str]:
        now = int(self.clock())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "wismo",
            "webhook-id": notice.key,
            "webhook-timestamp": str(now),
            "Idempotency-Key": notice.key,
        }
        if self.secrets:
            headers["webhook-signature"] = sign(self.secrets, notice.key, now, body)
        if notice.trace:
            headers["traceparent"] = notice.trace
        return headers

    def _judge(self, response: Response) -> DeliveryResult:
        status = response.status
        if 200 <= status < 300:
            return delivered()
        told = f"the endpoint answered {status}"
        if status == _GONE:
            self._disabled = f"{told} (gone): set WISMO_WEBHOOK_URL anew and restart"
            return try_again("endpoint_disabled", self._disabled, _PAUSE_WHEN_DISABLED)
        if status in _MAY_PASS or status >= 500:
            after = retry_after(response.headers.get("retry-after"), self.clock())
            return try_again(f"http_{status // 100}xx", told, after)
        return refused(f"http_{status // 100}xx", told)


def webhook_body(notice: Notice) -> bytes:
    """`type`, `timestamp` of the event and the event itself, byte for byte, so that retries sign the same."""
    return dumps({"type": notice.type, "timestamp": notice.event.occurred_at, "data": orjson.Fragment(notice.body)})


def retry_after(text: str | None, now: float) -> float | None:
    """Seconds that a `retry-after` header asks for, in either of its forms, at most a day."""
    if not text:
        return None
    if text.strip().isdecimal():
        return min(float(text), _LONGEST_ASKED)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (aware - datetime.fromtimestamp(now, UTC)).total_seconds()), _LONGEST_ASKED)


def masked(subject: str) -> str:
    """A shipment id with only the end of its number."""
    carrier, colon, number = subject.partition(":")
    return f"{carrier}:…{number[-4:]}" if colon else subject
