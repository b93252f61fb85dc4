"""Source `easypost`: tracker webhooks, the whole history each time, oldest first."""

from operator import attrgetter
from typing import Any, Final

from cli.simulation.things import Happening, Parcel
from cli.simulation.timing import utc_text

CODES: Final[dict[str, tuple[str, str]]] = {
    "label": ("pre_transit", "label_created"),
    "cancelled": ("cancelled", "cancelled"),
    "pickup": ("in_transit", "received_at_origin_facility"),
    "arrive": ("in_transit", "arrived_at_facility"),
    "depart": ("in_transit", "departed_facility"),
    "station": ("in_transit", "received_at_destination_facility"),
    "processed": ("in_transit", "in_transit"),
    "delay": ("in_transit", "delayed"),
    "weather": ("in_transit", "weather_delay"),
    "address": ("in_transit", "address_correction"),
    "missort": ("in_transit", "missorted"),
    "damaged": ("failure", "damaged"),
    "lost": ("failure", "lost"),
    "out": ("out_for_delivery", "out_for_delivery"),
    "attempt": ("failure", "delivery_exception"),
    "refused": ("failure", "refused"),
    "counter": ("available_for_pickup", "arrived_at_pickup_location"),
    "delivered": ("delivered", "arrived_at_destination"),
    "returning": ("return_to_sender", "return"),
}
"""Status and detail, by step."""
_NAMES: Final = {"ups": "UPS", "usps": "USPS", "fedex": "FedEx"}


def write_history(parcel: Parcel, events: list[Happening], heard: int) -> dict[str, Any]:
    """One webhook."""
    details = [_detail(parcel, event) for event in parcel.as_happened(events)]
    estimate = max(events, key=attrgetter("at")).estimate
    tracker = {
        "id": f"trk_{parcel.index:08d}",
        "object": "Tracker",
        "mode": "production",
        "tracking_code": parcel.label_number,
        "status": details[-1]["status"],
        "status_detail": details[-1]["status_detail"],
        "created_at": utc_text(parcel.labelled_at),
        "updated_at": utc_text(heard),
        "est_delivery_date": utc_text(estimate) if estimate else None,
        "carrier": _NAMES[parcel.carrier.name],
        "tracking_details": details,
        "is_return": False,
    }
    return {
        "id": f"evt_{parcel.index:08d}_{heard}",
        "object": "Event",
        "mode": "production",
        "description": "tracker.updated",
        "created_at": utc_text(heard),
        "status": "pending",
        "result": tracker,
    }


def _detail(parcel: Parcel, event: Happening) -> dict[str, Any]:
    status, detail = CODES[event.step]
    place = event.place
    where = {"city": place.city.upper(), "state": place.region, "country": place.country, "zip": place.postal}
    return {
        "object": "TrackingDetail",
        "message": detail.replace("_", " ").capitalize(),
        "description": None,
        "status": status,
        "status_detail": detail,
        "datetime": utc_text(event.at),
        "source": _NAMES[parcel.carrier.name],
        "carrier_code": None,
        "tracking_location": {"object": "TrackingLocation", **where},
    }
