"""Folds scans into a state: what moves it, what only adds to it, what contradicts it."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from rules.inferred import is_inferred
from rules.retractions import standing, two_feeds
from rules.state import Contradiction, Lifecycle, Seen
from schemas.words import FLAGS

MOVING: Final = frozenset(("picked_up", "in_transit", "delayed", "attempted", "out_for_delivery"))
TERMINAL: Final = frozenset(("delivered", "returned", "damaged"))
VAGUE: Final = frozenset(("naive", "zone_inferred", "date_only", "placeholder", "missing"))
_VAGUENESS: Final = timedelta(hours=26)
"""How far two times may be wrong against each other where one of them has no zone or no clock time."""
_AHEAD: Final = timedelta(hours=2)
"""Clocks of senders may differ by that much: nothing happens later than that after we heard of it."""
REUSED: Final = timedelta(days=60)
"""A label or a pickup so long after the last movement of a parcel that is done is another parcel's."""

_STICKY: Final = frozenset(("returning", "refused", "return_shipment", "back_at_sender"))
_IMPLIED: Final = {
    "awaiting_customer_pickup": "pickup_ready",
    "held": "held",
    "lost": "lost",
    "refused": "refused",
    "refused_damaged": "refused",
}
_HOMEWARD: Final = frozenset(("returning", "back_at_sender"))
_BEGINNINGS: Final = frozenset(("label_created", "picked_up"))
_BEFORE_PICKUP: Final = frozenset(("unknown", "label_created", "picked_up"))


def fold(scans: Iterable[Seen], direction: str | None) -> Lifecycle:
    """The state after all scans; `direction` is what the order says of this parcel, where it says anything."""
    life = Lifecycle(direction=direction or "outbound")
    for scan in standing(scans):
        step(life, scan)
    return life


def advanced(life: Lifecycle, scan: Seen) -> Lifecycle:
    """The state after one more scan at the end of the history; `life` stays as it is."""
    life = replace(life)
    step(life, scan)
    return life


def step(life: Lifecycle, scan: Seen) -> None:
    """Apply one scan in place. One that says nothing about state leaves the state alone."""
    if scan.estimate is not None:
        life.estimated_at = scan.estimate
        least = scan.estimate_least or scan.estimate
        life.estimate_least = least if life.estimate_least is None else min(least, life.estimate_least)
    life.service_level = scan.service_level or life.service_level
    if scan.state is None:
        return
    if scan.state in _BEGINNINGS and _is_another_parcel(life, scan):
        _begin_anew(life)
    life.country = scan.country or life.country
    life.origin = life.origin or scan.country
    if scan.state == "label_created":
        _label(life, scan)
        return
    if scan.direction == "return" and life.direction != "return":
        _turn(life, scan)
    if not is_inferred(scan):
        life.possessed_at = life.possessed_at or scan.at
        life.moved_at, life.moved_quality = scan.at, scan.quality
    _move(life, scan)


def is_settled(life: Lifecycle) -> bool:
    """Whether nothing more should happen to the parcel."""
    if life.state == "damaged":
        return life.reason in ("destroyed_or_seized", "delivered_damaged", "damaged_after_delivery")
    return life.state == "delivered" or (life.state == "returned" and "returning" not in life.flags)


def is_over(life: Lifecycle) -> bool:
    """Whether no more scans are expected, so that the shipment may be forgotten after a while."""
    return (life.state in TERMINAL and "returning" not in life.flags) or "cancelled" in life.flags


def _is_another_parcel(life: Lifecycle, scan: Seen) -> bool:
    return life.moved_at is not None and scan.at - life.moved_at > REUSED and is_settled(life)


def _begin_anew(life: Lifecycle) -> None:
    """Forget the parcel that ended under this number; its scans stay in the history."""
    blank = Lifecycle(previous_state=life.state, direction=life.direction, earlier=life.earlier + 1)
    for name in Lifecycle.__struct_fields__:
        setattr(life, name, getattr(blank, name))


def _turn(life: Lifecycle, scan: Seen) -> None:
    """The parcel is a return from here on; one that was delivered sets out again."""
    life.direction = "return"
    if life.state == "delivered" and scan.state in MOVING:
        _enter(life, scan.state or "", scan, _flags_at(life, scan, scan.state or "", arriving=False))


def _label(life: Lifecycle, scan: Seen) -> None:
    cancelled = scan.reason == "cancelled" or "cancelled" in scan.flags
    if life.labelled_at is None or ("cancelled" in life.flags and not cancelled):
        life.labelled_at = scan.at
    # A label that is told of after possession is only told late: the carrier has the parcel. Nor does a label
    # for the way back turn a parcel that is under way.
    if life.possessed_at is None:
        if scan.direction == "return":
            life.direction = "return"
        _enter(life, "label_created", scan, _flags(life, scan, {"cancelled"} if cancelled else set()))


