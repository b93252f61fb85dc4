"""FedEx: Track REST answers (JSON) and the older web service (SOAP XML).

The event type is the code and its exception code narrows it: DE alone is an attempt, DE/A47 a redirect. Express
writes two digits and Ground three, with different meanings (DE/07 is not DE/007): no zero is ever stripped.
FedEx reuses numbers, so one query may answer with two shipments: the unique id is part of the parcel.
"""

from collections.abc import Iterator
from datetime import datetime

from rules.normalize import times
from rules.normalize.decode import Fields, UnusableError, decode
from rules.normalize.history import Parcel, Told, in_order, place, scan
from rules.normalize.names import number
from rules.normalize.reading import fields, items, objects, several, text
from rules.normalize.services import service_level
from rules.normalize.tables import Row, Table, load_table
from schemas.facts import Location, Scan

_RESULT = "$.output.completeTrackResults[].trackResults[]"
_EVENT = f"{_RESULT}.scanEvents[]"
_ADDRESS = ("city", "stateOrProvinceCode", "postalCode", "countryCode")
_TOLD = ("date", "eventType", "exceptionCode", "eventDescription", "exceptionDescription")
_OLD_ADDRESS = ("City", "StateOrProvinceCode", "PostalCode", "CountryCode")
_OLD_TOLD = ("Timestamp", "EventType", "StatusExceptionCode", "EventDescription", "StatusExceptionDescription")
_DETAILS = "TrackReply.CompletedTrackDetails.TrackDetails"
_TIMES_OF = {"DL": "ACTUAL_DELIVERY", "PU": "ACTUAL_PICKUP", "PX": "ACTUAL_PICKUP", "OC": "SHIP"}
"""Statuses whose time stands among the dates of the answer."""


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one FedEx message; two shipments under one number keep apart by their unique ids."""
    document = decode(raw)
    messages = objects(document, "$") if isinstance(document, list) else [document]
    return tuple(one for message in messages for one in _message(message))


def _message(document: Fields) -> Iterator[Scan]:
    body = fields(fields(document, "Envelope"), "Body") if "Envelope" in document else document
    if "TrackReply" in body or "CompletedTrackDetails" in body:
        yield from _reply(fields(body, "TrackReply") or body)
    elif "output" in document or "completeTrackResults" in document:
        output = fields(document, "output") if "output" in document else document
        for complete in items(output, "completeTrackResults", "$.output"):
            for result in items(complete, "trackResults", "$.output.completeTrackResults[]"):
                yield from _result(result, text(complete, "trackingNumber"))
    elif "scanEvents" in document:
        yield from _result(document, text(document, "trackingNumber"))
    elif "errors" not in document and "Fault" not in body:
        raise UnusableError("schema_invalid", "$ is no FedEx message we know; send a Track answer")


def _result(result: Fields, asked: str | None) -> tuple[Scan, ...]:
    events = items(result, "scanEvents", _RESULT) or _latest(result)
    if not events:
        return ()  # not found
    info = fields(result, "trackingNumberInfo", _RESULT)
    service = fields(result, "serviceDetail", _RESULT)
    table = load_table("fedex")
    written = text(info, "trackingNumber", f"{_RESULT}.trackingNumberInfo") or asked
    parcel = Parcel(
        "fedex",
        number("fedex", written, f"{_RESULT}.trackingNumberInfo.trackingNumber"),
        table.version,
        unique_id=text(info, "trackingNumberUniqueId", f"{_RESULT}.trackingNumberInfo"),
        service_level=service_level(text(service, "type", _RESULT) or text(service, "description", _RESULT)),
    )
    found = [one for one in (_event(event, parcel, table) for event in events) if one]
    return in_order(found, newest_first=True, estimate=_estimate(result))


def _latest(result: Fields) -> list[Fields]:
    """The latest status as an event: an answer asked without detailed scans has nothing else."""
    latest = fields(result, "latestStatusDetail", _RESULT)
    code = text(latest, "code", _RESULT)
    if code is None or "error" in result:
        return []
    dates = {text(one, "type"): text(one, "dateTime") for one in items(result, "dateAndTimes", _RESULT)}
    why = next(iter(items(latest, "ancillaryDetails", _RESULT)), {})
    return [
        {
            "date": dates.get(_TIMES_OF.get(code, "")),
            "eventType": code,
            "eventDescription": text(latest, "description", _RESULT) or text(latest, "statusByLocale", _RESULT),
            "exceptionCode": why.get("reason"),
            "exceptionDescription": why.get("reasonDescription"),
            "scanLocation": latest.get("scanLocation"),
        }
    ]


def _event(event: Fields, parcel: Parcel, table: Table) -> Scan | None:
    where = place(*several(fields(event, "scanLocation", _EVENT), _ADDRESS, _EVENT))
    written, *said = several(event, _TOLD, _EVENT)
    return _scan(parcel, table, said, _moment(written, where), where)


def _reply(reply: Fields) -> Iterator[Scan]:
    for completed in items(reply, "CompletedTrackDetails", "TrackReply") or [reply]:
        for details in items(completed, "TrackDetails", "TrackReply"):
            yield from _details(details)


def _details(details: Fields) -> tuple[Scan, ...]:
    events = items(details, "Events", _DETAILS) or _old_latest(details)
    if not events:
        return ()
    table = load_table("fedex")
    parcel = Parcel(
        "fedex",
        number("fedex", text(details, "TrackingNumber", _DETAILS), f"{_DETAILS}.TrackingNumber"),
        table.version,
        unique_id=text(details, "TrackingNumberUniqueIdentifier", _DETAILS),
        service_level=service_level(text(fields(details, "Service", _DETAILS), "Type", _DETAILS)),
    )
    found = [one for one in (_old_event(event, parcel, table) for event in events) if one]
    estimate = times.iso(text(details, "EstimatedDeliveryTimestamp", _DETAILS))
    return in_order(found, newest_first=True, estimate=estimate.at)


def _old_latest(details: Fields) -> list[Fields]:
    latest = fields(details, "StatusDetail", _DETAILS)
    if text(latest, "Code", _DETAILS) is None:
        return []
    why = next(iter(items(latest, "AncillaryDetails", _DETAILS)), {})
    return [
        {
            "Timestamp": latest.get("CreationTime"),
            "EventType": latest.get("Code"),
            "EventDescription": latest.get("Description"),
            "StatusExceptionCode": why.get("Reason"),
            "StatusExceptionDescription": why.get("ReasonDescription"),
            "Address": latest.get("Location"),
        }
    ]


def _old_event(event: Fields, parcel: Parcel, table: Table) -> Scan | None:
    path = f"{_DETAILS}.Events"
    where = place(*several(fields(event, "Address", path), _OLD_ADDRESS, path))
    written, *said = several(event, _OLD_TOLD, path)
    return _scan(parcel, table, said, _moment(written, where), where)


def _scan(
    parcel: Parcel, table: Table, told_of: list[str | None], moment: times.Moment, where: Location | None
) -> Scan | None:
    code, sub_code, word, why = told_of
    printed = f"{code}/{sub_code}" if code and sub_code else code or sub_code
    said = f"{word} - {why}" if word and why and word != why else word or why
    told = Told(printed, said, moment, where)
    return None if told.empty else scan(parcel, told, _row(table, code, sub_code, said))


def _row(table: Table, code: str | None, sub_code: str | None, said: str | None) -> Row | None:
    if not code:
        return None
    code = code.upper()
    narrowed = table.find(f"{code}/{sub_code.upper()}", said) if sub_code else None
    # The event type is FedEx's own code, so a sub-code nobody knows leaves its meaning standing.
    return narrowed or table.find(code, said)


def _moment(written: str | None, where: Location | None) -> times.Moment:
    # Ground writes its pickup as midnight without offset: that is a day, not a time.
    zone = times.zone_of(where.country, where.region) if where else None
    return times.iso(written, zone, midnight_is_day=True)


def _estimate(result: Fields) -> datetime | None:
    window = fields(fields(result, "estimatedDeliveryTimeWindow", _RESULT), "window", _RESULT)
    promised = text(window, "ends", _RESULT) or text(window, "begins", _RESULT)
    if promised is None:
        dates = {text(one, "type"): text(one, "dateTime") for one in items(result, "dateAndTimes", _RESULT)}
        promised = dates.get("ESTIMATED_DELIVERY")
    return times.iso(promised).at
