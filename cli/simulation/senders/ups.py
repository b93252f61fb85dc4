"""Source `ups`: answers of the Track API (whole history, newest first) and Track Alerts (one activity)."""

from operator import attrgetter
from typing import Any, Final

from cli.simulation.dice import Dice
from cli.simulation.things import Happening, Parcel
from cli.simulation.timing import clock_text, offset, offset_text

CODES: Final[dict[str, tuple[str, str | None, str, str]]] = {
    "label": ("M", "MP", "003", "Shipment ready for UPS"),
    "cancelled": ("MV", None, "007", "Shipment information voided"),
    "pickup": ("I", "PU", "038", "Pickup scan"),
    "arrive": ("I", "AR", "005", "Arrived at facility"),
    "depart": ("I", "DP", "005", "Departed from facility"),
    "station": ("I", "AR", "005", "Arrived at facility"),
    "processed": ("I", "YP", "071", "Preparing for delivery"),
    "estimate": ("U", "UP", "154", "Updated delivery date"),
    "proof": ("U", "PX", "155", "Delivery photo"),
    "delay": ("X", None, "046", "The package is delayed"),
    "weather": ("X", None, "052", "Severe weather delays the delivery"),
    "address": ("X", None, "050", "Address information is required"),
    "payment": ("X", None, "085", "Held for payment"),
    "customs": ("X", None, "092", "Clearance is in progress"),
    "customs_hold": ("X", "BB", "058", "Clearance information is required"),
    "cleared": ("X", "RZ", "014", "Released by the agency"),
    "damaged": ("X", None, "059", "Damage was reported"),
    "lost": ("X", None, "068", "Sent to lost and found"),
    "out": ("I", "OT", "021", "Out for delivery"),
    "attempt": ("X", None, "060", "Delivery was attempted"),
    "refused": ("X", None, "064", "The receiver refused the package"),
    "counter": ("I", None, "040", "Ready for customer pickup"),
    "delivered": ("D", "FS", "011", "Delivered"),
    "returning": ("X", None, "035", "Returning to the sender"),
    "back": ("X", None, "034", "Returned to the sender"),
    "unmapped": ("Q", "7Z", "987", "Annex hold"),
}
"""Type, code (not always there), status code and text, by step."""


def write_history(parcel: Parcel, events: list[Happening], heard: int) -> dict[str, Any]:
    """The answer to a poll: all activities so far."""
    activities = [_activity(event) for event in reversed(parcel.as_happened(events))]
    package: dict[str, Any] = {"trackingNumber": parcel.label_number, "deliveryDate": [], "activity": activities}
    estimate = max(events, key=attrgetter("at")).estimate
    if estimate is not None:
        local = clock_text(estimate + offset(estimate, parcel.target.zone))
        package["deliveryDate"] = [{"type": "SDD", "date": local[:10].replace("-", "")}]
    return {"trackResponse": {"shipment": [{"inquiryNumber": parcel.label_number, "package": [package]}]}}


def _activity(event: Happening) -> dict[str, Any]:
    kind, code, number, text = CODES[event.step]
    status = {"type": kind, "description": text, "statusCode": number}
    if code is not None:
        status["code"] = code
    place = event.place
    ahead = offset(event.at, place.zone)
    local, gmt = clock_text(event.at + ahead), clock_text(event.at)
    address = {"city": place.city, "stateProvince": place.region, "postalCode": place.postal}
    activity = {
        "location": {"address": {**address, "countryCode": place.country, "country": place.country}},
        "status": status,
        "date": _date(local),
        "time": _time(local),
    }
    if event.fault is None:
        activity |= {"gmtDate": _date(gmt), "gmtTime": gmt[11:], "gmtOffset": offset_text(ahead)}
    return activity


def write_alert(parcel: Parcel, event: Happening, dice: Dice) -> dict[str, Any]:
    """One activity, pushed. The offset is often left out."""
    kind, code, number, text = CODES[event.step]
    place = event.place
    ahead = offset(event.at, place.zone)
    local, gmt = clock_text(event.at + ahead), clock_text(event.at)
    alert: dict[str, Any] = {
        "trackingNumber": parcel.label_number,
        "localActivityDate": _date(local),
        "localActivityTime": _time(local),
        "activityLocation": {
            "city": place.city,
            "stateProvince": place.region,
            "postalCode": place.postal,
            "country": place.country,
        },
        "activityStatus": {"type": kind, "code": code or "", "description": text, "descriptionCode": number},
    }
    if event.fault is None:
        alert |= {"gmtActivityDate": _date(gmt), "gmtActivityTime": _time(gmt)}
        if dice.chance(0.3):
            alert["gmtOffset"] = offset_text(ahead).replace(":", ".")
    if event.estimate is not None:
        due = clock_text(event.estimate + offset(event.estimate, parcel.target.zone))
        alert["scheduledDeliveryDate"] = _date(due)
    return alert


def _date(text: str) -> str:
    return text[:10].replace("-", "")


def _time(text: str) -> str:
    return text[11:].replace(":", "")
