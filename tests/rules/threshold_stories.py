"""Stories that stand at the limits of the policy, as raw records: a minute more or less and they end otherwise."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from schemas.codec import dumps, parse_rfc3339, rfc3339
from schemas.recording import RawRecord, read_recording

Told = tuple[str, ...]
NUMBER: Final = "1Z999AA10123456784"
ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A story: its records, up to when it is told, and what it is about."""

    about: tuple[str, ...]
    """Paths of the policy begin so."""
    until: datetime
    records: Callable[[], list[RawRecord]]
    forgotten: str | None = None
    """A shipment that may have left the table by then."""


def at(text: str) -> datetime:
    return parse_rfc3339(f"2026-{text}:00Z" if len(text) == 11 else text)


def raw(topic: str, heard: datetime, /, **value: Any) -> RawRecord:
    return RawRecord(topic, heard, dumps(value), None, {"source": "wismo"})


def scan(when: str, status: str | None, heard: str | None = None, number: str = NUMBER, **fields: Any) -> RawRecord:
    told = {"carrier": "ups", "tracking_number": number, "status": status, "occurred_at": rfc3339(at(when)), **fields}
    return raw("carrier-scans", at(heard or when), **told)


def order(when: str, number: str | None = NUMBER, event: str = "fulfilled", **fields: Any) -> RawRecord:
    parcel = {"carrier": "ups", "tracking_number": number, "service_level": fields.pop("service_level", "ground")}
    told = {
        "event": event, "order_id": "A-1", "customer_id": "C-1", "at": rfc3339(at(when)), "promise_date": "2026-03-20",
        "destination": {"country": "US", "region": "NY", "timezone": "America/New_York"},
        "shipments": [{**parcel, "shipped_at": rfc3339(at(when))}] if number else [],
    }  # fmt: skip
    return raw("order-events", at(when), **{**told, **fields})


def ticket(when: str, event: str, **fields: Any) -> RawRecord:
    told = {"event": event, "ticket_id": "T-1", "order_id": "A-1", "at": rfc3339(at(when)), **fields}
    return raw("ticket-events", at(when), **told)


def _golden() -> list[RawRecord]:
    return list(read_recording((ROOT / "schemas/examples/recording.jsonl").read_bytes().splitlines()))


def attempted(number: str, amount: str | None = None, **fields: Any) -> list[RawRecord]:
    """A parcel of an order of its own, of which a first delivery has failed."""
    value = {"amount": amount, "currency": "USD"} if amount else None
    return [
        order("03-02T14:00", number, order_id=f"A-{number}", value=value, **fields),
        scan("03-02T15:00", "in_transit", number=number),
        scan("03-03T15:00", "attempted", number=number, reason="recipient_unavailable"),
    ]


def _weights() -> list[RawRecord]:
    amounts = [text for limit in (50, 100, 250, 500) for text in (str(limit), str(limit - 1))]
    found = [one for n, amount in enumerate(amounts) for one in attempted(f"1ZV{n}", amount)]
    vip = {"tier": "vip", "orders_before": 0}
    found += attempted("1ZC1", customer=vip) + attempted("1ZC2", customer={"orders_before": 0})
    failed = {"tier": "standard", "orders_before": 2, "failed_deliveries_90d": 1}
    found += attempted("1ZS1", customer=failed) + attempted("1ZR1", replacement_for="A-0")
    found += attempted("1ZS2", customer=failed)
    found.append(ticket("03-03T15:10", "opened", ticket_id="T-S2", order_id="A-1ZS2"))
    worst: dict[str, Any] = {
        "value": {"amount": "500", "currency": "USD"},
        "customer": {"tier": "vip"},
        "replacement_for": "A-0",
    }
    found += [order("03-02T14:00", "1ZW1", order_id="A-W", **worst), scan("03-03T15:00", "damaged", number="1ZW1")]
    return found


