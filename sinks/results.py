"""What a sink says of a record: delivered, failed or skipped, why, and whether trying again can help."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a delivery ended."""

    DELIVERED = "delivered"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """How a delivery ended, and why."""

    outcome: Outcome
    reason: str = ""
    """A word fit for a metric's label: of a small closed set, never data of a customer."""
    retryable: bool = False
    """Whether the same attempt may succeed later."""
    retry_after: float | None = None
    """Seconds that the other side asks us to wait; None: as the retry schedule says."""
    aside: bool = False
    """Where it is to be tried again: the records behind it need not wait for that."""
    detail: str = ""
    """For people: what happened, where, what to do. Holds no customer data."""


def delivered(reason: str = "") -> DeliveryResult:
    """It arrived."""
    return DeliveryResult(Outcome.DELIVERED, reason)


def skipped(reason: str) -> DeliveryResult:
    """There was nothing to deliver, or it was delivered before."""
    return DeliveryResult(Outcome.SKIPPED, reason)


def refused(reason: str, detail: str = "") -> DeliveryResult:
    """It failed, and no repetition will help."""
    return DeliveryResult(Outcome.FAILED, reason, detail=detail)


def try_again(reason: str, detail: str = "", after: float | None = None) -> DeliveryResult:
    """It failed, or has to wait, and may succeed later."""
    return DeliveryResult(Outcome.FAILED, reason, retryable=True, retry_after=after, detail=detail)
