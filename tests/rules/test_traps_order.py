"""Traps of what follows what: retractions, ends that are none, labels and cancellations (docs/state-machine.md)."""

from typing import Any

import pytest

from tests.rules.normalize.aggregator_payloads import milestone, milestones
from tests.rules.normalize.carrier_payloads import hermes, parcel_de, purolator
from tests.rules.normalize.payloads import Json, fedex, fedex_event, fedex_result, ups, ups_activity, usps, usps_event
from tests.rules.traps import Message, Outcome, Told, hold

Passes = list[tuple[str | None, str]]


def at(code: str, day: int, clock: str, status: str | None = None, offset: str | None = "-05:00") -> Json:
    """A UPS activity; `code` is type and code."""
    kind, _, own = code.partition("/")
    return ups_activity(kind, own or None, status, day=f"202603{day:02}", time=clock, gmtOffset=offset)


def ups_list(*activities: Json) -> bytes:
    return ups(*reversed(activities))


def fedex_at(kind: str, day: int, clock: str, exception: str = "", said: str = "") -> Json:
    return fedex_event(kind, f"2026-03-{day:02}T{clock}-08:00", exception, said)


def fedex_list(*events: Json) -> bytes:
    return fedex(fedex_result(*reversed(events)))


def usps_list(*events: tuple[str, str]) -> bytes:
    return usps(*(usps_event(code, f"2026-03-{when}:00", "-08:00") for code, when in reversed(events)))


def purolator_list(*events: tuple[str, str]) -> bytes:
    return purolator(*((code, f"2026-03-{when}:00", None) for code, when in reversed(events)))


LABEL, PICKUP = at("M/MP", 1, "090000"), at("P/OR", 1, "170000")
ARRIVAL, OUT, DELIVERED = at("I/AR", 2, "050000"), at("I/OT", 2, "070000"), at("D/FS", 2, "140000")
BEGUN: Passes = [("M/MP", "label_created"), ("P/OR", "picked_up"), ("I/AR", "in_transit"), ("I/OT", "out_for_delivery")]
WAY = [LABEL, PICKUP, ARRIVAL, OUT]


def test_label_created_after_pickup() -> None:
    label = at("M/MP", 1, "230000")
    hold(
        "ups",
        ups_list,
        [PICKUP, label, ARRIVAL],
        ends=Outcome("in_transit"),
        passes=[("P/OR", "picked_up"), ("M/MP", "picked_up"), ("I/AR", "in_transit")],
    )


def test_retraction_of_an_arrival_leaves_the_delivery() -> None:
    hold(
        "ups",
        ups_list,
        [*WAY, DELIVERED, at("I/CA", 2, "150000")],
        ends=Outcome("delivered"),
        passes=[*BEGUN, ("D/FS", "delivered"), ("I/CA", "delivered")],
    )


def test_retraction_of_a_pickup_is_a_label_again() -> None:
    hold(
        "ups",
        ups_list,
        [LABEL, PICKUP, at("I/VP", 1, "180000")],
        ends=Outcome("label_created"),
        passes=[*BEGUN[:2], ("I/VP", "label_created")],
    )


def test_retraction_of_a_delivery_in_the_same_minute() -> None:
    hold(
        "dhl_parcel_de",
        parcel_de,
        [("SRTED/NRQRD/PO", "02.03.2026 08:00", "false"), ("DLVRD/NGHBR/ZU", "02.03.2026 11:44", "false")]
        + [("STORN/NRQRD/DD", "02.03.2026 11:44", "false")],
        ends=Outcome("out_for_delivery"),
        passes=[
            ("SRTED/NRQRD/PO", "out_for_delivery"),
            ("DLVRD/NGHBR/ZU", "delivered"),
            ("STORN/NRQRD/DD", "out_for_delivery"),
        ],
    )


def test_retraction_of_a_tour_is_back_at_the_depot() -> None:
    hold(
        "hermes_de",
        hermes,
        [
            ("2000", "2026-03-01T08:30:00+01:00"),
            ("3000", "2026-03-02T07:00:00+01:00"),
            ("4070", "2026-03-02T07:30:00+01:00"),
        ],
        ends=Outcome("in_transit"),
        passes=[("2000", "in_transit"), ("3000", "out_for_delivery"), ("4070", "in_transit")],
    )