def _doubts() -> list[RawRecord]:
    vague = raw(
        "carrier-scans", at("03-03T15:00"), carrier="ups", tracking_number="1ZD1", status="attempted", occurred_at=None
    )
    return [
        order("03-02T14:00", "1ZD1", order_id="A-D1"), scan("03-02T15:00", "in_transit", number="1ZD1"), vague,
        order("03-02T14:00", "1ZD2", order_id="A-D2"), scan("03-02T15:00", "delivered", number="1ZD2"),
        scan("03-03T15:00", "in_transit", number="1ZD2"),
        ticket("03-03T16:00", "opened", ticket_id="T-D", order_id="A-D2", intent="not_received"),
    ]  # fmt: skip


def _ages() -> list[RawRecord]:
    """Three days free, then a point a day from 2026-03-05T15:00 on: asked at the minute of the first, and before."""
    found = attempted("1ZA1") + attempted("1ZA2") + attempted("1ZA3", promise_date="2026-03-03")
    asked = (("1ZA1", "03-06T15:00"), ("1ZA2", "03-06T14:59"), ("1ZA3", "03-28T15:00"))
    return found + [ticket(when, "opened", ticket_id=f"T-{number}", order_id=f"A-{number}") for number, when in asked]


def _failures() -> list[RawRecord]:
    return [
        order("03-02T14:00", customer={"tier": "standard", "failed_deliveries_90d": 1}),
        scan("03-02T15:00", "in_transit"),
    ]


def _returns() -> list[RawRecord]:
    """Causes that come back: within the hysteresis, exactly after seven days, and a minute later."""
    found = [order("03-02T14:00"), scan("03-02T15:00", "in_transit"), scan("03-03T14:00", "attempted")]
    found += [scan("03-03T15:00", "out_for_delivery"), scan("03-03T15:20", "attempted", code="again")]
    for number, back in (("1ZH1", "03-10T16:00"), ("1ZH2", "03-10T16:01")):
        found += [order("03-02T14:00", number, order_id=f"A-{number}")]
        found += [scan("03-03T15:00", "delayed", number=number, reason="address_issue", code="one")]
        found += [scan("03-03T16:00", "in_transit", number=number)]
        found += [scan(back, "delayed", number=number, reason="address_issue", code="two")]
    return found


def _delay() -> list[RawRecord]:
    weather = scan("03-03T15:00", "delayed", reason="weather")
    return [order("03-02T14:00"), scan("03-02T15:00", "in_transit"), weather]


def _nights() -> list[RawRecord]:
    """A milestone decided at 20:59 at the destination, and one at 21:00."""
    found = []
    for number, when in (("1ZN1", "03-04T01:58"), ("1ZN2", "03-04T01:59")):
        found += [order("03-02T14:00", number, order_id=f"A-{number}"), scan("03-02T15:00", "picked_up", number=number)]
        found += [scan(when, "out_for_delivery", number=number)]
    return found


def _milestones() -> list[RawRecord]:
    """Three milestones, and a fourth after the carrier took a delivery back."""
    return [
        order("03-02T14:00"), scan("03-02T15:00", "picked_up"), scan("03-03T13:00", "out_for_delivery"),
        scan("03-04T15:00", "delivered"), scan("03-04T16:00", None, reason="retraction", code="undo"),
        scan("03-06T15:00", "delivered", code="again"),
    ]  # fmt: skip


def _promises() -> list[RawRecord]:
    """Apologies for the label, for the risk and for the promise: one too many."""
    late = scan("03-05T15:00", "in_transit", estimated_delivery_at="2026-03-12T15:00:00Z")
    return [order("03-02T14:00", promise_date="2026-03-10"), late]


