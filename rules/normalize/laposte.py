"""La Poste and its carriers Colissimo and Chronopost: the common tracking API (JSON), and each one's web service.

The common API answers for all three with its own codes and names the product; its timeline repeats the events.
"""

from collections.abc import Iterator
from typing import Final

from rules.normalize import times
from rules.normalize.decode import Fields
from rules.normalize.feed import Reading, body, is_error, messages, parcel_scans, unknown_shape
from rules.normalize.history import Parcel, Told, place
from rules.normalize.names import number
from rules.normalize.reading import fields, items, text
from rules.normalize.tables import load_table
from schemas.facts import Scan

_PRODUCTS: Final = ("colissimo", "chronopost")
_SHIPMENT: Final = "$.shipment"
_RETURN: Final = "return"
_LISTS: Final = ("listEventInfoComp", "listEvents")
_ERRORS: Final = ("returnCode", "Fault", "error", "errors", "errorCode", "status", "message")


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one La Poste message."""
    return _scans(raw, "laposte")


def colissimo(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one Colissimo message."""
    return _scans(raw, "colissimo")


def chronopost(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one Chronopost message."""
    return _scans(raw, "chronopost")


def _scans(raw: bytes, sender: str) -> tuple[Scan, ...]:
    return tuple(one for document in messages(raw) for one in _message(document, sender))


def _message(document: Fields, sender: str) -> Iterator[Scan]:
    answer = body(document)
    if "shipment" in document:
        yield from _shipment(fields(document, "shipment"), sender)
    elif "parcel" in document:
        for parcel in items(document, "parcel"):
            yield from _timeline(parcel, sender)
    else:
        replies = list(_replies(answer))
        for reply in replies:
            yield from _found(reply, sender) if "listParcel" in reply else _reply(reply, sender)
        if not replies and not is_error(document, _ERRORS) and "Fault" not in answer:
            raise unknown_shape("La Poste", "a tracking answer")


def _replies(answer: Fields) -> Iterator[Fields]:
    """What stands under `return`, with or without the name of the operation around it."""
    for holder in (answer, *(one for one in answer.values() if isinstance(one, dict))):
        if _RETURN in holder:
            yield from items(holder, _RETURN)


def _parcel(carrier: str, table: str, written: str | None, path: str) -> Parcel:
    return Parcel(carrier, number(carrier, written, path), load_table(table).version)


def _shipment(shipment: Fields, sender: str) -> tuple[Scan, ...]:
    events = items(shipment, "event", _SHIPMENT)
    if not events:
        return ()
    product = (text(shipment, "product", _SHIPMENT) or "").lower()
    carrier = next((one for one in _PRODUCTS if one in product), sender)
    parcel = _parcel(carrier, "laposte", text(shipment, "idShip", _SHIPMENT), f"{_SHIPMENT}.idShip")
    estimate = times.iso(text(shipment, "estimDate", _SHIPMENT), times.zone_of("FR")).at
    names = ("code", "date", "label", "siteName", "siteZipCode")
    return parcel_scans(
        parcel, events, lambda event: _read(event, names, "laposte"), newest_first=True, estimate=estimate
    )


def _timeline(about: Fields, sender: str) -> tuple[Scan, ...]:
    events = items(about, "event", "$.parcel")
    if not events:
        return ()
    parcel = _parcel(sender, sender, text(about, "parcelNumber", "$.parcel"), "$.parcel.parcelNumber")
    names = ("code", "date", "labelLong", "siteName", "siteZipCode")
    return parcel_scans(parcel, events, lambda event: _read(event, names, sender), newest_first=True)


def _found(reply: Fields, sender: str) -> Iterator[Scan]:
    """The parcels of a search (Chronopost), each with its latest event."""
    for found in items(reply, "listParcel", _RETURN):
        latest = found.get("significantEvent")
        yield from _reply({"listEvents": {"events": latest, "skybillNumber": found.get("skybillNumber")}}, sender)


def _reply(reply: Fields, sender: str) -> tuple[Scan, ...]:
    """A list of events (Chronopost), or the latest event alone (Colissimo)."""
    held = next((fields(reply, name, _RETURN) for name in _LISTS if name in reply), reply)
    names = ("code", "eventDate", "eventLabel", "officeLabel", "zipCode")
    events = items(held, "events", _RETURN)
    if not events and text(reply, "eventCode", _RETURN):
        names, events = ("eventCode", "eventDate", "eventLibelle", "eventSite", ""), [reply]
    if not events:
        return ()
    parcel = _parcel(sender, sender, text(held, "skybillNumber", _RETURN), f"{_RETURN}.skybillNumber")
    return parcel_scans(parcel, events, lambda event: _read(event, names, sender), newest_first=False)


def _read(event: Fields, names: tuple[str, str, str, str, str], table: str) -> Reading:
    code, when, said, site, zip_code = (text(event, name, "events[]") for name in names)
    told = Told(
        code, said or text(event, "label"), times.iso(when, times.zone_of("FR")), place(site, None, zip_code, None)
    )
    if code is None:
        return told, None
    # The codes of the common API and of each carrier never look alike, and each may pass on the other's.
    return told, load_table(table).find(code.upper(), said) or load_table("laposte").find(code.upper(), said)
