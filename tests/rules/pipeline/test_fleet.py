"""What is seen only across shipments: silent feeds and places where many parcels stand still."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from rules.loading import load_policy
from rules.pipeline.replay import Replay
from schemas.codec import dumps, loads
from schemas.recording import RawRecord

T0 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A Monday."""


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def scan(carrier: str, number: str, at: datetime, city: str, state: str = "in_transit", **fields: Any) -> RawRecord:
    told = {
        "carrier": carrier,
        "tracking_number": number,
        "status": state,
        "code": state,
        "occurred_at": at.isoformat(),
    }
    value = dumps({**told, "location": {"city": city, "country": "US"}, **fields})
    return RawRecord("carrier-scans", at, value, number.encode(), {"source": "wismo"})


def order(number: str, at: datetime, carrier: str = "ups") -> RawRecord:
    parcel = {"carrier": carrier, "tracking_number": number, "service_level": "ground"}
    told = {"event": "created", "order_id": f"A-{number}", "customer_id": f"C-{number}", "at": at.isoformat()}
    destination = {"country": "US", "timezone": "America/New_York"}
    value = dumps({**told, "destination": destination, "shipments": [parcel]})
    return RawRecord("order-events", at, value, number.encode(), {"source": "wismo"})


class Outcome:
    """What a recording leads to."""

    def __init__(self, records: Iterable[RawRecord], until: datetime) -> None:
        outs = list(Replay(load_policy()).run(records, until))
        self.values = [(out.topic, loads(out.value)) for out in outs if out.value and out.topic != "dead-letters"]

    def cases(self, kind: str) -> list[dict[str, Any]]:
        return [value for topic, value in self.values if topic.startswith("exceptions-") and value["kind"] == kind]

    def changes(self, kind: str) -> list[tuple[str, str]]:
        return [(value["change"], value["occurred_at"]) for value in self.cases(kind)]

    def fates(self, about: str) -> Counter[tuple[str, str | None]]:
        told = [value for topic, value in self.values if topic == "customer-messages" and value["about"] == about]
        return Counter((value["fate"], value["reason"]) for value in told)


def under_way(carrier: str, count: int, at: datetime = T0) -> list[RawRecord]:
    return [scan(carrier, f"1Z{n:04d}", at + timedelta(minutes=n), f"City {n}") for n in range(count)]


def others(days: float) -> list[RawRecord]:
    """Another carrier that is heard every hour, each time of another parcel that arrives."""
    return [scan("fedex", f"77{n:04d}", T0 + hours(n), "Home", "delivered") for n in range(int(days * 24))]


