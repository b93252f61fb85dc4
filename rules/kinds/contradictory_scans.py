"""Two scans of one parcel cannot both be true."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding
from rules.policy import Policy
from rules.situation import Situation
from schemas.codec import rfc3339


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire while a contradiction stands: until it arrives again or the carrier takes a scan back."""
    found = shipment.life.contradictions
    if not found:
        return None
    evidence = tuple(Evidence(one.name, f"{one.scan} at {rfc3339(one.at)}") for one in found)
    state = Evidence("state_kept", shipment.life.state)
    return Finding(
        (*evidence, state), f"{len(found)} found", since=found[-1].at, review="the scans contradict each other"
    )


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """A contradiction that stands."""
    found = [one.name for one in shipment.life.contradictions]
    yield Check("contradictions", found, "at least one", None, bool(found))
