"""What was known of a subject, as a case of a twin tells it: no names, numbers or ids of its own."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from rules.explaining.listening import Heard
from rules.state import Shipment, Standstill
from rules.twin_orders import CUSTOMER, DATES, NUMBER, PARCEL, PLACE, TIMES, TwinCase
from schemas.facts import Fact, Location, Order, OrderShipment, Scan, ScansFact, TicketFact, base_id

_SCAN: Final = ("reason", "flags", "direction", "service_level", "mapping_version", "undoes", "code")
_PLACE: Final = ("city", "region", "country")
_TICKET: Final = ("intent", "stated_state")


def told_case(heard: Heard, subject: str, now: datetime, *, texts: bool) -> TwinCase:
    """Everything that a case can say of what was heard by `now`, but what is as it usually is.

    Args:
        heard: the subject, with its facts up to then.
        subject: what the kind is an exception of.
        now: the moment of the case.
        texts: with the senders' own words, which may hold names.
    """
    shipment = heard.shipment
    assert shipment is not None
    case: TwinCase = {"subject": subject} if subject != "shipment" else {}
    if subject != "order":
        case["carrier"] = shipment.carrier
    scans = _each_once(list(_scans(fact, texts=texts)) for fact in heard.facts if isinstance(fact, ScansFact))
    told = {
        "order": _order(shipment.order, shipment.parcel) if shipment.order else None,
        "parcels": _parcels(shipment),
        "scans": [one[0] if len(one) == 1 else one for one in scans],
        "tickets": list(_tickets(heard.facts)),
        "siblings": _siblings(shipment),
        "incident": _incident(shipment.incident) if shipment.incident else None,
        "feeds": list(_feeds(heard, shipment)),
        "messages_sent": len(shipment.sent),
    }
    return {**case, **{name: value for name, value in told.items() if value}, "now": now}


def _scans(fact: ScansFact, *, texts: bool) -> Iterator[dict[str, Any]]:
    for scan in fact.scans:
        said: dict[str, Any] = {"state": scan.state, "at": scan.occurred_at, "heard": fact.received_at}
        said |= {name: _listed(getattr(scan, name)) for name in _SCAN if _tells(scan, name)}
        if scan.location is not None and (place := _only(scan.location, _PLACE)):
            said["place"] = place
        if scan.time_quality != ("offset" if scan.occurred_at else "missing"):
            said["quality"] = scan.time_quality
        if scan.estimated_delivery_at is not None:
            said["estimate"] = scan.estimated_delivery_at
        if not scan.mapped:
            said["mapped"] = False
        if texts and scan.description:
            said["description"] = scan.description
        yield said


def _each_once(messages: Iterable[list[dict[str, Any]]]) -> list[list[dict[str, Any]]]:
    """Without messages of one scan that was told before: it says nothing new."""
    known: list[dict[str, Any]] = []
    kept = []
    for scans in messages:
        told = [{name: value for name, value in one.items() if name != "heard"} for one in scans]
        if len(told) > 1 or told[0] not in known:
            kept.append(scans)
        known += told
    return kept


def _tells(scan: Scan, name: str) -> bool:
    value = getattr(scan, name)
    return bool(value) and (name, value) != ("direction", "outbound")


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _only(thing: Location | Order | OrderShipment | Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(thing, name)) is not None}


def _order(order: Order, parcel: OrderShipment | None) -> dict[str, Any]:
    said: dict[str, Any] = {"at": order.at, **_only(order, (*TIMES, *DATES))}
    if order.customer is not None:
        said |= _only(order.customer, CUSTOMER)
    if order.value is not None:
        said["amount"] = order.value.amount
    if order.storefront:
        said["storefront"] = order.storefront
    if order.replacement_for is not None:
        said["replacement_for"] = "A-1000"
    said |= {"country": None} if order.destination is None else {"country": None, **_only(order.destination, PLACE)}
    return said if parcel is None else {**said, **_only(parcel, PARCEL)}


def _names(shipment: Shipment) -> dict[str, str]:
    """The numbers of the order's parcels, and what a case calls them."""
    own = base_id(shipment.shipment_id)
    others = [one for one in (shipment.order.shipments if shipment.order else ()) if one.shipment_id != own]
    return {own: NUMBER, **{one.shipment_id: f"OTHER{place}" for place, one in enumerate(others, start=1)}}


def _parcels(shipment: Shipment) -> list[Any] | None:
    if shipment.order is None or (len(names := _names(shipment)) == 1 and shipment.order.shipments):
        return None
    return [_parcel(one, names[one.shipment_id], shipment.carrier) for one in shipment.order.shipments]


def _parcel(one: OrderShipment, name: str, carrier: str) -> Any:
    said = {"carrier": one.carrier} if one.carrier != carrier else {}
    said |= {} if name == NUMBER else _only(one, PARCEL)
    return {"number": name, **said} if said else name


def _siblings(shipment: Shipment) -> dict[str, datetime]:
    names = _names(shipment)
    return {f"{name.partition(':')[0]}:{names[name]}": at for name, at in shipment.siblings.items() if name in names}


def _tickets(facts: list[Fact]) -> Iterator[dict[str, Any]]:
    names: dict[str, str] = {}
    for fact in facts:
        if isinstance(fact, TicketFact):
            name = names.setdefault(fact.ticket.ticket_id, f"T-{len(names) + 1}")
            said = {"ticket_id": name, "event": fact.ticket.event, "at": fact.ticket.at, **_only(fact.ticket, _TICKET)}
            yield said if fact.linked_by != "customer_id" else {**said, "linked_by": "customer_id"}


def _incident(one: Standstill) -> dict[str, Any]:
    return {"place": one.place, **_only(one, ("since", "affected", "share", "usual"))}


def _feeds(heard: Heard, shipment: Shipment) -> Iterator[dict[str, Any]]:
    """What the carrier's feed was told to be: each silence begins, and ends when it is heard again."""
    carrier = shipment.carrier
    feed = heard.feeds.carriers.get(carrier)
    if feed is None or (not feed.silences and shipment.subject != "carrier"):
        return
    for silence in feed.silences:
        yield {"carrier": carrier, "heard_at": silence.start, "silent_from": silence.start}
        if silence.end is not None:
            yield {"carrier": carrier, "heard_at": silence.end}
    if shipment.subject == "carrier":
        lasting = {"silent_from": feed.silence.start} if feed.silence else {}
        said = {"carrier": carrier, "heard_at": feed.heard_at, "in_flight": feed.in_flight, **lasting}
        yield {**said, **_only(feed, ("observed", "expected"))}
