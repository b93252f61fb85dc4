"""EasyPost: the tracker, and the tracker webhooks that carry one.

EasyPost speaks for many carriers. Where it passes on a carrier's code that our table of that carrier knows, the
code decides; else its own status does, narrowed by its status detail, and by text where the status is coarse (a
pickup scan comes as in_transit / arrived_at_facility).
"""

from typing import Final

from msgspec.structs import replace

from rules.normalize import times
from rules.normalize.decode import Fields, UnusableError, decode
from rules.normalize.history import Parcel, Told, in_order, place, scan
from rules.normalize.names import carrier, number
from rules.normalize.reading import fields, items, objects, several, text
from rules.normalize.services import service_level
from rules.normalize.tables import Row, Table, bare_code, load_table
from schemas.facts import Scan

_SAYS_NOTHING: Final = (None, "status_update", "unknown")
_COARSE: Final = ("in_transit", "failure", "unknown", "error")
_ADDRESS: Final = ("city", "state", "zip", "country")
_TOLD: Final = ("datetime", "status", "carrier_code", "message")
_DETAIL: Final = "$.tracking_details[]"


def scans(raw: bytes) -> tuple[Scan, ...]:
    """The scans of one EasyPost message."""
    document = decode(raw)
    messages = objects(document, "$") if isinstance(document, list) else [document]
    return tuple(one for message in messages for one in _message(message))


def _message(document: Fields) -> tuple[Scan, ...]:
    kind = text(document, "object")
    if kind == "Event" or "result" in document:
        result = fields(document, "result")
        return _tracker(result) if text(result, "object") == "Tracker" else ()
    if kind == "Tracker" or "tracking_details" in document:
        return _tracker(document)
    if "trackers" in document:
        return tuple(one for tracker in items(document, "trackers") for one in _tracker(tracker))
    if "events" in document:
        return tuple(one for event in items(document, "events") for one in _message(event))
    if "error" in document:
        return ()
    raise UnusableError("schema_invalid", "$ is no EasyPost message we know; send a Tracker or a tracker event")


def _tracker(tracker: Fields) -> tuple[Scan, ...]:
    details = items(tracker, "tracking_details")
    if not details:
        return ()
    who = carrier(text(tracker, "carrier") or "")
    if not who:
        raise UnusableError("semantic_invalid", "$.carrier is empty; a scan needs the carrier of its parcel")
    table = load_table("easypost")
    parcel = Parcel(
        who,
        number(who, text(tracker, "tracking_code"), "$.tracking_code"),
        table.version,
        # is_return means a return label; a parcel being returned to its sender has it false.
        direction="return" if tracker.get("is_return") is True else "outbound",
        service_level=service_level(text(fields(tracker, "carrier_detail"), "service")),
    )
    found = [one for one in (_detail(detail, parcel, table) for detail in details) if one]
    estimate = times.iso(text(tracker, "est_delivery_date")).at
    return in_order(found, newest_first=False, estimate=estimate, by_text=True)


def _detail(detail: Fields, parcel: Parcel, table: Table) -> Scan | None:
    where = place(*several(fields(detail, "tracking_location", _DETAIL), _ADDRESS, f"{_DETAIL}.tracking_location"))
    written, status, code, message = several(detail, _TOLD, _DETAIL)
    moment = times.iso(written, times.zone_of(where.country, where.region) if where else None)
    said = message or text(detail, "description", _DETAIL)
    told = Told(code or status, said, moment, where)
    if told.empty:
        return None
    row = bare_code(parcel.carrier, code, said)
    return scan(parcel, told, row or _of_status(table, status, text(detail, "status_detail", _DETAIL), said))


def _of_status(table: Table, status: str | None, detail: str | None, said: str | None) -> Row | None:
    """What status, status detail and, where these are coarse, the text mean."""
    if not status:
        return None
    by_status = table.find(status, said)
    if by_status is None or detail in _SAYS_NOTHING:
        return by_status
    by_both = table.find(f"{status}/{detail}")
    if by_both is not None:
        return by_both
    by_detail = table.find(f"detail:{detail}")
    if by_detail is None:
        return by_status
    if status in _COARSE and by_status is table.rows.get(status):
        return by_detail
    if by_detail.reason and not by_status.reason and by_detail.state == by_status.state:
        return replace(by_status, reason=by_detail.reason)
    return by_status