class TestFeedSilence:
    def test_a_feed_that_stops_while_others_send_is_one_case_and_no_stalls(self) -> None:
        outcome = Outcome([*under_way("ups", 25), *others(7)], T0 + hours(24 * 6))

        (case,) = outcome.cases("feed_silent")
        assert (case["subject"], case["subject_id"], case["carrier"]) == ("carrier", "ups", "ups")
        assert (case["change"], case["owner"], case["posture"]) == ("opened", "operations", "silent")
        assert case["occurred_at"] == "2026-03-02T08:24:00Z"
        assert case["received_at"] == "2026-03-02T14:24:00Z"
        assert case["shipment_id"] is None
        assert outcome.cases("stalled") == []

    def test_with_fewer_than_twenty_parcels_in_flight_it_is_never_silent(self) -> None:
        outcome = Outcome([*under_way("ups", 19), *others(4)], T0 + hours(72))

        assert outcome.cases("feed_silent") == []
        assert len([one for one in outcome.cases("stalled") if one["change"] == "opened"]) == 19

    def test_where_nobody_is_heard_it_is_not_the_feed_of_one(self) -> None:
        assert Outcome(under_way("ups", 25), T0 + hours(72)).cases("feed_silent") == []

    def test_parcels_that_arrived_are_not_in_flight(self) -> None:
        arrived = [
            scan("ups", f"1Z{n:04d}", T0 + hours(1) + timedelta(minutes=n), "Home", "delivered") for n in range(10)
        ]

        assert Outcome([*under_way("ups", 25), *arrived, *others(3)], T0 + hours(60)).cases("feed_silent") == []

    def test_parcels_that_stand_still_are_not_waited_for(self) -> None:
        last = [scan("ups", "1Z9999", T0 + hours(n), f"Town {n}") for n in range(0, 61, 2)]
        outcome = Outcome([*under_way("ups", 25), *last, *others(5)], T0 + hours(24 * 5))

        assert outcome.cases("feed_silent") == []
        assert len([one for one in outcome.cases("stalled") if one["change"] == "opened"]) == 26

    def test_hours_in_which_nothing_ever_comes_are_no_silence(self) -> None:
        daily = [scan("ups", f"1Z{n:04d}", T0 + hours(24 * day), f"Town {day}") for day in range(15) for n in range(25)]
        outcome = Outcome([*daily, *others(16)], T0 + hours(24 * 15))

        # In the first week nobody can know that this carrier speaks once a day.
        opened = [at for change, at in outcome.changes("feed_silent") if change != "resolved"]
        assert opened == [f"2026-03-{day:02d}T08:00:00Z" for day in range(2, 9)]

    def test_when_business_ebbs_away_over_days_less_is_usual(self) -> None:
        records, number = list[RawRecord](), 0
        for day, each in [*((day, 24) for day in range(15)), (15, 10), (16, 6), (17, 2)]:
            for slot in range(8):
                for n in range(each):
                    at = T0 + hours(24 * day + slot / 2) + timedelta(minutes=n)
                    records.append(scan("ups", f"1Z{number % 192:04d}", at, f"Town {number}"))
                    number += 1

        late = [at for _, at in Outcome(records, T0 + hours(24 * 18)).changes("feed_silent") if at > "2026-03-16T08"]

        assert late == []

    def test_it_ends_by_itself_and_the_clocks_go_on_from_where_they_stood(self) -> None:
        back = scan("ups", "1Z9999", T0 + hours(50), "Nashville")
        outcome = Outcome([*under_way("ups", 25), back, *others(7)], T0 + hours(24 * 7))

        assert outcome.changes("feed_silent")[:2] == [
            ("opened", "2026-03-02T08:24:00Z"),
            ("resolved", "2026-03-04T10:00:00Z"),
        ]
        resolved = outcome.cases("feed_silent")[1]
        assert (resolved["resolved_by"], resolved["resolution"]) == ("self", "cause gone")
        # Without the silence the first would have stalled at 08:00 of the 4th; 49 h 36 min of it did not count.
        assert outcome.cases("stalled") == []

    def test_a_half_hour_far_below_its_own_past_is_silence(self) -> None:
        collected = [
            scan("ups", f"1Z{week}{n:03d}", T0 + timedelta(weeks=week, minutes=n - 60), "Dock", "picked_up")
            for week in range(4)
            for n in range(25)
        ]
        weekly = [
            scan("ups", f"1Z{week}{n:03d}", T0 + timedelta(weeks=week, minutes=n), "Hub")
            for week in range(3)
            for n in range(25)
        ]
        few = [scan("ups", "1Z3000", T0 + timedelta(weeks=3, minutes=5), "Hub")]
        outcome = Outcome([*collected, *weekly, *few], T0 + timedelta(weeks=3, hours=1))

        opened = [case for case in outcome.cases("feed_silent") if case["change"] == "opened"]
        assert [case["occurred_at"] for case in opened] == ["2026-03-23T08:00:00Z"]
        assert {one["fact"] for one in opened[0]["evidence"]} >= {"share_of_the_usual"}


