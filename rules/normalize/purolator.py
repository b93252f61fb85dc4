"""Purolator: the tracking web service (SOAP) and the answers of its website (JSON)."""

from collections.abc import Iterator
from typing import Final

from rules.normalize import times
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, body, is_error, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import number
from rules.normalize.reading import fields, items, text
from rules.normalize.tables import load_table
from schemas.facts import Location, Scan

_RESPONSES: Final = ("TrackPackagesByPinResponse", "TrackPackagesByReferenceResponse")
_INFORMATION: Final = "TrackingInformationList.TrackingInformation"
_SCAN: Final = f"{_INFORMATION}.Scans.Scan"
_PACKAGE: Final = "$.shipment[].package[]"
_EVENT: Final = f"{_PACKAGE}.events[]"
_QUEBEC: Final = {"PQ": "QC"}
"""The older letters of the province."""


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one Purolator message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> Iterator[Scan]:
    answer = body(document)
    known = next((name for name in _RESPONSES if name in answer), None)
    if known:
        listed = fields(fields(answer, known), "TrackingInformationList", known)
        for information in items(listed, "TrackingInformation", known):
            yield from _information(information)
    elif "shipment" in document:
        for shipment in items(document, "shipment"):
            for package in items(shipment, "package", "$.shipment[]"):
                yield from _package(package)
    elif "Fault" not in answer and not is_error(document, ("searchResult", "error", "errors")):
        raise unknown_shape("Purolator", "a TrackPackagesByPin answer")


def _parcel(written: str | None, path: str) -> Parcel:
    return Parcel("purolator", number("purolator", written, path), load_table("purolator").version)


def _information(information: Fields) -> tuple[Scan, ...]:
    events = items(fields(information, "Scans", _INFORMATION), "Scan", _INFORMATION)
    if not events:
        return ()
    written = text(fields(information, "PIN", _INFORMATION), "Value", _INFORMATION)
    parcel = _parcel(written, f"{_INFORMATION}.PIN.Value")
    # The scan type is coarse: two scans of one minute may differ in their text only.
    return parcel_scans(parcel, events, _scan, newest_first=True, by_text=True)


def _scan(event: Fields) -> Reading:
    where = _depot(text(fields(event, "Depot", _SCAN), "Name", _SCAN))
    day, clock = text(event, "ScanDate", _SCAN), text(event, "ScanTime", _SCAN)
    moment = _moment(day, clock, times.zone_of("CA", where.region) if where else None)
    said = text(event, "Description", _SCAN)
    told = Told(text(event, "ScanType", _SCAN), said, moment, where)
    return told, load_table("purolator").find(told.code, said) if told.code else None


def _moment(day: str | None, clock: str | None, zone: times.Zone) -> times.Moment:
    raw = " ".join(part for part in (day, clock) if part) or None
    found = times.compact((day or "").replace("-", ""), clock)
    if found is None:
        return times.missing(raw)
    return times.from_local(found, zone, raw)


def _depot(name: str | None) -> Location | None:
    """`MONTREAL SORT CTR/CTR TRIE, PQ`."""
    site, comma, region = (name or "").rpartition(",")
    region = region.strip()
    if comma and len(region) == 2:
        return place(site, _QUEBEC.get(region, region), None, "CA")
    return place(name, None, None, None)


def _package(package: Fields) -> tuple[Scan, ...]:
    events = items(package, "events", _PACKAGE)
    if not events:
        return ()
    parcel = _parcel(text(package, "pin", _PACKAGE), f"{_PACKAGE}.pin")
    return parcel_scans(parcel, events, _event, newest_first=True)


def _event(event: Fields) -> Reading:
    address = fields(event, "location", _EVENT)
    names = ("city", "provinceState", "postalCode", "countryCode")
    where = place(*(text(address, name, _EVENT) for name in names))
    moment = times.iso(text(event, "dateTime", _EVENT), times.zone_of(where.country, where.region) if where else None)
    code, why = text(event, "code", _EVENT), text(event, "reasonCode", _EVENT)
    table, said = load_table("purolator"), text(event, "description", _EVENT)
    told = Told("/".join(part for part in (code, why) if part) or None, said, moment, where)
    row = table.find(told.code, said) if told.code else None
    return told, row or (table.find(code, said) if code else None)
