"""Amazon SP-API tracking: milestones, all of them in every notification.

A sub-code narrows its milestone: "delivered" to a locker is not delivery, REVERTED takes the milestone back, and
most others say why. A sub-code that nobody knows leaves the milestone its meaning.
"""

from typing import Final

from msgspec.structs import replace

from rules.normalize import times
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, parcel_scans
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import carrier, number
from rules.normalize.reading import fields, items, text
from rules.normalize.tables import Row, load_table
from schemas.facts import Scan

_NOTICE: Final = "shipmentTrackingMilestoneChangedNotification"
_DETAIL: Final = "$.trackingDetail"
_EVENT: Final = f"{_DETAIL}.milestoneHistory[]"
_NAMES: Final = ("aftn", "acsin", "containerNumber", "houseBillOfLadingNumber", "proNumber", "id")
_FLAGS: Final = {"refused": "refused", "lost": "lost"}


def milestones(body: Fields, source: str) -> tuple[Scan, ...]:
    """The scans of one notification, answer or batch of answers."""
    body = fields(body, _NOTICE) if _NOTICE in body else body
    details = items(body, "successes") or items(body, "trackingDetail")
    return tuple(one for detail in details for one in _history(detail, source))


def _history(detail: Fields, source: str) -> tuple[Scan, ...]:
    events = [*items(detail, "latestMilestone", _DETAIL), *items(detail, "milestoneHistory", _DETAIL)]
    if not events:
        return ()
    identifier = fields(detail, "identifier", _DETAIL)
    booked = fields(identifier, "carrierTracking", f"{_DETAIL}.identifier")
    who = carrier(text(booked, "carrierCode") or "") or source
    found = (text(identifier, name, f"{_DETAIL}.identifier") for name in _NAMES)
    written = text(booked, "trackingNumber") or next((one for one in found if one), None)
    parcel = Parcel(who, number(who, written, f"{_DETAIL}.identifier"), load_table("amazon").version)
    return parcel_scans(parcel, events, _milestone, newest_first=True, estimate=_estimate(detail).at)


def _milestone(event: Fields) -> Reading:
    status = fields(event, "status", _EVENT)
    code, narrow = text(status, "code", _EVENT), text(status, "subCode", _EVENT)
    address = fields(fields(event, "location", _EVENT), "address", _EVENT)
    where = place(text(address, "city"), text(address, "region"), None, text(address, "countryCode"))
    whole = "/".join(part for part in (code, narrow) if part) or None
    told = Told(whole, text(status, "description", _EVENT), times.iso(text(event, "occurredAt", _EVENT)), where)
    return told, _row(code, narrow)


def _row(code: str | None, narrow: str | None) -> Row | None:
    table = load_table("amazon")
    row = table.find(f"milestone:{code}") if code else None
    if row is None or narrow is None:
        return row
    exact = table.find(f"milestone:{code}/{narrow}")
    why = table.find(f"sub:{narrow}")
    if exact is not None or why is None:
        return exact or row
    if why.reason == "retraction":
        return replace(why, undoes=(row.state,)) if row.state else why
    # Only a milestone that is some trouble has a reason to be told more closely.
    return replace(row, reason=why.reason, flags=_flags(row, why.reason)) if row.reason and row.state else row


def _flags(row: Row, reason: str | None) -> tuple[str, ...]:
    kept = tuple(flag for flag in row.flags if flag not in _FLAGS.values())
    return (*kept, _FLAGS[reason]) if reason in _FLAGS else kept


def _estimate(detail: Fields) -> times.Moment:
    for told in items(detail, "trackingEstimates", _DETAIL):
        if text(told, "type", _DETAIL) == "ESTIMATED_DELIVERY_DATE":
            return times.iso(text(fields(told, "estimatedInterval", _DETAIL), "endTime", _DETAIL))
    return times.missing()
