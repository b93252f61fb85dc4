"""Teleship: the tracking answer and the webhook that carries one.

The code `in_transit` is said of scans that say more, "Out for delivery" among them: there the text may refine it.
"""

from typing import Final

from rules.normalize import times
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told
from rules.normalize.names import number
from rules.normalize.reading import fields, items, text
from rules.normalize.services import service_level
from rules.normalize.tables import load_table
from rules.normalize.wording import worded_place
from schemas.facts import Scan

_EVENT: Final = "$.events[]"


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one Teleship message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> tuple[Scan, ...]:
    answer = fields(document, "data") if isinstance(document.get("data"), dict) else document
    if "events" not in answer:
        if {"error", "errors", "messages", "trackingNumber"} & answer.keys():
            return ()
        raise unknown_shape("Teleship", "a tracking answer")
    events = items(answer, "events")
    if not events:
        return ()
    parcel = Parcel(
        "teleship",
        number("teleship", text(answer, "trackingNumber"), "$.trackingNumber"),
        load_table("teleship").version,
        service_level=service_level(text(answer, "serviceName")),
    )
    estimate = times.iso(text(answer, "estimatedDelivery")).at
    return parcel_scans(parcel, events, _event, newest_first=False, estimate=estimate, by_text=True)


def _event(event: Fields) -> Reading:
    code, said = text(event, "code", _EVENT), text(event, "description", _EVENT)
    where = worded_place(text(event, "location", _EVENT))
    zone = times.zone_of(where.country, where.region) if where else None
    told = Told(code, said, times.iso(text(event, "timestamp", _EVENT), zone), where)
    return told, load_table("teleship").find(code.lower(), said) if code else None
