"""Events on `shipment-updates` and `shipments`: one for each scan, and the latest state for boards and subscribers."""

from typing import Any

from rules.classes import class_of, class_of_state
from rules.emission import Draft
from rules.state import Case, Lifecycle, Seen
from schemas.facts import Scan
from schemas.words import SHIPMENT_UPDATES, SHIPMENTS


def emit_update(draft: Draft, scan: Scan, seen: Seen, before: Lifecycle) -> str:
    """Tell of one new scan; the current state is that after it, and stays as it was where the scan changes nothing."""
    life = draft.shipment.life
    location = scan.location
    fields: dict[str, Any] = {
        "previous_state": before.state,
        "class": class_of(seen, before, draft.situation),
        "flags": list(life.flags),
        "direction": life.direction,
        "service_level": draft.situation.service_level,
        "code": scan.code,
        "description": scan.description,
        "scan_state": scan.state,
        "scan_reason": scan.reason,
        "mapped": scan.mapped,
        "mapping_version": scan.mapping_version,
        "location": None if location is None else _place(location),
        "time_quality": scan.time_quality,
        "raw_time": scan.raw_time,
        "scan_id": scan.scan_id,
        "linked_by": "shipment_id",
        "estimated_delivery_at": scan.estimated_delivery_at,
        "imported": draft.imported,
        "policy_version": draft.policy.version,
    }
    return draft.emit(SHIPMENT_UPDATES, "wismo.shipment.updated", seen.happened, f"{seen.id}/{seen.mapped}", fields)


def emit_moved(draft: Draft, before: Lifecycle, linked_by: str) -> str:
    """Tell of a state that moved without a scan: the order says another direction, so the same scans mean another."""
    life = draft.shipment.life
    fields: dict[str, Any] = {
        "previous_state": before.state,
        "class": class_of_state(draft.situation),
        "flags": list(life.flags),
        "direction": life.direction,
        "service_level": draft.situation.service_level,
        **dict.fromkeys(("code", "scan_state", "scan_reason", "mapping_version", "location", "raw_time", "scan_id")),
        "description": f"the order says that this parcel goes {life.direction}",
        "mapped": True,
        "time_quality": life.state_quality,
        "linked_by": linked_by,
        "estimated_delivery_at": None,
        "imported": draft.imported,
        "policy_version": draft.policy.version,
    }
    marker = f"{life.direction}/{life.state}"
    return draft.emit(SHIPMENT_UPDATES, "wismo.shipment.updated", life.state_at or draft.heard, marker, fields)


def emit_state(draft: Draft) -> None:
    """Publish the latest state of a parcel; enough for a board to show and sort by."""
    shipment, situation = draft.shipment, draft.situation
    if shipment.subject != "shipment":
        return
    life, last = shipment.life, shipment.scans[-1] if shipment.scans else None
    zone, basis = situation.zone
    fields: dict[str, Any] = {
        "flags": list(life.flags),
        "direction": life.direction,
        "class": class_of_state(situation),
        "service_level": situation.service_level,
        "estimated_delivery_at": life.estimated_at,
        "promise_ends_at": situation.promise_end,
        "promise_zone": zone.key if situation.promise_end else None,
        "promise_zone_basis": basis if situation.promise_end else None,
        "state_since": life.state_at,
        "last_scan": None if last is None else _last_scan(last),
        "first_possession_at": life.possessed_at,
        "last_movement_at": life.moved_at,
        "delivered_at": life.delivered_at,
        "attempts": situation.attempts,
        "contradictions": [one.name for one in life.contradictions],
        "cases": [_summary(case) for case in _open(draft)],
        "suppressed_cases": _suppressed(draft),
        "open_tickets": list(situation.open_tickets),
        "order": _order(draft),
        "linked_by": shipment.linked_by,
        "counters": _counters(draft),
        "policy_version": draft.policy.version,
    }
    draft.emit(SHIPMENTS, "wismo.shipment.state", last.happened if last else draft.heard, "state", fields)


def _open(draft: Draft) -> list[Case]:
    return [case for case in draft.shipment.cases.values() if case.is_open]


def _place(location: Any) -> dict[str, Any]:
    return {name: getattr(location, name) for name in ("city", "region", "postal_code", "country")}


def _last_scan(last: Seen) -> dict[str, Any]:
    return {
        "occurred_at": last.happened,
        "received_at": last.heard,
        "state": last.state,
        "code": last.code,
        "description": last.text,
        "place": last.place,
    }


def _summary(case: Case) -> dict[str, Any]:
    names = "case_id kind owner assignee severity score posture next_action due_by opened_at hidden_by".split()
    return {**{name: getattr(case, name) for name in names}, "needs_review": case.needs_review}


def _suppressed(draft: Draft) -> list[dict[str, Any]]:
    found = draft.shipment.suppressed
    return [{"kind": kind, "hidden_by": one.hidden_by, "since": one.since} for kind, one in found.items()]


def _order(draft: Draft) -> dict[str, Any] | None:
    order = draft.shipment.order
    if order is None:
        return None
    return {
        "value": None if order.value is None else {"amount": order.value.amount, "currency": order.value.currency},
        "tier": order.customer.tier if order.customer else None,
        "channel": order.channel,
        "needed_by": order.needed_by,
        "replacement_for": order.replacement_for,
        "country": order.destination.country if order.destination else None,
        "region": order.destination.region if order.destination else None,
        "cancelled_at": order.cancelled_at,
    }


def _counters(draft: Draft) -> dict[str, int]:
    scans = draft.shipment.scans
    return {
        "scans": len(scans),
        "unmapped": sum(not scan.mapped for scan in scans),
        "tickets": len(draft.shipment.tickets),
        "cases_open": len(_open(draft)),
        "messages_sent": len(draft.shipment.sent),
    }
