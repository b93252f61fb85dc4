"""GLS: the Track and Trace API of the group, the older public API and web answer, ShipIT and MyGLS, JSON and SOAP.

The group's API has codes of its own (`DELIVD.NORMAL`). The older ones have numbers (`3.0`), coarse stages (ShipIT's
"HUB" is also said of a parcel that could not be delivered) or no code at all, and the same English texts: there the
text decides where the code is coarse, unknown or missing. MyGLS counts its statuses (key `my:5`).
"""

from collections.abc import Iterator
from typing import Final

from rules.normalize import clocks, stamps, times
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, body, is_error, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import number
from rules.normalize.reading import fields, items, text
from rules.normalize.tables import Row, load_table
from schemas.facts import Location, Scan

_PARCEL: Final = "$.parcels[]"
_EVENT: Final = f"{_PARCEL}.events[]"
_LISTS: Final = ("events", "history", "History", "ParcelStatusList")
_NUMBERS: Final = ("unitno", "tuNo", "TuNo", "ParcelNumber", "parcelNumber")
_TRACKS: Final = ("trackid", "TrackID", "requested")
_HOLDERS: Final = ("parcels", "tuStatus", "UnitDetail", "UnitItems")
_OPERATIONS: Final = ("GetTuDetailResponse", "GetParcelDetailsResponse", "TUDetailResponse", "FindParcelsResponse")
_ERRORS: Final = ("errors", "error", "errorCode", "exceptionText", "message", "ErrorCode", "ExitCode")
_CODES: Final = ("code", "Code", "StatusCode")
_TEXTS: Final = ("description", "evtDscr", "Description", "Desc", "StatusDescription")
_TIMES: Final = ("eventDateTime", "timestamp", "Date", "StatusDate")
_CITIES: Final = ("city", "LocationName", "Location", "location", "DepotCity")
_COUNTRIES: Final = ("country", "countryCode", "Country", "CountryName", "countryName")
_CLOCK: Final = ("Year", "Month", "Day", "Hour", "Minut")
_COARSE: Final = frozenset(("DATA_RECEIVED", "PICKUP", "HUB", "DELIVERY_DEPOT", "IN_DELIVERY", "DELIVERED"))
"""Stages of ShipIT, whose text says more."""


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one GLS message."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> Iterator[Scan]:
    answer = body(document)
    answer = next((fields(answer, name) for name in _OPERATIONS if name in answer), answer)
    holder = next((name for name in _HOLDERS if name in answer), None)
    if holder:
        for parcel in items(answer, holder):
            yield from _parcel(parcel)
    elif any(name in answer for name in _LISTS):
        yield from _parcel(answer)
    elif "Fault" not in answer and not is_error(answer, _ERRORS):
        raise unknown_shape("GLS", "a tracking answer")


def _parcel(about: Fields) -> tuple[Scan, ...]:
    events = next((found for found in (items(about, name, _PARCEL) for name in _LISTS) if found), [])
    status = _first(about, ("status", "Status"))
    if not events and status:
        # The parcel's status alone; beside events it may be days younger than the latest of them.
        events = [{"code": status, "eventDateTime": about.get("statusDateTime") or about.get("timestamp")}]
    if not events:
        return ()
    counted = "ParcelStatusList" in about
    parcel = Parcel("gls", number("gls", _number(about), f"{_PARCEL}.unitno"), load_table("gls").version)
    return parcel_scans(parcel, events, lambda event: _event(event, counted=counted), newest_first=True)


def _number(about: Fields) -> str | None:
    listed = {text(one, "type"): text(one, "value") for one in items(about, "references", _PARCEL)}
    return _first(about, _NUMBERS) or listed.get("UNITNO") or _first(about, _TRACKS)


def _event(event: Fields, *, counted: bool) -> Reading:
    where = _place(event)
    code, said = _first(event, _CODES), _first(event, _TEXTS)
    told = Told(code, said, _moment(event, times.zone_of(where.country) if where else None), where)
    return told, _row(f"my:{code.lstrip('0')}" if code and counted else code, said)


def _row(code: str | None, said: str | None) -> Row | None:
    table = load_table("gls")
    key = (code or "").upper()
    by_code = table.find(key if not key.startswith("MY:") else key.lower(), said) if key else None
    if by_code is not None and key not in _COARSE:
        return by_code
    # An unknown code of the group's own API must never look healthy; a number or a stage has its text.
    plain = not key or key in _COARSE or key.replace(".", "").isdigit()
    by_text = table.find("*", said) if plain and said else None
    return by_text or by_code


def _moment(event: Fields, zone: times.Zone) -> times.Moment:
    name = next((one for one in _TIMES if event.get(one)), "date")
    parts = event.get(name)
    if isinstance(parts, dict):
        year, month, day, hour, minute = (text(parts, one, _EVENT) or "0" for one in _CLOCK)
        return clocks.moment(f"{year}-{month}-{day}", f"{hour}:{minute.zfill(2)}", zone)
    written, clock = text(event, name, _EVENT), text(event, "time", _EVENT)
    if clock:
        return clocks.moment(written, clock, zone)
    return stamps.read(written, zone, order="dmy")


def _place(event: Fields) -> Location | None:
    address = fields(event, "address", _EVENT) or event
    country = clocks.country(_first(address, _COUNTRIES))
    return place(_first(address, _CITIES), None, text(address, "postalCode", _EVENT), country)


def _first(about: Fields, names: tuple[str, ...]) -> str | None:
    return next((one for one in (text(about, name, _EVENT) for name in names) if one), None)
