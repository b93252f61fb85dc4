"""ParcelOne: both shapes of its tracking answer.

Coarse codes ("REGISTERED" for a parcel that was picked up) may be refined by text. The answer that ends where the
last-mile carrier begins also says what each scan is in AfterShip's words: they count where its own code is unknown.
"""

from typing import Final

from rules.normalize import stamps, times
from rules.normalize.clocks import country
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import number
from rules.normalize.reading import items, text
from rules.normalize.tables import load_table
from rules.normalize.wording import worded_place
from schemas.facts import Location, Scan

_EVENT: Final = "$.results.Events[]"


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one ParcelOne message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> tuple[Scan, ...]:
    if "TrackingEvents" in document:
        return _history(document, items(document, "TrackingEvents"), "P1Trackno")
    results = items(document, "results") if "results" in document else [document]
    found = [one for one in results if "Events" in one]
    if not found and not {"results", "success", "Error", "status"} & document.keys():
        raise unknown_shape("ParcelOne", "a tracking answer")
    return tuple(
        one for result in found for one in _history(result, items(result, "Events", "$.results"), "TrackingID")
    )


def _history(answer: Fields, events: list[Fields], name: str) -> tuple[Scan, ...]:
    if not events:
        return ()
    parcel = Parcel("parcelone", number("parcelone", text(answer, name), f"$.{name}"), load_table("parcelone").version)
    estimate = stamps.read(text(answer, "EstimatedDelivery"), order="dmy").at
    return parcel_scans(parcel, events, _event, newest_first=False, estimate=estimate, by_text=True)


def _event(event: Fields) -> Reading:
    code = text(event, "StatusCode", _EVENT) or text(event, "Statuscode", _EVENT)
    said = text(event, "Description", _EVENT) or text(event, "Status", _EVENT)
    where = _place(text(event, "Location", _EVENT))
    told = Told(code, said, _moment(event, where), where)
    row = load_table("parcelone").find(code.upper(), said) if code else None
    common = text(event, "DeliveryStatus", _EVENT)
    return told, row or (load_table("aftership").find(common) if common else None)


def _moment(event: Fields, where: Location | None) -> times.Moment:
    utc = times.iso(text(event, "EventdateUTC", _EVENT) or text(event, "EventdateCET", _EVENT))
    if utc.at:
        return utc
    zone = times.zone_of(where.country, where.region) if where else None
    return stamps.read(text(event, "DateTime", _EVENT), zone, order="dmy")


def _place(written: str | None) -> Location | None:
    """`DE Pohlheim`, or the city before its country."""
    code, _, city = (written or "").partition(" ")
    if city and len(code) == 2 and code.isupper():
        return place(city.strip(), None, None, country(code))
    return worded_place(written)
