"""Source `wismo`: our own shapes, already in our words."""

from collections.abc import Iterable
from typing import TypeVar

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rules.normalize.decode import UnusableError, decode_json
from rules.normalize.history import in_order_by_parcel, of_a_return, place
from rules.normalize.names import ANY, carrier, number
from rules.normalize.own_scan import Place, QuickScan, Times, quick
from schemas.codec import digest
from schemas.facts import (
    Action,
    Customer,
    Destination,
    Location,
    Money,
    OrderChange,
    OrderShipment,
    Scan,
    TicketChange,
)
from schemas.raw import RawAction, RawOrder, RawParcel, RawPlace, RawScan, RawTicket

Model = TypeVar("Model", bound=BaseModel)
Part = TypeVar("Part", bound=Struct)
_SHAPE_ERRORS = ("missing", "string_pattern_mismatch")


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scan, or the list of scans, of one message."""
    document = decode_json(raw)
    if isinstance(document, list):
        return in_order_by_parcel([_scan(one, f"$[{at}]") for at, one in enumerate(document)])
    return (_scan(document),)


def order(raw: bytes) -> tuple[OrderChange, ...]:
    """The order event of one message."""
    event = _read(RawOrder, decode_json(raw))
    return (_change(event, digest(raw)),)


def ticket(raw: bytes) -> tuple[TicketChange, ...]:
    """The ticket event of one message."""
    event = _read(RawTicket, decode_json(raw))
    tracking = event.tracking_number and number(ANY, event.tracking_number, "$.tracking_number")
    return (replace(_plain(event, TicketChange), tracking_number=tracking),)


def action(raw: bytes) -> Action:
    """The operator's action of one message."""
    event = _read(RawAction, decode_json(raw))
    told = event.model_dump(exclude={"shipment_id", "subject_id"})
    return Action(**told, shipment_id=event.shipment_id or event.subject_id or "")


def _read(model: type[Model], document: object, path: str = "$") -> Model:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        raise _refusal(details, path) from None


def _refusal(details: list[ErrorDetails], path: str) -> UnusableError:
    shape = [one for one in details if one["type"].endswith("_type") or one["type"] in _SHAPE_ERRORS]
    first = (shape or details)[0]
    where = path + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
    what = first["msg"].removeprefix("Value error, ")
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    return UnusableError("schema_invalid" if shape else "semantic_invalid", f"{where}: {what}{more}")


def _scan(document: object, path: str = "$") -> Scan:
    found = quick(document)
    if found is not None:
        return _made(*found, document, path)
    event = _read(RawScan, document, path)
    return _made(event, Times(event.occurred_at, event.estimated_delivery_at), document, path)


def _made(event: RawScan | QuickScan, when: Times, document: object, path: str) -> Scan:
    who = _carrier(event.carrier, path)
    direction = event.direction or "outbound"
    # `unknown` means that there is no usable scan yet, so a scan that says it changes nothing.
    state, flags = None if event.status == "unknown" else event.status, tuple(dict.fromkeys(event.flags))
    if direction == "return":
        state, flags = of_a_return(state, flags)
    return Scan(
        carrier=who,
        tracking_number=number(who, event.tracking_number, f"{path}.tracking_number"),
        state=state,
        reason=event.reason,
        flags=flags,
        direction=direction,
        occurred_at=when.occurred_at,
        time_quality="offset" if when.occurred_at else "missing",
        raw_time=_raw_time(document),
        code=event.code or None,
        description=event.description or None,
        location=_place(event.location),
        estimated_delivery_at=when.estimated_delivery_at,
        scan_id=event.scan_id or None,
        service_level=event.service_level,
    )


def _place(where: RawPlace | Place | None) -> Location | None:
    return place(where.city, where.region, where.postal_code, where.country) if where else None


def _raw_time(document: object) -> str | None:
    written = document.get("occurred_at") if isinstance(document, dict) else None
    return written if isinstance(written, str) else None


def _carrier(written: str, path: str) -> str:
    who = carrier(written)
    if not who:
        raise UnusableError("semantic_invalid", f"{path}.carrier holds no letter or digit; name the carrier, e.g. ups")
    return who


def _change(event: RawOrder, tie: str) -> OrderChange:
    given = event.model_fields_set
    plain = {
        name: getattr(event, name) if name in given else UNSET
        for name in ("customer_id", "storefront", "channel", "promise_date", "needed_by", "replacement_for")
    }
    return OrderChange(
        event=event.event,
        order_id=event.order_id,
        at=event.at,
        tie=tie,
        value=_part(event, "value", Money),
        customer=_part(event, "customer", Customer),
        destination=_part(event, "destination", Destination),
        shipments=tuple(_parcels(event.shipments or ())),
        **plain,
    )


def _parcels(parcels: Iterable[RawParcel]) -> Iterable[OrderShipment]:
    for position, parcel in enumerate(parcels):
        who = _carrier(parcel.carrier, f"$.shipments[{position}]")
        yield OrderShipment(
            carrier=who,
            tracking_number=number(who, parcel.tracking_number, f"$.shipments[{position}].tracking_number"),
            service_level=parcel.service_level,
            direction=parcel.direction,
            shipped_at=parcel.shipped_at,
        )


def _part(event: RawOrder, name: str, struct: type[Part]) -> Part | None | UnsetType:
    if name not in event.model_fields_set:
        return UNSET
    given = getattr(event, name)
    return None if given is None else _plain(given, struct)


def _plain(model: BaseModel, struct: type[Part]) -> Part:
    return struct(**{name: getattr(model, name) for name in type(model).model_fields})
