"""A scan carries a code that no table knows."""

from collections.abc import Iterator
from datetime import datetime

from rules.finding import Check, Evidence, Finding
from rules.policy import Policy
from rules.situation import Situation


def detect(shipment: Situation, now: datetime, policy: Policy) -> Finding | None:
    """Fire until every code is known: the state stays as it was, so it may be wrong."""
    unknown = [scan for scan in shipment.shipment.scans if not scan.mapped]
    if not unknown:
        return None
    codes = sorted({scan.code or scan.text or "no code" for scan in unknown})
    evidence = tuple(Evidence("unmapped_code", code) for code in codes[:10])
    return Finding(evidence, f"{len(codes)} codes", since=unknown[-1].happened, review="nobody knows this code")


def checks(shipment: Situation, now: datetime, policy: Policy) -> Iterator[Check]:
    """A scan that no table knows."""
    unknown = sorted({scan.code or scan.text or "no code" for scan in shipment.shipment.scans if not scan.mapped})
    yield Check("unmapped_codes", unknown[:10], "at least one", None, bool(unknown))