def _most() -> list[RawRecord]:
    """Five and six messages before the delivery: three of them the customer has to act on."""
    found = []
    for number, criticals in (("1ZM1", 2), ("1ZM2", 3)):
        of = {"number": number}
        found += [order("03-02T14:00", number, order_id=f"A-{number}", promise_date="2026-03-05")]
        found += [scan("03-02T15:00", "picked_up", **of), scan("03-03T13:00", "out_for_delivery", **of)]
        found += [scan("03-03T16:00", "attempted", reason="recipient_unavailable", **of)]
        found += [scan("03-04T18:00", "delayed", reason="address_issue", code="address", **of)]
        found += [scan("03-05T20:00", "out_for_delivery", code="out", **of)]
        if criticals > 2:
            found += [scan("03-07T16:00", "attempted", code="second", reason="recipient_unavailable", **of)]
        found += [scan("03-10T18:00", "delivered", **of)]
    return found


def _apart() -> list[RawRecord]:
    """A second message within 12 h of the first, and a second critical one within 24 h."""
    found = [order("03-02T14:00", needed_by="2026-03-06")]
    found += [scan("03-02T15:00", "in_transit", estimated_delivery_at="2026-03-07T15:00:00Z")]
    found += attempted("1ZB1")
    return [*found, scan("03-04T13:00", "delayed", number="1ZB1", reason="address_issue")]


def _answered() -> list[RawRecord]:
    """A milestone decided 23 h 59 min after an agent's answer, and one at 24 h."""
    found = []
    for number, out in (("1ZT1", "03-03T16:58"), ("1ZT2", "03-03T16:59")):
        asked = {"order_id": f"A-{number}", "ticket_id": f"T-{number}"}
        found += [order("03-02T14:00", number, order_id=f"A-{number}"), scan("03-02T15:00", "picked_up", number=number)]
        found += [ticket(when, what, **asked) for when, what in _TALK]
        found += [scan(out, "out_for_delivery", number=number)]
    return found


_TALK: Final = (("03-02T16:00", "opened"), ("03-02T17:00", "agent_replied"), ("03-02T18:00", "closed"))


def _stale() -> list[RawRecord]:
    """Old news that has settled when it is exactly seven days old, and a minute older."""
    found = []
    for number, heard in (("1ZO1", "03-09T15:30"), ("1ZO2", "03-09T15:31")):
        found += [order("03-02T14:00", number, order_id=f"A-{number}")]
        found += [scan("03-02T16:00", "picked_up", heard, number=number)]
    return found


def _given_up() -> list[RawRecord]:
    return [order("03-02T14:00"), scan("03-03T15:00", "delayed", reason="lost", flags=["lost"])]


def _over() -> list[RawRecord]:
    return [order("03-02T14:00"), scan("03-02T15:00", "picked_up"), scan("03-03T15:00", "delivered")]


def many(
    count: int, when: str, city: str, state: str = "in_transit", carrier: str = "ups", of: str = "1ZX"
) -> list[RawRecord]:
    """Scans of as many parcels at one place, a second apart."""
    found = []
    for n in range(count):
        moment = at(when) + timedelta(seconds=n)
        place = {"city": city, "country": "US"}
        told = {"carrier": carrier, "tracking_number": f"{of}{n:04d}", "status": state, "location": place}
        found.append(raw("carrier-scans", moment, **told, code=state, occurred_at=rfc3339(moment)))
    return found


def _standstill(moved: int, stuck: int = 20) -> Callable[[], list[RawRecord]]:
    """So many parcels stand still at a place where others went on, and the feed is alive."""

    def records() -> list[RawRecord]:
        found = many(stuck, "03-02T08:00", "Memphis") + many(moved, "03-02T08:30", "Memphis", of="1ZY")
        found += many(moved, "03-02T09:30", "Atlanta", of="1ZY")
        alive = [f"03-{day:02d}T{hour:02d}:00" for day in (2, 3, 4) for hour in (2, 6, 10, 14, 18, 22)]
        return found + [one for n, when in enumerate(alive) for one in many(1, when, f"Town {n}", of="1ZZ")]

    return records


