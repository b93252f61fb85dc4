"""ShipEngine and ShipStation: tracking webhooks and answers.

The status code is coarse ("in transit" is also said on the delivery tour): the status detail code narrows it, and
so does the carrier's own code where our table of that carrier knows it. `DE` is "delivered" here and an exception
at FedEx, so whose code a code is must be known before it is looked up.
"""

import re
from typing import Final
from urllib.parse import parse_qs, urlsplit

from msgspec.structs import replace

from rules.normalize import times
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import ANY, guessed, named, number
from rules.normalize.reading import fields, items, several, text
from rules.normalize.tables import Row, bare_code, load_table
from schemas.facts import Location, Scan

_EVENT: Final = "$.events[]"
_COARSE: Final = ("AC", "IT", "EX", "AT", "UN")
_CARRIER_IN: Final = re.compile(r"^[^?#]*\?(?:[^#]*?&)?carrier_code=([a-z0-9_-]+)(?:&|$)")
_NOT_MAPPED: Final = "CARRIER_STATUS_NOT_MAPPED"


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one ShipEngine message; what is no tracking event gives none."""
    return tuple(one for document in messages(raw) for one in _message(document))


def _message(document: Fields) -> tuple[Scan, ...]:
    document = _snake(document)
    answer = _snake(fields(document, "data")) if isinstance(document.get("data"), dict) else document
    if "events" in answer:
        return _answer(answer, text(document, "resource_url"))
    if {"resource_type", "errors", "tracking_number"} & document.keys():
        return ()
    raise unknown_shape("ShipEngine", "an API_TRACK webhook")


def _answer(answer: Fields, url: str | None) -> tuple[Scan, ...]:
    events = [_snake(event) for event in items(answer, "events")]
    if not events:
        return ()
    bare = number(ANY, text(answer, "tracking_number"), "$.tracking_number")
    # An answer to a question by label names no carrier.
    who = named(text(answer, "carrier_code") or _carrier_in(url) or guessed(bare), "$.carrier_code")
    parcel = Parcel(who, bare, _version())
    if len(events) == 1:
        # An event alone is the one that the answer's own status speaks of.
        events = [{**_top(answer), **{key: value for key, value in events[0].items() if value is not None}}]
    estimate = times.iso(text(answer, "estimated_delivery_date"), midnight_is_day=True).at
    return parcel_scans(
        parcel, events, lambda event: _event(event, who), newest_first=True, estimate=estimate, by_text=True
    )


def _snake(told: Fields) -> Fields:
    """The same fields under the names of the API: its client libraries write `carrierCode` for `carrier_code`."""
    if "".join(told).islower():
        return told
    return {"".join(f"_{char.lower()}" if char.isupper() else char for char in key): told[key] for key in told}


def _version() -> str:
    return load_table("shipengine").version


def _top(answer: Fields) -> Fields:
    names = ("status_code", "status_detail_code", "carrier_status_code")
    return {name: answer[name] for name in names if answer.get(name) is not None}


def _carrier_in(url: str | None) -> str | None:
    """The carrier in the query of the resource's address, its only place in a webhook."""
    plain = _CARRIER_IN.search(url or "")
    if plain:
        return plain[1]
    try:
        return parse_qs(urlsplit(url or "").query).get("carrier_code", [None])[0]
    except ValueError:
        return None


def _event(event: Fields, who: str) -> Reading:
    table = load_table("shipengine")
    status, event_code = text(event, "status_code", _EVENT), text(event, "event_code", _EVENT)
    if status is None and event_code and event_code.upper() in table.rows:
        status = event_code
    own = text(event, "carrier_status_code", _EVENT) or (event_code if event_code != status else None)
    detail = text(event, "status_detail_code", _EVENT)
    where = place(*several(event, ("city_locality", "state_province", "postal_code", "country_code"), _EVENT))
    said = text(event, "description", _EVENT) or text(event, "event_description", _EVENT)
    code = "/".join(dict.fromkeys(part for part in (status, detail, own) if part)) or None
    return Told(code, said, _moment(event, where), where), _row(who, (status, detail, own), said)


def _row(who: str, codes: tuple[str | None, str | None, str | None], said: str | None) -> Row | None:
    status, detail, own = codes
    table = load_table("shipengine")
    by_status = table.find(status.upper()) if status else None
    by_carrier = bare_code(who, own, said) if status is None or status.upper() in _COARSE else None
    if detail == _NOT_MAPPED:
        return by_carrier
    by_detail = table.find(f"detail:{detail}") if detail else None
    if by_detail is not None and (by_status is None or by_detail.state is not None):
        return by_detail
    return by_carrier or by_detail or by_status


def _moment(event: Fields, where: Location | None) -> times.Moment:
    """The UTC field as sent; where the local field beside it disagrees with the place, it is no better than naive."""
    zone = times.zone_of(where.country, where.region) if where else None
    written = text(event, "occurred_at", _EVENT) or text(event, "event_date", _EVENT)
    local = times.iso(text(event, "carrier_occurred_at", _EVENT), zone)
    moment = times.iso(written, zone)
    if moment.at is None:
        return local
    if moment.quality == "offset":
        return replace(moment, quality="naive" if local.at and local.at != moment.at else "gmt_field")
    return moment
