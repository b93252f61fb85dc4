"""Source `fedex`: answers of the tracking API, whole history, newest first, with the number's unique id."""

from operator import attrgetter
from typing import Any, Final

from cli.simulation.senders.wismo import time_text
from cli.simulation.things import Happening, Parcel
from cli.simulation.timing import local_text

CODES: Final[dict[str, tuple[str, str, str, str]]] = {
    "label": ("OC", "", "Shipment information sent", "IN"),
    "cancelled": ("CA", "", "Shipment cancelled by the sender", "CA"),
    "pickup": ("PU", "", "Picked up", "PU"),
    "arrive": ("AR", "", "Arrived at hub", "IT"),
    "depart": ("DP", "", "Left the hub", "IT"),
    "station": ("AR", "", "At local facility", "IT"),
    "processed": ("IT", "", "On the way", "IT"),
    "estimate": ("AO", "", "Arriving on time", "IT"),
    "delay": ("DY", "A52", "Delay", "DY"),
    "customs": ("CP", "", "Clearance in progress", "CP"),
    "customs_hold": ("CD", "", "Clearance delay", "CD"),
    "cleared": ("CC", "", "Cleared customs", "CC"),
    "out": ("OD", "", "On the vehicle for delivery", "OD"),
    "attempt": ("DE", "08", "Delivery exception", "DE"),
    "counter": ("HP", "", "Ready for recipient pickup", "HP"),
    "delivered": ("DL", "", "Delivered", "DL"),
    "unmapped": ("ZQ", "", "Annex hold", "ZQ"),
}
"""Event type, exception code, text and derived code, by step."""
_EXCEPTIONS: Final = {"A52": "Package delayed", "08": "Customer not available or business closed"}


def write_history(parcel: Parcel, events: list[Happening], heard: int) -> dict[str, Any]:
    """The answer to a poll."""
    newest_first = [_event(event) for event in reversed(parcel.as_happened(events))]
    number = {"trackingNumber": parcel.number, "trackingNumberUniqueId": parcel.unique_id, "carrierCode": "FDXG"}
    latest = newest_first[0]
    result: dict[str, Any] = {
        "trackingNumberInfo": number,
        "latestStatusDetail": {
            "code": latest["eventType"],
            "derivedCode": latest["derivedStatusCode"],
            "description": latest["eventDescription"],
        },
        "dateAndTimes": [],
        "scanEvents": newest_first,
    }
    estimate = max(events, key=attrgetter("at")).estimate
    if estimate is not None:
        due = local_text(estimate, parcel.target.zone)
        result["dateAndTimes"] = [{"type": "ESTIMATED_DELIVERY", "dateTime": due}]
    results = [{"trackingNumber": parcel.number, "trackResults": [result]}]
    return {"transactionId": f"tx-{parcel.index}-{heard}", "output": {"completeTrackResults": results}}


def _event(event: Happening) -> dict[str, Any]:
    kind, exception, text, derived = CODES[event.step]
    place = event.place
    return {
        "date": time_text(event),
        "eventType": kind,
        "eventDescription": text,
        "exceptionCode": exception,
        "exceptionDescription": _EXCEPTIONS.get(exception, ""),
        "scanLocation": {
            "city": place.city.upper(),
            "stateOrProvinceCode": place.region,
            "postalCode": place.postal,
            "countryCode": place.country,
        },
        "derivedStatusCode": derived,
        "derivedStatus": text,
    }