def test_retraction_of_a_milestone_takes_back_that_milestone() -> None:
    def told(*events: Json) -> bytes:
        return milestones(*reversed(events))

    hold(
        "amazon_sp_api",
        told,
        [
            milestone("SORTED", when="2026-03-02T10:00:00Z"),
            milestone("DELIVERED", when="2026-03-03T10:00:00Z"),
            milestone("OUT_FOR_DELIVERY", when="2026-03-03T11:00:00Z"),
            milestone("DELIVERED", "REVERTED", when="2026-03-03T12:00:00Z"),
        ],
        ends=Outcome("out_for_delivery"),
        passes=[
            ("SORTED", "in_transit"),
            ("DELIVERED", "delivered"),
            ("OUT_FOR_DELIVERY", "delivered"),
            ("DELIVERED/REVERTED", "out_for_delivery"),
        ],
    )


def test_retraction_told_with_and_without_its_place_is_one() -> None:
    taken_back = at("X/8I", 2, "150000")
    hold(
        "ups",
        ups_list,
        [*WAY, DELIVERED, taken_back, {**taken_back, "location": {}}],
        ends=Outcome("out_for_delivery"),
        passes=[*BEGUN, ("D/FS", "delivered"), ("X/8I", "out_for_delivery"), ("X/8I", "out_for_delivery")],
    )


def test_a_scan_that_is_missing_from_a_later_answer_stays() -> None:
    told = Told(Message("ups", ups_list(*WAY, DELIVERED)), Message("ups", ups_list(*WAY)))

    assert told.outcome() == Outcome("delivered")
    assert told.events() == [*BEGUN, ("D/FS", "delivered")]


def test_delivered_twice_at_different_times_and_places() -> None:
    again = at("D/FS", 2, "151500") | {"location": {"address": {"city": "Joliet", "stateProvince": "IL"}}}
    told = hold(
        "ups",
        ups_list,
        [*WAY, DELIVERED, again],
        ends=Outcome("delivered"),
        passes=[*BEGUN, ("D/FS", "delivered"), ("D/FS", "delivered")],
    )
    assert [one["class"] for one in told.updates][-2:] == ["customer_facing", "informational"]
    assert told.cases == []


def test_delivered_again_after_going_out_again() -> None:
    hold(
        "ups",
        ups_list,
        [*WAY, DELIVERED, at("I/OT", 3, "070000"), at("D/FS", 4, "120000")],
        ends=Outcome("delivered"),
        passes=[*BEGUN, ("D/FS", "delivered"), ("I/OT", "delivered"), ("D/FS", "delivered")],
    )


def test_movement_after_delivery_is_named() -> None:
    hold(
        "ups",
        ups_list,
        [*WAY, DELIVERED, at("I/OT", 3, "070000")],
        ends=Outcome("delivered", contradictions=("moved_after_delivered",)),
        passes=[*BEGUN, ("D/FS", "delivered"), ("I/OT", "delivered")],
    )


def test_notices_after_delivery_change_nothing() -> None:
    told = hold(
        "ups",
        ups_list,
        [*WAY, DELIVERED, at("X/1T", 5, "070000")],
        ends=Outcome("delivered"),
        passes=[*BEGUN, ("D/FS", "delivered"), ("X/1T", "delivered")],
    )
    assert told.updates[-1]["class"] == "informational"
    assert told.cases == []


def test_damage_reported_after_delivery() -> None:
    hold(
        "ups",
        ups_list,
        [*WAY, DELIVERED, at("X/HD", 3, "070000")],
        ends=Outcome("damaged", reason="damaged_after_delivery"),
        passes=[*BEGUN, ("D/FS", "delivered"), ("X/HD", "damaged")],
    )


def test_returned_after_delivered() -> None:
    hold(
        "fedex",
        fedex_list,
        [fedex_at("PU", 1, "17:00:00"), fedex_at("DL", 2, "11:00:00"), fedex_at("RS", 3, "09:00:00")],
        ends=Outcome("returned", ("returning",), contradictions=("returned_after_delivered",)),
        passes=[("PU", "picked_up"), ("DL", "delivered"), ("RS", "returned")],
    )


def test_available_for_pickup_after_delivered() -> None:
    hold(
        "usps",
        usps_list,
        [("03", "01T17:00"), ("01", "02T11:00"), ("14", "03T09:00")],
        ends=Outcome("delivered", contradictions=("waiting_after_delivered",)),
        passes=[("03", "picked_up"), ("01", "delivered"), ("14", "delivered")],
    )


