"""UPS: Track API (JSON and the older XML and JSON), the Track Alert webhook, and Quantum View.

A code's meaning hangs on type, code and three-digit status code together: in one real answer exception RZ is
"pending release" with 012 and "released" with 014, while UPS's table lists only one meaning. The status code
decides, except where it is coarse ("On the Way", "Delivered", "Exception"): there the code's own row says more.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

from msgspec.structs import replace

from rules.normalize import times, ups_quantum_view
from rules.normalize.decode import Fields, UnusableError, decode
from rules.normalize.history import Parcel, Told, in_order, place, scan
from rules.normalize.names import number
from rules.normalize.reading import fields, items, objects, several, text
from rules.normalize.services import service_level
from rules.normalize.tables import Row, Table, load_table
from schemas.facts import Location, Scan

_COARSE: Final = frozenset("005 010 011 013 025 029 030 039 047 076 087 158 159 164 165".split())
_NOT_A_STATUS: Final = "000"  # "Status Not Available"
_SAME_CODES: Final = {"P": "I", "MV": "M"}
"""Types that share another's code table: P is the older letter of a pickup, MV a voided manifest."""
_ACTIVITY: Final = "$.trackResponse.shipment[].package[].activity[]"
_STATUS: Final = ("type", "code", "statusCode", "description")
_TIMES: Final = ("date", "time", "gmtDate", "gmtTime", "gmtOffset")
_ALERT_STATUS: Final = ("type", "code", "descriptionCode", "description")
_ALERT_TIMES: Final = ("localActivityDate", "localActivityTime", "gmtActivityDate", "gmtActivityTime", "gmtOffset")
_ADDRESS: Final = ("city", "stateProvince", "postalCode", "countryCode")
_ESTIMATES: Final = ("RDD", "SDD")
"""Kinds of delivery date: rescheduled before scheduled; DEL is the delivery itself."""


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one UPS message."""
    document = decode(raw)
    if isinstance(document, list):
        return tuple(one for alert in objects(document, "$") for one in _message(alert))
    return _message(document)


def _message(document: Fields) -> tuple[Scan, ...]:
    if "trackResponse" in document:
        return _answer(fields(document, "trackResponse"))
    if "activityStatus" in document:
        return _alert(document)
    body = fields(fields(document, "Envelope"), "Body") if "Envelope" in document else document
    if "QuantumViewResponse" in body:
        return tuple(ups_quantum_view.scans(fields(body, "QuantumViewResponse")))
    old = _old_answer(body)
    if old is not None:
        return tuple(_old_scans(old))
    if "response" in document or "Fault" in document or "errors" in document:
        return ()  # an error answer, such as a number not found
    raise UnusableError("schema_invalid", "$ is no UPS message we know; send a Track answer or a Track Alert")


def _answer(answer: Fields) -> tuple[Scan, ...]:
    found: tuple[Scan, ...] = ()
    for shipment in items(answer, "shipment", "$.trackResponse"):
        for package in items(shipment, "package", "$.trackResponse.shipment[]"):
            found += _package(package, text(shipment, "inquiryNumber"))
    return found


def _package(package: Fields, inquiry: str | None) -> tuple[Scan, ...]:
    path = "$.trackResponse.shipment[].package[]"
    activities = items(package, "activity", path)
    if not activities:
        return ()
    table = load_table("ups")
    service = text(fields(package, "service", path), "description", path)
    bare = number("ups", text(package, "trackingNumber", path) or inquiry, f"{path}.trackingNumber")
    parcel = Parcel("ups", bare, table.version, service_level=service_level(service))
    agent = text(fields(package, "informationSource", path), "code", path)
    found = [_activity(activity, parcel, table, agent) for activity in activities]
    return in_order([one for one in found if one], newest_first=True, estimate=_estimate(package))


def _activity(activity: Fields, parcel: Parcel, table: Table, agent: str | None) -> Scan | None:
    kind, code, status, said = several(fields(activity, "status", _ACTIVITY), _STATUS, _ACTIVITY)
    where = _place(fields(fields(activity, "location", _ACTIVITY), "address", _ACTIVITY))
    moment = _moment(several(activity, _TIMES, _ACTIVITY), where)
    key = _key(kind, code, status, agent)
    return _scan(parcel, table, key, Told(key.printed, said, moment, where))


def _alert(alert: Fields) -> tuple[Scan, ...]:
    table = load_table("ups")
    parcel = Parcel("ups", number("ups", text(alert, "trackingNumber"), "$.trackingNumber"), table.version)
    kind, code, status, said = several(fields(alert, "activityStatus"), _ALERT_STATUS)
    where = _place(fields(alert, "activityLocation"))
    key = _key(kind, code, status, None)
    told = Told(key.printed, said, _moment(several(alert, _ALERT_TIMES), where), where)
    one = _scan(parcel, table, key, told)
    estimate = _noon(text(alert, "scheduledDeliveryDate"))
    return in_order([one], newest_first=True, estimate=estimate) if one else ()


def _old_answer(body: Fields) -> Fields | None:
    if "Fault" in body:
        return {}
    return fields(body, "TrackResponse") if "TrackResponse" in body else None


def _old_scans(answer: Fields) -> Iterator[Scan]:
    table = load_table("ups")
    path = "TrackResponse.Shipment"
    for shipment in items(answer, "Shipment", "TrackResponse"):
        service = service_level(text(fields(shipment, "Service", path), "Description", path))
        # Freight has its activities on the shipment itself.
        for package in items(shipment, "Package", path) or [shipment]:
            activities = items(package, "Activity", path)
            if activities:
                bare = number("ups", _old_number(package, shipment), f"{path}.Package.TrackingNumber")
                parcel = Parcel("ups", bare, table.version, service_level=service)
                found = [one for one in (_old_activity(activity, parcel, table) for activity in activities) if one]
                day = text(package, "RescheduledDeliveryDate", path) or text(shipment, "ScheduledDeliveryDate", path)
                yield from in_order(found, newest_first=True, estimate=_noon(day))


def _old_number(package: Fields, shipment: Fields) -> str | None:
    path = "TrackResponse.Shipment"
    written = text(package, "TrackingNumber", path) or text(shipment, "ShipmentIdentificationNumber", path)
    return written or text(fields(shipment, "InquiryNumber", path), "Value", path)


def _old_activity(activity: Fields, parcel: Parcel, table: Table) -> Scan | None:
    path = "TrackResponse.Shipment.Package.Activity"
    status = fields(activity, "Status", path)
    kind = fields(status, "StatusType", path) if "StatusType" in status else {"Code": status.get("Type")}
    code = fields(status, "StatusCode", path).get("Code") if "StatusCode" in status else status.get("Code")
    location = fields(activity, "ActivityLocation", path)
    address = fields(location, "Address", path) or location  # freight writes the place without an address
    where = place(*several(address, ("City", "StateProvinceCode", "PostalCode", "CountryCode"), path))
    names = ("Date", "Time", "GMTDate", "GMTTime", "GMTOffset")
    moment = _moment(several(activity, names, path), where, noon_is_placeholder=True)
    key = _key(text(kind, "Code", path), text({"Code": code}, "Code", path), None, None)
    description = next(
        (one for one in (text(said, "Description", path) for said in (kind, status, activity)) if one), None
    )
    return _scan(parcel, table, key, Told(key.printed, description, moment, where))


class _Key(NamedTuple):
    """The code fields of one scan."""

    printed: str | None
    kind: str | None
    code: str | None
    status: str | None
    agent: str | None


@lru_cache(maxsize=4096)
def _key(kind: str | None, code: str | None, status: str | None, agent: str | None) -> _Key:
    """Printed as sent; looked up in capitals, a status code with the zeros it lost as a number."""
    padded = status and status.zfill(len(_NOT_A_STATUS))
    named = f"{kind}/{code}" if kind and code else kind or code
    return _Key(
        printed=f"{named}+{status}" if named and status else named or (f"+{status}" if status else None),
        kind=kind and _SAME_CODES.get(kind.upper(), kind.upper()),
        code=code and code.upper(),
        status=None if padded == _NOT_A_STATUS and code else padded,
        agent=agent,
    )


def _scan(parcel: Parcel, table: Table, key: _Key, told: Told) -> Scan | None:
    return None if told.empty else scan(parcel, told, _row(table, key))


def _row(table: Table, key: _Key) -> Row | None:
    """What the code fields mean together; None where no table knows them."""
    if key.agent and key.code:
        # Mail Innovations: another party's scan, where the party is part of the code.
        of_agent = table.find(f"MI/{key.code}/{key.agent}")
        if of_agent:
            return of_agent
    by_code = table.find(f"{key.kind}/{key.code}") if key.code else None
    if not key.status:
        # The type alone speaks only where there is no code: an unknown code must never look healthy.
        return by_code if key.code else table.find(key.kind) if key.kind else None
    whole = table.find(f"{key.kind}/{key.code or ''}+{key.status}")
    return whole or _together(table.find(f"+{key.status}"), by_code, key.status)


def _together(by_status: Row | None, by_code: Row | None, status: str) -> Row | None:
    if by_status is None or by_code is None:
        return by_status or by_code
    if by_code.reason == "retraction" or _yields(status, by_code):
        return by_code
    if by_code.reason and by_code.state == by_status.state:
        return replace(by_status, reason=by_code.reason, flags=tuple(dict.fromkeys(by_status.flags + by_code.flags)))
    return by_status


def _yields(status: str, by_code: Row) -> bool:
    """Whether a status code is so coarse that the code's own row says more."""
    if status == "012":
        # "Clearance in Progress" yields only to a customs row: everything else under it is customs all the same.
        return (by_code.reason or "").startswith("customs")
    # A notice under "Delivered" does not undo the delivery.
    return status in _COARSE and (by_code.state is not None or status != "011")


