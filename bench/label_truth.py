"""What a recording shows of each kind of exception, measured with plain code of its own.

Of each parcel and kind: `surely`, the cause is in the data as things happened; `possibly`, it is there as they were
heard, late news and mistakes of the sender included. A label counts where its cause surely shows; a case is natural
where no label backs it and its cause possibly shows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from bench.label_reading import NOTHING, Parcel, Read, Sale, Seen
from rules.calendar import calendar_of
from rules.loading import load_policy
from schemas.facts import base_id

HANDS: Final = frozenset(("picked_up", "in_transit", "delayed", "attempted", "out_for_delivery"))
_OVER: Final = frozenset(("delivered", "returned", "damaged"))
_CUSTOMS: Final = frozenset(("customs_hold", "customs_processing"))
_AT_ONCE: Final = frozenset(("documentation", "payment_due"))
_ADDRESS: Final = frozenset(("address_issue", "missing_data", "undeliverable", "action_required"))
_BROKEN: Final = frozenset(("damaged", "delivered_damaged", "damaged_after_delivery", "destroyed_or_seized"))
_UNKNOWN: Final = frozenset(("no_info", "invalid_number"))
_MINUTE: Final = timedelta(minutes=1)
_PROOF: Final = ("signed", "signature", "proof", "photo", "pod")

_OF_RETURNS: Final = frozenset(("damaged", "lost_declared", "contradictory_scans", "status_unmapped"))
"""What a return that is a shipment of its own can have."""

Shows = tuple[bool, bool]
"""(surely, possibly)."""
NO: Final[Shows] = (False, False)


@dataclass(frozen=True, slots=True)
class Truth:
    """Asks a recording of one parcel and kind."""

    read: Read
    limits: dict[str, Any]
    """The shipped thresholds by dotted path."""

    def shows(self, kind: str, parcel: Parcel) -> Shows:
        """Whether the cause of a kind is in the data of a parcel."""
        if parcel.is_return and kind not in _OF_RETURNS:
            return NO
        if kind in _SCANS:
            return _told(parcel, _SCANS[kind])
        return _ASKED[kind](self, parcel) if kind in _ASKED else NO

    def span(self, path: str, parcel: Parcel, *, held: bool = False) -> timedelta:
        """A threshold for a parcel: halves of a replacement, doubles of what is held on purpose."""
        found: timedelta = self.limits[path]
        found = found * self.limits["replacement.threshold_factor"] if parcel.is_replacement else found
        return found * self.limits["stalled.held_factor"] if held else found

    def lasted(self, parcel: Parcel, start: datetime, ends: tuple[datetime, datetime], limit: timedelta) -> Shows:
        """Whether a span reached a limit as it happened (a minute and more before its end), and as it was heard."""
        happened, heard = (self.read.worked(parcel.carrier, start, end) for end in ends)
        return happened >= limit + _MINUTE, heard >= limit


def truth_of(read: Read) -> Truth:
    """Reads the packaged policy's numbers."""
    limits = load_policy().at(read.last).limits
    return Truth(read, {path: limit.value for path, limit in limits.items()})


def _either(shows: list[Shows]) -> Shows:
    return any(one for one, _ in shows), any(two for _, two in shows)


def _told(parcel: Parcel, fits: Callable[[Seen], bool]) -> Shows:
    """A scan says so; surely only where it was the latest news when it was heard, and the parcel not over."""
    said = [(number, seen) for number, seen in enumerate(parcel.scans) if fits(seen)]
    over = next((n for n, one in enumerate(parcel.scans) if one.scan.state == "delivered"), len(parcel.scans))
    # What is told after the delivery contradicts it: a case of its own, and no other kind's.
    fresh = any(
        number <= over and all(one.heard > seen.heard for one in parcel.scans[number + 1 :]) for number, seen in said
    )
    return fresh, bool(said)


def _states(parcel: Parcel) -> list[Seen]:
    return [seen for seen in parcel.scans if seen.scan.state is not None]