def _move(life: Lifecycle, scan: Seen) -> None:
    arriving = scan.state == "delivered" and (life.direction == "return" or not _HOMEWARD.isdisjoint(life.flags))
    state = "returned" if arriving else scan.state or ""
    if state in MOVING and life.state in TERMINAL:
        _after_the_end(life, scan)
    elif state == "picked_up" and life.state not in _BEFORE_PICKUP:
        return
    else:
        _contradict(life, scan, state)
        _enter(life, state, scan, _flags_at(life, scan, state, arriving))


def _after_the_end(life: Lifecycle, scan: Seen) -> None:
    """A scan of a moving parcel after a terminal one: the state stays, and the contradiction is named."""
    if "returning" in scan.flags and "returning" not in life.flags:
        life.returning_at = scan.at
        life.flags = _flags(life, scan, {"returning"})
    if is_settled(life) and not _may_be_a_wrong_clock(life, scan):
        waits = life.state == "delivered" and scan.reason == "awaiting_customer_pickup"
        _note(life, scan, "waiting_after_delivered" if waits else f"moved_after_{_end(life)}")


def _contradict(life: Lifecycle, scan: Seen, state: str) -> None:
    if state == "delivered" and life.state == "delivered":
        # Delivered again: whatever lay between, it has arrived.
        life.contradictions = ()
    elif state == "delivered" and is_settled(life) and life.reason == "destroyed_or_seized":
        _note(life, scan, "delivered_after_destroyed")
    elif state == "returned" and life.state == "delivered" and life.direction == "outbound":
        _note(life, scan, "returned_after_delivered")


def _end(life: Lifecycle) -> str:
    return "destroyed" if life.reason == "destroyed_or_seized" else life.state


def _may_be_a_wrong_clock(life: Lifecycle, scan: Seen) -> bool:
    if scan.at - scan.heard > _AHEAD:
        return True
    # Two feeds convert one local time to different instants, and then tell one scan twice.
    doubtful = scan.quality in VAGUE or life.state_quality in VAGUE or two_feeds(life.state_version, scan.version)
    return doubtful and life.state_at is not None and scan.at - life.state_at <= _VAGUENESS


def _note(life: Lifecycle, scan: Seen, name: str) -> None:
    named = Contradiction(name, scan.at, scan.state or "", scan.id)
    life.contradictions = (*life.contradictions, named)[-10:]


def _enter(life: Lifecycle, state: str, scan: Seen, flags: tuple[str, ...]) -> None:
    told_before = state == life.state and scan.at == life.state_at and _tells_less(life, scan)
    if state != life.state:
        life.previous_state, life.state = life.state, state
    life.state_at, life.state_quality, life.state_version = scan.at, scan.quality, scan.version
    if told_before:
        flags = tuple(flag for flag in FLAGS if flag in flags or flag in life.flags)
    else:
        life.reason = None if scan.reason == "retraction" else scan.reason
    life.flags = flags
    _milestones(life, state, scan)


def _tells_less(life: Lifecycle, scan: Seen) -> bool:
    """Whether another feed tells of the same moment without the reason that is known."""
    vague = scan.reason in (None, "unspecified") and life.reason is not None
    return vague and two_feeds(life.state_version, scan.version)


def _milestones(life: Lifecycle, state: str, scan: Seen) -> None:
    if state == "attempted":
        _attempt(life, scan)
    elif state == "out_for_delivery":
        life.out_at = scan.at
    elif state == "delivered":
        life.delivered_at = scan.at
    elif state == "damaged":
        life.damaged_at = life.damaged_at or scan.at
    if "returning" in life.flags:
        life.returning_at = life.returning_at or scan.at
    if "back_at_sender" in life.flags:
        life.returned_at = life.returned_at or scan.at
    if scan.reason in ("delivered_damaged", "damaged_after_delivery", "refused_damaged"):
        life.damaged_at = life.damaged_at or scan.at


def _attempt(life: Lifecycle, scan: Seen) -> None:
    if "refused" in life.flags:
        life.refused_at = life.refused_at or scan.at
    elif life.direction == "outbound" and "returning" not in life.flags:
        life.attempts = (*life.attempts, scan.at)[-20:]
        life.final_attempt = life.final_attempt or scan.reason == "final_attempt"


def _flags_at(life: Lifecycle, scan: Seen, state: str, arriving: bool) -> tuple[str, ...]:
    extra: set[str] = set()
    if state == "returned" and (arriving or "returning" not in scan.flags):
        extra.add("back_at_sender")
    if life.direction == "return":
        extra.add("return_shipment")
    flags = _flags(life, scan, extra)
    gone: set[str] = set()
    if "back_at_sender" in flags:
        gone.add("returning")
    if state in ("delivered", "out_for_delivery"):
        gone.add("refused")
    return tuple(flag for flag in flags if flag not in gone) if gone else flags


def _flags(life: Lifecycle, scan: Seen, extra: set[str]) -> tuple[str, ...]:
    implied = _IMPLIED.get(scan.reason or "")
    if not (life.flags or scan.flags or extra or implied):
        return ()
    flags = {flag for flag in life.flags if flag in _STICKY} | set(scan.flags) | extra
    if implied:
        flags.add(implied)
    return tuple(flag for flag in FLAGS if flag in flags)
