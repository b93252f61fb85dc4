"""The words customers read: what changed, the new date, what we do, when the next news comes. No marketing."""

from rules.digest import is_split, parcels_of
from rules.emission import Draft
from rules.state import Case, Shipment

_MILESTONES = {
    "shipped": "Order {order}: your parcel is on its way with {carrier}, number {number}. {estimate}",
    "out_for_delivery": "Order {order}: {carrier} brings your parcel today, number {number}.",
    "delivered": "Order {order}: {carrier} delivered your parcel. If you cannot find it, please answer this message.",
}
_WAITING = "Order {order}: your parcel waits for you at a pickup point of {carrier}, number {number}."
_OTHERS = "of your order"
"""A text with these words tells of the order's other parcels itself."""
_NAMES = {"ups": "UPS", "usps": "USPS", "fedex": "FedEx", "dpd": "DPD", "gls": "GLS", "dhl_express": "DHL Express"}


def milestone_text(draft: Draft, milestone: str) -> str:
    """The text for a milestone."""
    if milestone == "incident":
        return _filled(draft, draft.policy.twins["incident"].texts["update"])
    waits = milestone == "shipped" and "pickup_ready" in draft.shipment.life.flags
    return _filled(draft, _WAITING if waits else _MILESTONES[milestone])


def case_text(draft: Draft, case: Case) -> str:
    """The text for a case at its posture; it may name facts of the case's evidence."""
    texts = draft.policy.twins[case.kind].texts
    facts = {one["fact"]: str(one["observed"]) for one in case.evidence}
    return _filled(draft, texts.get(case.posture) or texts["human_review"], facts)


def _filled(draft: Draft, text: str, facts: dict[str, str] | None = None) -> str:
    shipment, estimate = draft.shipment, draft.shipment.life.estimated_at
    # A date that has passed is no news.
    ahead = estimate if estimate is not None and estimate > draft.now else None
    day = ahead.astimezone(draft.situation.zone[0]).date().isoformat() if ahead else None
    fields = {
        **(facts or {}),
        "order": shipment.order.order_id if shipment.order else "",
        "carrier": _NAMES.get(shipment.carrier, shipment.carrier.replace("_", " ").title()),
        "number": shipment.tracking_number,
        "promise": (shipment.order.promise_date if shipment.order else None) or "the promised day",
        "estimate": f"It is now expected on {day}." if day else "",
    }
    if shipment.order is None:
        text = text.replace("Order {order}:", "Your parcel {number}:")
    elif is_split(shipment) and _OTHERS not in text:
        text = text.replace("Order {order}:", _one_of_several(shipment, text))
    for name, value in fields.items():
        text = text.replace(f"{{{name}}}", value)
    return " ".join(text.split())


def _one_of_several(shipment: Shipment, text: str) -> str:
    """How a text about a parcel of a split order begins: wherever it stands, it says which parcel it is about."""
    number = "" if "{number}" in text else ", number {number}"
    return f"One of the {parcels_of(shipment)} parcels of your order {{order}}{number}:"