def _digest() -> list[RawRecord]:
    """A parcel of a split order that is told of just before the slot, and one just after it."""
    other = {"carrier": "ups", "tracking_number": "1ZM2"}
    parcels = [{"carrier": "ups", "tracking_number": "1ZM1", "shipped_at": rfc3339(at("03-02T14:00"))}, other]
    found = [order("03-02T14:00", "1ZM1", order_id="A-M", shipments=parcels)]
    return [*found, scan("03-02T22:59", "picked_up", number="1ZM1"), scan("03-02T23:00", "picked_up", number="1ZM2")]


def _quiet_feed() -> list[RawRecord]:
    """Twenty parcels of a carrier that says no more, nineteen of another, and a third that goes on."""
    others = [f"03-02T{hour:02d}:10" for hour in range(8, 20)]
    alive = [one for n, when in enumerate(others) for one in many(1, when, "Home", "delivered", "usps", f"94{n:02d}")]
    return many(20, "03-02T08:00", "Memphis") + many(19, "03-02T08:00", "Memphis", carrier="fedex", of="77") + alive


def _few(usual: int, now: int) -> Callable[[], list[RawRecord]]:
    """A half hour of a Monday with fewer messages than on three Mondays before, and as many parcels that move."""

    def records() -> list[RawRecord]:
        weeks = ("03-02T08:00", "03-09T08:00", "03-16T08:00")
        past = [one for n, when in enumerate(weeks) for one in many(usual, when, "Hub", of=f"1ZF{n}")]
        moving = many(usual * 3, "03-22T20:00", "Depot", of="1ZG")
        return past + moving + many(now, "03-23T08:05", "Hub", of="1ZG")

    return records


def _made(about: str, until: str, records: Callable[[], list[RawRecord]], forgotten: str | None = None) -> Recorded:
    return Recorded(tuple(about.split()), at(until), records, forgotten)


STORIES: Final[dict[str, Recorded]] = {
    "values, customers, replacements": _made("score. respond. review.", "03-03T18:00", _weights),
    "vague times and contradictions": _made("score.doubt", "03-03T18:00", _doubts),
    "age and lateness": _made("score.age score.promise", "03-28T16:00", _ages),
    "an earlier failure": _made("review.earlier", "03-07T14:00", _failures),
    "causes that come back": _made("cases.", "03-10T17:00", _returns),
    "a delay inside the promise": _made("messages.carrier_delay", "03-05T14:00", _delay),
    "nine in the evening": _made("messages.quiet", "03-04T14:00", _nights),
    "four milestones": _made("messages.budget.milestones", "03-07T14:00", _milestones),
    "three apologies": _made("messages.budget.promises", "03-13T14:00", _promises),
    "six messages": _made("messages.budget.most", "03-11T14:00", _most),
    "two messages in a day": _made("messages.budget.apart messages.budget.critical", "03-05T18:00", _apart),
    "two parcels at six in the evening": _made("messages.digest", "03-04T00:00", _digest),
    "an answer of yesterday": _made("messages.recently", "03-03T18:00", _answered),
    "news of last week": _made("messages.stale", "03-09T17:00", _stale),
    "a draft that nobody reads": _made("messages.give_up", "03-11T14:00", _given_up),
    "forgotten after sixty days": _made("forget.", "05-02T15:00", _over, f"ups:{NUMBER}"),
    "a minute before that": _made("forget.", "05-02T14:59", _over, f"ups:{NUMBER}"),
    "twenty of two hundred": _made("incident.", "03-04T09:00", _standstill(176)),
    "twenty of two hundred and five": _made("incident.", "03-04T09:00", _standstill(185)),
    "a feed that stops": _made("feed.", "03-02T16:00", _quiet_feed),
    "a fifth of the usual": _made("feed.share", "03-23T09:00", _few(25, 5)),
    "four of twenty-one": _made("feed.share", "03-23T09:00", _few(21, 4)),
    "the golden recording": _made("score owners respond messages", "03-12T00:00", _golden),
}
