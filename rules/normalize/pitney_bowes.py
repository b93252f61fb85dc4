"""Pitney Bowes: tracking answers, date, time and offset in three fields.

A return (event type RTN, or a return service) is a shipment of its own: its label is no parcel on its way, and its
"Delivered" is the retailer's.
"""

from typing import Final

from rules.normalize import clocks, times
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import ANY, carrier, number
from rules.normalize.reading import items, several, text
from rules.normalize.services import service_level
from rules.normalize.tables import Row, bare_code, load_table
from schemas.facts import Scan
from schemas.words import CARRIERS

_EVENT: Final = "$.scanDetailsList[]"
_PROMISED: Final = ("estimatedDeliveryDate", "estimatedDeliveryTime", "estimatedDeliveryTimeOffset")
_TIME: Final = ("eventDate", "eventTime", "eventTimeOffset")


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one Pitney Bowes message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> tuple[Scan, ...]:
    if "scanDetailsList" in document or "currentStatus" in document:
        return _answer(document, items(document, "scanDetailsList") or items(document, "currentStatus"))
    if "standardizedEventCode" in document:
        return _answer(document, [document])
    if not {"errors", "errorCode", "trackingNumber"} & document.keys():
        raise unknown_shape("Pitney Bowes", "a tracking answer")
    return ()


def _answer(answer: Fields, events: list[Fields]) -> tuple[Scan, ...]:
    if not events:
        return ()
    who = carrier(text(answer, "carrier") or "")
    who = who if who in CARRIERS else "pitney_bowes"
    service = text(answer, "serviceName")
    parcel = Parcel(
        who,
        number(ANY, _number(answer), "$.trackingNumber"),
        load_table("pitney_bowes").version,
        direction="return" if _returns(answer, events, service) else "outbound",
        service_level=service_level(service),
    )
    day, clock, zone_name = several(answer, _PROMISED)
    estimate = clocks.moment(day, clock, zone_name=zone_name)
    return parcel_scans(parcel, events, lambda event: _event(event, who), newest_first=True, estimate=estimate.at)


def _number(answer: Fields) -> str | None:
    """The number that was asked for; the other one may bear 420 and the ZIP before it."""
    written, asked = text(answer, "trackingNumber"), text(answer, "requestedIdentifier")
    if written and asked and not (written.startswith("420") and written.endswith(asked)):
        return written
    return asked or written


def _returns(answer: Fields, events: list[Fields], service: str | None) -> bool:
    kinds = {text(event, "eventType", _EVENT) for event in events}
    return "RTN" in kinds or text(answer, "serviceCode") == "RP" or "return" in (service or "").lower()


def _event(event: Fields, who: str) -> Reading:
    standard = text(event, "standardizedEventCode", _EVENT)
    others = ("scanType", "l1Code", "eventCode")
    code = standard or next((found for found in (text(event, name, _EVENT) for name in others) if found), None)
    said = text(event, "standardizedEventDescription", _EVENT) or text(event, "scanDescription", _EVENT)
    where = place(*several(event, ("eventCity", "eventStateOrProvince", "postalCode", "country"), _EVENT))
    zone = times.zone_of(where.country, where.region) if where else None
    day, clock, zone_name = several(event, _TIME, _EVENT)
    moment = clocks.moment(day, clock, zone, zone_name=zone_name)
    # Without a standard code the scan bears the one of the carrier that made it.
    own = bare_code(who, code, said) if standard is None else None
    return Told(code, said, moment, where), _row(code, own, text(event, "packageStatus", _EVENT))


def _row(code: str | None, own: Row | None, status: str | None) -> Row | None:
    table = load_table("pitney_bowes")
    known = (table.find(code.upper()) if code else None) or own
    # A code that the list lacks keeps the meaning of the status that the vendor files it under.
    return known or (table.find(f"status:{status}") if status else None)
