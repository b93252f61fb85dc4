"""Two scans of one parcel cannot both be true, or it was delivered where its order does not go."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding
from rules.policy import Policy
from rules.situation import Situation
from rules.whereabouts import delivered_astray
from schemas.codec import rfc3339


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire while a contradiction stands: until it arrives again or the carrier takes a scan back."""
    found, astray = shipment.life.contradictions, delivered_astray(shipment)
    if not found and astray is None:
        return None
    evidence = [Evidence(one.name, f"{one.scan} at {rfc3339(one.at)}") for one in found]
    if astray is not None:
        evidence.append(Evidence("delivered_astray", *astray))
    told = (*evidence, Evidence("state_kept", shipment.life.state))
    since = found[-1].at if found else shipment.life.state_at
    return Finding(told, f"{len(evidence)} found", since=since, review="the scans contradict each other")


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """A contradiction that stands."""
    found = [one.name for one in shipment.life.contradictions]
    found += ["delivered_astray"] if delivered_astray(shipment) else []
    yield Check("contradictions", found, "at least one", None, bool(found))
