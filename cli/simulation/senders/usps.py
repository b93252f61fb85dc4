"""Source `usps`: answers of the tracking API v3, whole history, newest first."""

from typing import Any, Final

from cli.simulation.things import Happening, Parcel
from cli.simulation.timing import clock_text, offset, offset_text

CODES: Final[dict[str, tuple[str, str]]] = {
    "label": ("GX", "Shipping label created, awaiting item"),
    "pickup": ("03", "Accepted"),
    "arrive": ("A1", "Arrived at regional facility"),
    "depart": ("T1", "Departed regional facility"),
    "station": ("07", "Arrived at post office"),
    "processed": ("PC", "Sorting complete"),
    "out": ("OF", "Out for delivery"),
    "attempt": ("02", "Notice left, no authorized recipient"),
    "refused": ("04", "Refused"),
    "counter": ("16", "Available for pickup"),
    "delivered": ("01", "Delivered, front door"),
    "missort": ("08", "Missent"),
    "unmapped": ("ZQ", "Annex hold"),
}
"""Event code and text, by step."""


def write_history(parcel: Parcel, events: list[Happening], heard: int) -> dict[str, Any]:
    """The answer to a poll."""
    newest_first = [_event(event) for event in reversed(parcel.as_happened(events))]
    target, origin = parcel.target, parcel.origin
    return {
        "trackingNumber": parcel.label_number,
        "destinationCity": target.city.upper(),
        "destinationState": target.region,
        "destinationZIP": target.postal,
        "originCity": origin.city.upper(),
        "originState": origin.region,
        "originZIP": origin.postal,
        "mailClass": "Ground Advantage" if parcel.service == "ground" else "Media Mail",
        "mailType": "DM",
        "status": newest_first[0]["eventType"],
        "uniqueMailPieceID": str(300000000 + parcel.index),
        "trackingEvents": newest_first,
    }


def _event(event: Happening) -> dict[str, Any]:
    code, text = CODES[event.step]
    place = event.place
    ahead = offset(event.at, place.zone)
    local = clock_text(event.at + ahead)
    told = event.fault is None
    # The sender's own fault: its GMT time keeps the local date.
    return {
        "eventType": text,
        "eventTimestamp": local,
        "GMTTimestamp": f"{local[:10]}T{clock_text(event.at)[11:]}Z" if told else None,
        "GMTOffset": offset_text(ahead) if told else None,
        "eventCountry": None,
        "eventCity": place.city.upper(),
        "eventState": place.region,
        "eventZIP": place.postal,
        "firm": None,
        "name": None,
        "authorizedAgent": "false",
        "eventCode": code,
        "additionalProp": None,
    }
