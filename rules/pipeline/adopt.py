"""Reused numbers: what is told of the number alone belongs to one of the parcels under it."""

from datetime import datetime

from msgspec.structs import replace

from rules.lifecycle import REUSED
from rules.state import Shipment
from schemas.facts import ScansFact


def begins(fact: ScansFact) -> datetime:
    """When the scans of a message begin."""
    return min((scan.occurred_at for scan in fact.scans if scan.occurred_at), default=fact.now)


def ends(fact: ScansFact) -> datetime:
    """When they end."""
    return max((scan.occurred_at for scan in fact.scans if scan.occurred_at), default=fact.now)


def heir(placeholder: Shipment, fact: ScansFact) -> Shipment | None:
    """The parcel as it begins where its scans were told of the number alone until now; None where they are older.

    Its events are a new subject's; orders and tickets find their parcel by themselves. What customers were told
    stays told, and milestones that wait go on waiting.
    """
    if not placeholder.scans or begins(fact) - placeholder.scans[-1].at > REUSED:
        return None
    sent = {"/".join(one.key.rsplit("/", 3)[1:]) for one in placeholder.sent}
    return replace(
        placeholder,
        shipment_id=fact.shipment_id,
        linked_by=None,
        order=None,
        parcel=None,
        order_rank=None,
        tickets={},
        cases={},
        suppressed={},
        sequences={},
        pending=[message for message in placeholder.pending if message.case_id is None],
        told=[one for one in placeholder.told if one in sent or one.startswith("milestone/")],
        last_update_id=None,
        next_due=None,
        forget_at=None,
    )