def _to_the_end(parcel: Parcel) -> list[Seen]:
    """The scans up to the parcel's end: what moves after that contradicts it, and begins no clock."""
    seen = _states(parcel)
    end = next((number for number, one in enumerate(seen) if one.scan.state in ("delivered", "returned")), len(seen))
    return seen[: end + 1]


def _until(truth: Truth, later: list[Seen]) -> tuple[datetime, datetime]:
    """When the next news happened, and when any later news was heard; else the recording's end."""
    return (later[0].at, min(seen.heard for seen in later)) if later else (truth.read.last, truth.read.last)


def _lane(truth: Truth, parcel: Parcel) -> str:
    countries = {seen.scan.location.country for seen in parcel.scans if seen.scan.location} - {None}
    place = parcel.sale.fields.get("destination") if parcel.sale else None
    countries |= {place.country} if place else set()
    return "international" if parcel.service_level == "international" or len(countries) > 1 else "domestic"


def _silences(truth: Truth, parcel: Parcel, limit: Callable[[bool], timedelta]) -> Shows:
    """Spells in the carrier's hands without a scan that says where the parcel is."""
    shows, seen = [NO], _to_the_end(parcel)
    for number, one in enumerate(seen):
        if one.scan.state in HANDS and not {"pickup_ready", "lost"} & set(one.scan.flags):
            ends = _until(truth, seen[number + 1 :])
            shows.append(truth.lasted(parcel, one.at, ends, limit("held" in one.scan.flags)))
    return _either(shows)


def _stalled(truth: Truth, parcel: Parcel) -> Shows:
    path = f"stalled.silence.{parcel.service_level or 'unknown'}"
    return _silences(truth, parcel, lambda held: truth.span(path, parcel, held=held))


def _lost(truth: Truth, parcel: Parcel) -> Shows:
    lane = f"lost_presumed.silence.{_lane(truth, parcel)}"
    long = _silences(truth, parcel, lambda held: truth.span(lane, parcel, held=held))
    end = parcel.sale.promise_end if parcel.sale else None
    if end is None:
        return long
    shows, seen = [long], _to_the_end(parcel)
    for number, one in enumerate(seen):
        if one.scan.state in HANDS and not {"pickup_ready", "lost"} & set(one.scan.flags):
            ends = _until(truth, seen[number + 1 :])
            quiet = truth.lasted(parcel, one.at, ends, truth.span("lost_presumed.silence.past_promise", parcel))
            late = truth.lasted(parcel, end, ends, truth.span("lost_presumed.past_promise", parcel))
            shows.append((quiet[0] and late[0], quiet[1] and late[1]))
    return _either(shows)


def _label(truth: Truth, parcel: Parcel) -> Shows:
    sale, seen = parcel.sale, _states(parcel)
    own = sale.parcels.get(base_id(parcel.shipment_id)) if sale else None
    labels = [one.at for one in seen if one.scan.state == "label_created"]
    start = labels[0] if labels else (own.shipped_at if own else None) or (sale.fulfilled if sale else None)
    over = [one for one in seen if one.scan.state != "label_created" or "cancelled" in one.scan.flags]
    if start is None or (own is not None and own.direction == "return"):
        return NO
    return truth.lasted(parcel, start, _until(truth, over), truth.span("label_not_scanned.warn", parcel))


def _journey(truth: Truth, parcel: Parcel) -> Shows:
    seen = _states(parcel)
    hands = [one for one in seen if one.scan.state in HANDS]
    over = [one for one in seen if one.scan.state in _OVER or {"pickup_ready", "returning"} & set(one.scan.flags)]
    if not hands:
        return NO
    limit = truth.span(f"long_transit.{_lane(truth, parcel)}", parcel)
    return truth.lasted(parcel, hands[0].at, _until(truth, over), limit)


