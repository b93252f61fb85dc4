"""Amazon Shipping: tracking answers and notifications, and the consumer page whose parts are JSON in texts.

An event of type RETURNS belongs to the way back: delivered there is back at the sender. The detail codes of the
summary say more about the latest event of their way.
"""

from typing import Final

from msgspec.structs import replace

from rules.normalize import stamps, times
from rules.normalize.decode import Fields, UnusableError, decode_json
from rules.normalize.feed import Reading, parcel_scans
from rules.normalize.history import Parcel, Told, in_order, of_a_return, place
from rules.normalize.names import number, unnamed
from rules.normalize.reading import fields, items, text, texts
from rules.normalize.tables import Row, load_table
from schemas.facts import Location, Scan

_EVENT: Final = "$.payload.eventHistory[]"
_DETAILED: Final = ("Delivered", "DeliveryAttempted", "Rejected", "Undeliverable")
_TOO_OLD: Final = "SHIPMENT_OLDER_THAN_SUPPORTED_AGE"


def shipping(body: Fields, source: str) -> tuple[Scan, ...]:
    """The scans of one tracking answer or notification."""
    events = items(body, "eventHistory", "$.payload") or _alone(body)
    if not events:
        return ()
    bare = number(source, text(body, "trackingId", "$.payload"), "$.payload.trackingId")
    parcel = Parcel(source, bare, load_table("amazon").version)
    both: list[Scan] = []
    for way in ("outbound", "return"):
        own = [event for event in events if _way(event) == way]
        both += _detailed(parcel_scans(replace(parcel, direction=way), own, _event, newest_first=False), body, way)
    estimate = times.iso(text(body, "promisedDeliveryDate", "$.payload")).at
    return in_order(both, newest_first=False, estimate=estimate)


def page(body: Fields, source: str) -> tuple[Scan, ...]:
    """The scans of the consumer tracking page, which seldom says whose it is."""
    progress = _written(body, "progressTracker")
    if any(text(error, "errorCode") == _TOO_OLD for error in items(progress, "errors")):
        # The status beside it is a placeholder and no scan.
        return ()
    events = items(_written(body, "eventHistory"), "eventHistory", "$.eventHistory")
    if not events:
        return ()
    meta = fields(fields(progress, "summary"), "metadata")
    named = text(body, "trackingId") or text(progress, "trackingId") or _value(meta, "trackingId")
    first = min((text(one, "eventTime", _EVENT) or "", text(one, "eventCode", _EVENT) or "") for one in events)
    bare = number(source, named or unnamed(*first), "$.trackingId")
    estimate = stamps.read(text(progress, "expectedDeliveryDate")).at
    parcel = Parcel(source, bare, load_table("amazon").version)
    return parcel_scans(parcel, events, _page_event, newest_first=True, estimate=estimate)


def _way(event: Fields) -> str:
    return "return" if (text(event, "shipmentType", _EVENT) or "").upper().startswith("RETURN") else "outbound"


def _event(event: Fields) -> Reading:
    code = text(event, "eventCode", _EVENT)
    where = _place(event)
    zone = times.zone_of(where.country, where.region) if where else None
    told = Told(code, text(event, "eventDescription", _EVENT), times.iso(text(event, "eventTime", _EVENT), zone), where)
    table = load_table("amazon")
    return told, (table.find(code) or table.find(f"status:{code}")) if code else None


def _alone(body: Fields) -> list[Fields]:
    """The event pushed alone, or the package's status where no event comes."""
    status = text(fields(body, "summary", "$.payload"), "status", "$.payload.summary")
    return [body] if "eventCode" in body else [{"eventCode": status}] if status else []


def _place(event: Fields) -> Location | None:
    told = fields(event, "location", _EVENT)
    region = text(told, "stateOrRegion", _EVENT) or text(told, "stateProvince", _EVENT)
    city, postal_code = text(told, "city", _EVENT), text(told, "postalCode", _EVENT)
    return place(city, region, postal_code, text(told, "countryCode", _EVENT))


def _detailed(scans: tuple[Scan, ...], body: Fields, way: str) -> tuple[Scan, ...]:
    """The same scans, the latest with what the summary's detail codes say of it."""
    if not scans or scans[-1].code not in _DETAILED:
        return scans
    summary = fields(body, "summary", "$.payload")
    codes = fields(summary, "trackingDetailCodes", "$.payload.summary")
    latest = scans[-1]
    for detail in texts(codes, "forward" if way == "outbound" else "returns", "$.payload.summary"):
        table = load_table("amazon")
        row = table.find(f"{latest.code}/{detail}") or table.find(f"detail:{detail}")
        if row is not None:
            return (*scans[:-1], _narrowed(latest, row, way))
    return scans


def _narrowed(latest: Scan, row: Row, way: str) -> Scan:
    state, flags = row.state, row.flags
    if way == "return":
        state, flags = of_a_return(state, flags)
    return replace(latest, state=state, reason=row.reason, flags=flags)


def _page_event(event: Fields) -> Reading:
    code = text(event, "eventCode", _EVENT)
    label = text(fields(event, "statusSummary", _EVENT), "localisedStringId", _EVENT)
    where = _place(event)
    zone = times.zone_of(where.country, where.region) if where else None
    told = Told(code or label, label, stamps.read(text(event, "eventTime", _EVENT), zone), where)
    return told, _page_row(code, label)


def _page_row(code: str | None, label: str | None) -> Row | None:
    table = load_table("amazon")
    by_code = (table.find(code) or table.find(f"page:{_snake(code)}")) if code else None
    if by_code or code or not label:
        return by_code
    return table.find(f"page:{_snake(label).removeprefix('SWA_REX_').removeprefix('DETAIL_')}")


def _snake(word: str) -> str:
    """`OutForDelivery` as `OUT_FOR_DELIVERY`; what is in capitals stays."""
    if word.isupper() or "_" in word:
        return word.upper()
    return "".join(f"_{char}" if char.isupper() and at else char for at, char in enumerate(word)).upper()


def _written(body: Fields, key: str) -> Fields:
    """An object that may be written as a text of JSON."""
    value = body.get(key)
    if not isinstance(value, str) or not value.strip():
        return fields(body, key)
    inner = decode_json(value.encode("utf-8", "surrogatepass"))
    if inner is None:
        return {}
    if not isinstance(inner, dict):
        raise UnusableError("schema_invalid", f"$.{key} is not an object; send the sender's body as it came")
    return inner


def _value(meta: Fields, key: str) -> str | None:
    told = meta.get(key)
    return text(told, "stringValue") if isinstance(told, dict) else text(meta, key)
