"""What can happen to a parcel, and what it means in the project's words."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of scan; `state` None means that it says nothing about where the parcel is."""

    state: str | None
    text: str
    reason: str | None = None
    flags: tuple[str, ...] = ()


STEPS: Final = {
    "label": Step("label_created", "Shipment information received"),
    "cancelled": Step("label_created", "Label voided by the shipper", "cancelled", ("cancelled",)),
    "pickup": Step("picked_up", "Parcel collected"),
    "arrive": Step("in_transit", "Arrived at facility"),
    "depart": Step("in_transit", "Departed from facility"),
    "station": Step("in_transit", "Arrived at delivery station"),
    "processed": Step("in_transit", "Sorted for delivery"),
    "estimate": Step(None, "Delivery estimate updated"),
    "proof": Step(None, "Proof of delivery available"),
    "delay": Step("delayed", "Delayed in the network", "carrier_delay"),
    "weather": Step("delayed", "Delayed by severe weather", "weather"),
    "address": Step("delayed", "Address needs a correction", "address_issue"),
    "payment": Step("delayed", "Held until duties or charges are paid", "payment_due"),
    "missort": Step("delayed", "Sent to the wrong facility", "missort"),
    "customs": Step("in_transit", "Clearance in progress", "customs_processing"),
    "customs_hold": Step("delayed", "Held by customs: documents wanted", "customs_hold"),
    "cleared": Step("in_transit", "Cleared customs", "customs_cleared"),
    "damaged": Step("damaged", "Damage found", "damaged"),
    "lost": Step("delayed", "Declared lost", "lost", ("lost",)),
    "out": Step("out_for_delivery", "Out for delivery"),
    "attempt": Step("attempted", "Nobody home, notice left", "recipient_unavailable"),
    "refused": Step("attempted", "Refused at the door", "refused", ("refused",)),
    "counter": Step("in_transit", "Ready for pickup at the counter", "awaiting_customer_pickup", ("pickup_ready",)),
    "delivered": Step("delivered", "Delivered"),
    "returning": Step("returned", "On the way back to the sender", None, ("returning",)),
    "back": Step("returned", "Returned to the sender", None, ("back_at_sender",)),
    "unmapped": Step(None, "Status that no table knows"),
}
"""By name. `unmapped` is the deliberate code that nobody knows."""