def _missed(truth: Truth, parcel: Parcel) -> Shows:
    end = parcel.sale.promise_end if parcel.sale else None
    if end is None or end >= truth.read.last or (parcel.sale and parcel.sale.cancelled):
        return NO
    kept = [one for one in _states(parcel) if one.scan.state in _OVER or _void(one)]
    return all(one.at > end + _MINUTE for one in kept), all(one.heard >= end for one in kept)


def _void(seen: Seen) -> bool:
    return bool({"pickup_ready", "refused", "returning", "lost", "cancelled"} & set(seen.scan.flags))


def _late(truth: Truth, parcel: Parcel) -> Shows:
    end = parcel.sale.promise_end if parcel.sale else None
    arrived = [one for one in _states(parcel) if one.scan.state == "delivered"]
    # Without a time of its own a delivery is not held against the carrier.
    told = [one for one in arrived if one.scan.time_quality not in ("missing", "placeholder")]
    late = end is not None and bool(told) and told[-1].at > end
    ready = any("pickup_ready" in one.scan.flags and end is not None and one.at <= end for one in parcel.scans)
    return late and not ready, late


def _risk(truth: Truth, parcel: Parcel) -> Shows:
    end = parcel.sale.promise_end if parcel.sale else None
    told = _estimates(parcel)
    if end is None:
        return NO
    fresh = [(one, later) for one, later in told if _told(parcel, lambda seen, one=one: seen is one)[0]]  # type: ignore[misc]
    sure = [one for one, later in fresh if later > end and one.heard < end and not _void(one)]
    return bool(sure), any(later > end for _, later in told)


def _moved(truth: Truth, parcel: Parcel) -> Shows:
    """A later date that still keeps the promise, told before the promise ended."""
    end = parcel.sale.promise_end if parcel.sale else None
    told, least = _estimates(parcel), truth.limits["promise_moved.least"]
    moves = [two for n, (_, before) in enumerate(told) for two in told[n + 1 :] if two[1] - before >= least]
    if end is None or parcel.sale is None:
        return NO
    needed = parcel.sale.fields.get("needed_by")
    moves = [one for one in moves if _told(parcel, lambda seen, one=one: seen is one[0])[0]]  # type: ignore[misc]
    kept = [one for one, after in moves if after <= end and (not needed or after.date().isoformat() <= needed)]
    return any(one.heard < end and not _void(one) for one in kept), bool(told)


def _estimates(parcel: Parcel) -> list[tuple[Seen, datetime]]:
    seen = [(one, one.scan.estimated_delivery_at) for one in parcel.scans]
    return [(one, estimate) for one, estimate in seen if estimate is not None and one.scan.state not in _OVER]


def _counter(truth: Truth, parcel: Parcel) -> Shows:
    ready = next((n for n, one in enumerate(parcel.scans) if "pickup_ready" in one.scan.flags), None)
    if ready is None or any(one.scan.state in _OVER for one in parcel.scans[:ready]):
        # Behind a delivery a counter contradicts it: a case of its own.
        return NO
    later = [one for one in parcel.scans[ready:] if one.scan.state and "pickup_ready" not in one.scan.flags]
    start, limits, carrier = parcel.scans[ready].at, truth.limits, parcel.carrier
    names = (f"{carrier}_{parcel.service_level}", carrier, "other")
    window = next(limits[path] for name in names if (path := f"pickup_expiring.window.{name}") in limits)
    least = min(limits["pickup_expiring.reminder"], max(window - limits["pickup_expiring.before_end"], NOTHING))
    happened, heard = (end - start for end in _until(truth, later))
    return happened >= least + _MINUTE, heard >= least


def _customs(truth: Truth, parcel: Parcel) -> Shows:
    at_once, seen = _told(parcel, lambda one: one.scan.reason in _AT_ONCE), _to_the_end(parcel)
    if at_once[1]:
        return at_once
    stay = [number for number, one in enumerate(seen) if one.scan.reason in _CUSTOMS]
    if not stay:
        return NO
    over = [one for one in seen[stay[0] :] if one.scan.reason not in _CUSTOMS]
    return truth.lasted(parcel, seen[stay[0]].at, _until(truth, over), truth.limits["customs_hold.after"])


