"""Amazon: its senders send several of the same shapes, so one door serves them all.

The A1 feed (XML) and multi-channel fulfilment speak in EVENT_ codes, of which 101 means two things depending on
who sends it; shipping, milestones and the consumer page have vocabularies and modules of their own.
"""

from collections.abc import Callable, Iterator
from typing import Final

from rules.normalize import times
from rules.normalize.amazon_milestones import milestones
from rules.normalize.amazon_shipping import page, shipping
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import carrier, number
from rules.normalize.reading import fields, items, text
from rules.normalize.tables import Row, load_table
from schemas.facts import Scan

_DETAIL: Final = "AmazonTrackingResponse.PackageTrackingInfo.TrackingEventHistory.TrackingEventDetail"
_OLD: Final = "GetPackageTrackingDetailsResponse"
_EVENT: Final = "$.payload.trackingEvents[]"


def sender(source: str) -> Callable[[bytes], tuple[Scan, ...]]:
    """The reader of the messages of one of Amazon's senders."""

    def scans(raw: bytes) -> tuple[Scan, ...]:
        return tuple(one for document in messages(raw) for one in _message(document, source))

    return scans


def _message(document: Fields, source: str) -> Iterator[Scan]:
    if "AmazonTrackingResponse" in document:
        for info in items(fields(document, "AmazonTrackingResponse"), "PackageTrackingInfo", "AmazonTrackingResponse"):
            yield from _feed(info, source)
        return
    body = _body(document)
    if "progressTracker" in body:
        yield from page(body, source)
    elif "trackingDetail" in body or "shipmentTrackingMilestoneChangedNotification" in body or "successes" in body:
        yield from milestones(body, source)
    elif "trackingEvents" in body or "currentStatus" in body:
        yield from _fulfilment(body, source)
    elif "eventHistory" in body or "eventCode" in body:
        yield from shipping(body, source)
    elif not {"errors", "payload", "notificationType", "trackingId"} & document.keys():
        raise unknown_shape("Amazon", "a tracking answer or notification")


def _body(document: Fields) -> Fields:
    if _OLD in document:
        return _old_answer(document)
    return fields(document, "payload") if isinstance(document.get("payload"), dict) else document


def _old_answer(document: Fields) -> Fields:
    """An answer of the XML service before SP-API, under the names that SP-API gave the same fields."""
    result = fields(fields(document, _OLD), "GetPackageTrackingDetailsResult", _OLD)
    events = items(fields(result, "TrackingEvents", _OLD), "member", _OLD)
    named = [{**_renamed(event), "eventAddress": _renamed(fields(event, "EventAddress", _OLD))} for event in events]
    return {**_renamed(result), "trackingEvents": named}


def _renamed(told: Fields) -> Fields:
    return {key[:1].lower() + key[1:]: value for key, value in told.items()}


def event_row(source: str, code: str | None, said: str | None) -> Row | None:
    """What an EVENT_ code means when this sender says it."""
    table = load_table("amazon")
    return (table.find(f"{source}:{code}", said) or table.find(code)) if code else None


def _feed(info: Fields, source: str) -> tuple[Scan, ...]:
    path = "AmazonTrackingResponse.PackageTrackingInfo"
    events = items(fields(info, "TrackingEventHistory", path), "TrackingEventDetail", _DETAIL)
    if not events:
        return ()
    bare = number(source, text(info, "TrackingNumber", path), f"{path}.TrackingNumber")
    promised = next((day for day in (text(event, "EstimatedDeliveryDate", _DETAIL) for event in events) if day), None)
    return parcel_scans(
        Parcel(source, bare, load_table("amazon").version),
        events,
        lambda event: _feed_event(event, source),
        newest_first=True,
        estimate=times.iso(promised).at,
    )


def _feed_event(event: Fields, source: str) -> Reading:
    code, said = text(event, "EventCode", _DETAIL), text(event, "EventCodeDesc", _DETAIL)
    address = fields(event, "EventLocation", _DETAIL)
    where = place(*(text(address, name, _DETAIL) for name in ("City", "StateProvince", "PostalCode", "CountryCode")))
    zone = times.zone_of(where.country, where.region) if where else None
    told = Told(code, said, times.iso(text(event, "EventDateTime", _DETAIL), zone), where)
    return told, event_row(source, code, said)


def _fulfilment(details: Fields, source: str) -> tuple[Scan, ...]:
    """The package tracking details of multi-channel fulfilment; their status counts where no event comes."""
    events = items(details, "trackingEvents", "$.payload")
    status = text(details, "currentStatus", "$.payload")
    if not events and status is None:
        return ()
    who = carrier(text(details, "carrierCode", "$.payload") or "") or source
    bare = number(who, text(details, "trackingNumber", "$.payload"), "$.payload.trackingNumber")
    parcel = Parcel(who, bare, load_table("amazon").version)
    if not events:
        return parcel_scans(parcel, [details], _status, newest_first=True)
    estimate = times.iso(text(details, "estimatedArrivalDate", "$.payload")).at
    return parcel_scans(
        parcel, events, lambda event: _fulfilment_event(event, source), newest_first=True, estimate=estimate
    )


def _fulfilment_event(event: Fields, source: str) -> Reading:
    code, said = text(event, "eventCode", _EVENT), text(event, "eventDescription", _EVENT)
    address = fields(event, "eventAddress", _EVENT)
    where = place(text(address, "city"), text(address, "state"), text(address, "postalCode"), text(address, "country"))
    told = Told(code, said, times.iso(text(event, "eventDate", _EVENT)), where)
    return told, event_row(source, code, said)


def _status(details: Fields) -> Reading:
    code = text(details, "currentStatus", "$.payload")
    # Nothing says when it became that.
    told = Told(code, text(details, "currentStatusDescription", "$.payload"), times.missing())
    return told, load_table("amazon").find(f"mcf:{code}")