def _place(address: Fields) -> Location | None:
    city, region, postal_code, country = several(address, _ADDRESS, "$.activity.location")
    return place(city, region, postal_code, country or text(address, "country", "$.activity.location"))


def _moment(said: list[str | None], where: Location | None, *, noon_is_placeholder: bool = False) -> times.Moment:
    """The time: the GMT fields where usable, else local with its offset, else local in the place's zone."""
    day, clock, gmt_day, gmt_clock, distance = said
    raw = _joined(day, clock) or _joined(gmt_day, gmt_clock)
    gmt = times.compact(gmt_day, gmt_clock)
    if isinstance(gmt, datetime) and times.possible(gmt):
        return times.shifted(gmt, times.ZERO, raw, "gmt_field")
    moment = times.compact(day, clock)
    if moment is None:
        return times.missing(raw)
    if not isinstance(moment, datetime):
        return times.day_only(moment, raw)
    if noon_is_placeholder and clock == "120000":
        return times.day_only(moment.date(), raw, "placeholder")
    from_utc = times.offset(distance)
    if from_utc is not None:
        return times.shifted(moment, from_utc, raw)
    zone = times.zone_of(where.country, where.region) if where else None
    return times.local(moment, zone, raw)


def _joined(day: str | None, clock: str | None) -> str | None:
    return f"{day} {clock}" if day and clock else day or clock


def _estimate(package: Fields) -> datetime | None:
    told = items(package, "deliveryDate")
    if not told:
        return None
    dates = {text(one, "type"): text(one, "date") for one in told}
    return next((_noon(dates[kind]) for kind in _ESTIMATES if dates.get(kind)), None)


def _noon(day: str | None) -> datetime | None:
    moment = times.compact(day, None) if day else None
    return times.day_only(moment, day).at if moment else None