def _delay(truth: Truth, parcel: Parcel) -> Shows:
    return _told(parcel, lambda seen: seen.scan.state == "delayed")


def _attempts(truth: Truth, parcel: Parcel) -> Shows:
    """Failed on two days of the destination; where that is near midnight in doubt."""
    failed = [one for one in parcel.scans if one.scan.state == "attempted" and "pickup_ready" not in one.scan.flags]
    place = parcel.sale.fields.get("destination") if parcel.sale else None
    zone = ZoneInfo(place.timezone) if place and place.timezone else calendar_of(parcel.carrier).zone
    least = truth.limits["attempts.exhausting_from"]
    fresh, _ = _told(parcel, lambda seen: bool(failed) and seen is failed[-1])
    # A first attempt that is heard of when the parcel is out again makes no second one of the last.
    later = [one for one in _states(parcel) if failed and one.at > failed[-1].at]
    until = _until(truth, later)[1]
    days = {one.at.astimezone(zone).date() for one in failed if one.heard <= until}
    return fresh and len(days) >= least, len(failed) >= least


def _voided(truth: Truth, parcel: Parcel) -> Shows:
    """The label is taken back; where the order is cancelled too, that is what the customer wanted."""
    fresh, told = _told(parcel, _flag("cancelled"))
    return fresh and not (parcel.sale and parcel.sale.cancelled), told


def _broken(truth: Truth, parcel: Parcel) -> Shows:
    scanned = any(one.scan.state == "damaged" or one.scan.reason in _BROKEN for one in parcel.scans)
    told = scanned or _ticket(truth, parcel, "damaged")
    return told, told


def _denied(truth: Truth, parcel: Parcel) -> Shows:
    told = _ticket(truth, parcel, "not_received")
    return told, told


def _ticket(truth: Truth, parcel: Parcel, intent: str) -> bool:
    names = {parcel.shipment_id.split(":")[1], parcel.sale.order_id if parcel.sale else ""}
    delivered = any(one.scan.state == "delivered" for one in parcel.scans)
    asked = [one for name in sorted(names) for one in truth.read.tickets_of.get(name, ())]
    return delivered and any(one.intent == intent for one in asked)


def _partial(truth: Truth, parcel: Parcel) -> Shows:
    sale, own = parcel.sale, base_id(parcel.shipment_id)
    if sale is None or sale.cancelled is not None:
        return NO
    others = [name for name, one in sale.parcels.items() if name != own and one.direction != "return"]
    arrived = [_arrival(truth, name) for name in others]
    times = [at for at in arrived if at is not None]
    if not times or len(times) < len(arrived):
        return NO
    over = [one for one in _states(parcel) if one.scan.state in _OVER or "cancelled" in one.scan.flags]
    # A parcel that was over before the others arrived is no straggler; "heard" may still say so for a while.
    if any(one.at <= max(times) for one in over):
        return False, any(one.heard > max(times) for one in over)
    return truth.lasted(parcel, max(times), _until(truth, over), truth.span("partial_delivery.after", parcel))


def _arrival(truth: Truth, name: str) -> datetime | None:
    same = truth.read.parcels_of.get(name, ())
    return next((one.at for parcel in same for one in parcel.scans if one.scan.state == "delivered"), None)


def _invalid(truth: Truth, parcel: Parcel) -> Shows:
    sale = parcel.sale
    own = sale.parcels.get(base_id(parcel.shipment_id)) if sale else None
    start = (own.shipped_at if own else None) or (sale.fulfilled if sale else None)
    known = [one for one in parcel.scans if one.scan.reason not in _UNKNOWN]
    if start is None or (sale and sale.cancelled):
        return NO
    return truth.lasted(parcel, start, _until(truth, known), truth.limits["invalid_tracking.after"])