def test_delivered_to_the_counter_then_collected() -> None:
    hold(
        "usps",
        usps_list,
        [("03", "01T17:00"), ("01", "02T11:00"), ("14", "03T09:00"), ("01", "04T09:00")],
        ends=Outcome("delivered"),
        passes=[("03", "picked_up"), ("01", "delivered"), ("14", "delivered"), ("01", "delivered")],
    )


@pytest.mark.parametrize(
    ("code", "ends"),
    [
        ("D/3H", Outcome("delivered")),
        ("D/P5", Outcome("delivered")),
        ("D/2Q", Outcome("in_transit", ("pickup_ready",), "awaiting_customer_pickup")),
        ("D/2W", Outcome("delivered")),
    ],
)
def test_delivered_to_a_neighbour_a_locker_or_a_pickup_point(code: str, ends: Outcome) -> None:
    hold("ups", ups_list, [*WAY, at(code, 2, "140000")], ends=ends, passes=[*BEGUN, (code, ends.state)])


def test_delivered_to_the_sender_is_returned() -> None:
    home = fedex_at("DL", 4, "11:00:00", said="Package returned to shipper")
    hold(
        "fedex",
        fedex_list,
        [fedex_at("PU", 1, "17:00:00"), fedex_at("DE", 2, "11:00:00", "08"), home],
        ends=Outcome("returned", ("back_at_sender",)),
        passes=[("PU", "picked_up"), ("DE/08", "attempted"), ("DL", "returned")],
    )


def test_refused_then_returned_then_delivered_home() -> None:
    hold(
        "fedex",
        fedex_list,
        [
            fedex_at("PU", 1, "17:00:00"),
            fedex_at("DE", 2, "11:00:00", "07"),
            fedex_at("RS", 3, "09:00:00"),
            fedex_at("OD", 5, "08:00:00"),
            fedex_at("DL", 5, "11:00:00"),
        ],
        ends=Outcome("returned", ("back_at_sender", "refused")),
        passes=[
            ("PU", "picked_up"),
            ("DE/07", "attempted"),
            ("RS", "returned"),
            ("OD", "returned"),
            ("DL", "returned"),
        ],
    )


def test_cancelled_label_then_scanned() -> None:
    void = at("M/VP", 1, "100000")
    hold(
        "ups",
        ups_list,
        [LABEL, void, PICKUP, ARRIVAL],
        ends=Outcome("in_transit"),
        passes=[BEGUN[0], ("M/VP", "label_created"), BEGUN[1], BEGUN[2]],
    )


def test_possession_then_cancelled_label() -> None:
    hold(
        "fedex",
        fedex_list,
        [fedex_at("OC", 1, "09:00:00"), fedex_at("PU", 1, "17:00:00"), fedex_at("CA", 1, "18:00:00")],
        ends=Outcome("picked_up"),
        passes=[("OC", "label_created"), ("PU", "picked_up"), ("CA", "picked_up")],
    )


def test_label_for_a_return_does_not_turn_the_parcel() -> None:
    hold(
        "fedex",
        fedex_list,
        [fedex_at("PU", 1, "17:00:00"), fedex_at("RP", 2, "08:00:00"), fedex_at("DL", 2, "11:00:00")],
        ends=Outcome("delivered"),
        passes=[("PU", "picked_up"), ("RP", "picked_up"), ("DL", "delivered")],
    )


def test_attempted_delayed_and_out_again_in_a_circle() -> None:
    told: list[Any] = [fedex_at("PU", 1, "17:00:00")]
    told += [fedex_at(*one) for one in [("OD", 2, "08:00:00"), ("DE", 2, "11:00:00", "08"), ("OD", 3, "08:00:00")]]
    hold(
        "fedex",
        fedex_list,
        told,
        ends=Outcome("out_for_delivery"),
        passes=[("PU", "picked_up"), ("OD", "out_for_delivery"), ("DE/08", "attempted"), ("OD", "out_for_delivery")],
    )


def test_purolator_delivers_to_the_counter() -> None:
    hold(
        "purolator",
        purolator_list,
        [("0300", "01T09:00"), ("9000", "02T09:00"), ("9550", "02T10:00"), ("9500", "04T10:00")],
        ends=Outcome("delivered"),
        passes=[("0300", "in_transit"), ("9000", "delivered"), ("9550", "delivered"), ("9500", "delivered")],
    )