class TestIncident:
    def stuck(self, count: int, city: str = "Memphis") -> list[RawRecord]:
        records = [order(f"1Z{n:04d}", T0) for n in range(count)]
        return records + [scan("ups", f"1Z{n:04d}", T0 + timedelta(minutes=n), city) for n in range(count)]

    def flowing(self, days: int = 5) -> list[RawRecord]:
        """Parcels that move on each few hours, so that the feed is alive."""
        at = [T0 + hours(4 * step) for step in range(days * 6)]
        return [scan("ups", f"1Y{n:02d}", moment, f"Town {step}") for step, moment in enumerate(at) for n in range(8)]

    def test_an_incident_is_told_to_customers_by_its_parcels_and_not_by_itself(self) -> None:
        outcome = Outcome([*self.stuck(30), *self.flowing()], T0 + hours(60))

        (case, *_) = outcome.cases("incident")
        assert (case["change"], case["posture"], case["owner"]) == ("opened", "update", "operations")
        told = [value for topic, value in outcome.values if topic == "customer-messages"]
        assert {value["subject"] for value in told} == {"shipment"}
        assert sum(value["about"] == "incident" for value in told) >= 30

    def test_twenty_parcels_that_stand_still_at_one_place_are_one_case(self) -> None:
        outcome = Outcome([*self.stuck(30), *self.flowing()], T0 + hours(49))

        opened = [case for case in outcome.cases("incident") if case["change"] == "opened"]
        assert [(case["subject"], case["owner"], case["carrier"]) for case in opened] == [
            ("incident", "operations", "ups")
        ]
        assert opened[0]["subject_id"] == "ups/MEMPHIS, US/2026-03-04T08:18:00Z"
        facts = {one["fact"]: one["observed"] for one in opened[0]["evidence"]}
        assert facts["parcels_standing_still"] == 20
        assert facts["place"] == "MEMPHIS, US"

    def test_nineteen_are_none(self) -> None:
        assert Outcome([*self.stuck(19), *self.flowing()], T0 + hours(60)).cases("incident") == []

    def test_parcels_lost_one_by_one_over_a_week_are_no_incident(self) -> None:
        lost = [scan("ups", f"1Z{n:04d}", T0 + hours(6 * n), "Memphis") for n in range(30)]
        outcome = Outcome([*lost, *self.flowing(days=12)], T0 + hours(24 * 12))

        assert len({case["shipment_id"] for case in outcome.cases("stalled")}) == 30
        assert outcome.cases("incident") == []

    def test_its_parcels_are_held_together_and_told_once(self) -> None:
        outcome = Outcome([*self.stuck(30), *self.flowing()], T0 + hours(60))

        before = [case for case in outcome.cases("stalled") if case["change"] == "opened"]
        hidden = [case for case in outcome.cases("stalled") if case["hidden_by"] == "incident"]
        assert len(before) == len(hidden) == 19  # the others are spoken for before they stall
        assert outcome.fates("incident")["send", None] == 30
        assert outcome.fates("stalled")["send", None] == 0

    def test_they_are_released_together_when_it_ends(self) -> None:
        moved = [scan("ups", f"1Z{n:04d}", T0 + hours(56) + timedelta(minutes=n), "Nashville") for n in range(21)]
        outcome = Outcome([*self.stuck(30), *self.flowing(), *moved], T0 + hours(60))

        assert [change for change, _ in outcome.changes("incident") if change == "resolved"] == ["resolved"]
        still = [case for case in outcome.cases("stalled") if case["received_at"] > "2026-03-04T16:19:00Z"]
        assert {(case["change"], case["hidden_by"]) for case in still if case["change"] == "opened"} == {
            ("opened", None)
        }

    def test_a_storm_that_the_carrier_tells_of_is_found_at_once(self) -> None:
        records = [order(f"1Z{n:04d}", T0) for n in range(25)]
        for n in range(25):
            at = T0 + timedelta(minutes=n)
            records.append(scan("ups", f"1Z{n:04d}", at, "Hodgkins", "delayed", reason="weather"))
        outcome = Outcome([*records, *self.flowing()], T0 + hours(3))

        assert outcome.changes("incident") == [("opened", "2026-03-02T08:19:00Z")]
        assert outcome.fates("incident")["held", "settling"] == 25


def test_an_operator_acts_on_the_case_of_an_order() -> None:
    placed = {"event": "created", "order_id": "A-1", "customer_id": "C-1", "at": T0.isoformat(), "shipments": []}
    made = RawRecord("order-events", T0, dumps(placed), b"A-1", {"source": "wismo"})
    (case, *_) = Outcome([made], T0 + hours(50)).cases("not_shipped")
    assert (case["subject"], case["subject_id"], case["order_id"]) == ("order", "A-1", "A-1")
    at = T0 + hours(51)
    told = {"action": "resolve", "subject": "order", "shipment_id": "A-1", "case_id": case["case_id"], "by": "sam"}
    act = RawRecord("operator-actions", at, dumps({**told, "at": at.isoformat()}), b"A-1", {"source": "wismo"})

    outcome = Outcome([made, act], T0 + hours(52))

    assert [change for change, _ in outcome.changes("not_shipped")] == ["opened", "resolved"]
    assert outcome.cases("not_shipped")[-1]["resolved_by"] == "sam"


def test_over_an_open_ticket_nobody_is_told_that_the_order_waits() -> None:
    placed = {"event": "created", "order_id": "A-1", "customer_id": "C-1", "at": T0.isoformat(), "shipments": []}
    asked = {"event": "opened", "ticket_id": "T-1", "order_id": "A-1", "at": (T0 + hours(40)).isoformat()}
    made = RawRecord("order-events", T0, dumps(placed), b"A-1", {"source": "wismo"})
    ticket = RawRecord("ticket-events", T0 + hours(40), dumps(asked), b"T-1", {"source": "wismo"})

    alone, outcome = Outcome([made], T0 + hours(80)), Outcome([made, ticket], T0 + hours(80))

    assert alone.fates("not_shipped")["send", None] == 1
    assert outcome.fates("not_shipped") == {("suppressed", "ticket_open"): 1}
    assert outcome.cases("not_shipped")[-1]["open_tickets"] == ["T-1"]