def _replacement(truth: Truth, parcel: Parcel) -> Shows:
    signs = [sign(truth, parcel) for sign in (_stalled, _journey, _label, _risk)]
    return _either(signs) if parcel.is_replacement else NO


def _unproved(truth: Truth, parcel: Parcel) -> Shows:
    value = parcel.sale.fields.get("value") if parcel.sale else None
    if value is None or Decimal(value.amount) <= truth.limits["review.value_limit"]:
        return NO
    arrived = [one for one in parcel.scans if one.scan.state == "delivered"]
    words = [(one.scan.description or "").lower() for one in parcel.scans if arrived and one.at >= arrived[0].at]
    unproved = bool(arrived) and not any(word in text for text in words for word in _PROOF)
    return unproved, bool(arrived)


def unshipped(truth: Truth, sale: Sale) -> Shows:
    """An order of which nothing was on its way for longer than the warning; that is nobody's parcel."""
    if sale.created is None:
        return NO
    end = sale.shipped_heard or truth.read.last
    limit = truth.limits["not_shipped.warn"]
    limit = limit * truth.limits["replacement.threshold_factor"] if sale.fields.get("replacement_for") else limit
    long = truth.read.worked("", sale.created, end) >= limit
    return long, long


def _misrouted(truth: Truth, parcel: Parcel) -> Shows:
    """Somebody says so, or it was at a place for the second time."""
    fresh, told = _told(parcel, lambda one: one.scan.reason == "missort")
    on_way = [one for one in parcel.scans if one.scan.state in ("in_transit", "delayed") and one.scan.location]
    cities = [one.scan.location.city for one in on_way if one.scan.location and one.scan.location.city]
    stays = [city for number, city in enumerate(cities) if number == 0 or cities[number - 1] != city]
    return fresh, told or len(set(stays)) < len(stays)


def _contradicted(truth: Truth, parcel: Parcel) -> Shows:
    over = next((n for n, one in enumerate(parcel.scans) if one.scan.state in ("delivered", "returned")), None)
    later = parcel.scans[over + 1 :] if over is not None else []
    moved = [one for one in later if one.scan.state in HANDS and "returning" not in one.scan.flags]
    sure = any(one.scan.time_quality in ("offset", "zone_inferred", "gmt_field") for one in moved)
    return sure, any(one.scan.state is not None for one in later)


def _flag(flag: str) -> Callable[[Seen], bool]:
    return lambda seen: flag in seen.scan.flags


_SCANS: Final[dict[str, Callable[[Seen], bool]]] = {
    "address_problem": lambda seen: seen.scan.reason in _ADDRESS,
    "lost_declared": _flag("lost"),
    "returning": _flag("returning"),
    "returned": lambda seen: "back_at_sender" in seen.scan.flags or seen.scan.state == "returned",
    "refused": lambda seen: seen.scan.reason in ("refused", "refused_damaged") or "refused" in seen.scan.flags,
    "attempt_failed": lambda seen: seen.scan.state == "attempted" and "pickup_ready" not in seen.scan.flags,
    "payment_due": lambda seen: seen.scan.reason == "payment_due",
    "status_unmapped": lambda seen: not seen.scan.mapped,
}
_ASKED: Final[dict[str, Callable[[Truth, Parcel], Shows]]] = {
    "label_not_scanned": _label, "stalled": _stalled, "long_transit": _journey, "promise_at_risk": _risk,
    "promise_missed": _missed, "promise_moved": _moved, "carrier_delay": _delay, "attempts_exhausting": _attempts,
    "pickup_expiring": _counter, "customs_hold": _customs, "damaged": _broken, "lost_presumed": _lost,
    "not_received": _denied, "contradictory_scans": _contradicted, "misrouted": _misrouted,
    "partial_delivery": _partial, "invalid_tracking": _invalid, "delivered_late": _late,
    "label_cancelled": _voided, "replacement_at_risk": _replacement, "proof_missing": _unproved,
}  # fmt: skip
