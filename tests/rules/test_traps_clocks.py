"""Traps of time: zones, dates without times, placeholders, the future, changing clocks (docs/state-machine.md)."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.rules.normalize.aggregator_payloads import aftership, aftership_point
from tests.rules.normalize.carrier_payloads import canada_post, dhl_xml
from tests.rules.normalize.payloads import (
    fedex,
    fedex_event,
    fedex_result,
    own_scan,
    ups,
    ups_activity,
    ups_xml,
    usps_xml,
)
from tests.rules.normalize.small_carrier_payloads import landmark, seko
from tests.rules.traps import HEARD, Message, Outcome, Told, hold, hold_messages

ATTEMPTED = Outcome("attempted", reason="unspecified")


def dhl(*events: tuple[str, str, str, str]) -> bytes:
    return dhl_xml(*events)


def test_naive_clocks_of_several_zones_keep_the_list_order() -> None:
    """Each leg of Landmark writes its own local time: the attempt of 04:23 follows the crossing of 07:56."""
    hold(
        "landmark",
        lambda *events: landmark(*events, place="Somewhere"),
        [("50", "2026-03-01 06:20:00"), ("150", "2026-03-02 07:56:00"), ("400", "2026-03-02 04:23:00")],
        ends=ATTEMPTED,
        passes=[("50", "label_created"), ("150", "in_transit"), ("400", "attempted")],
        alone=False,
    )


def test_naive_delivery_before_the_crossing_by_the_clock() -> None:
    hold(
        "landmark",
        lambda *events: landmark(*events, place="Somewhere"),
        [("150", "2026-03-02 07:56:00"), ("300", "2026-03-02 03:10:00"), ("500", "2026-03-02 04:23:00")],
        ends=Outcome("delivered"),
        passes=[("150", "in_transit"), ("300", "out_for_delivery"), ("500", "delivered")],
        alone=False,
    )
    alone = [
        Message("landmark", landmark(one, place="Somewhere"))
        for one in [("150", "2026-03-02 07:56:00"), ("300", "2026-03-02 03:10:00"), ("500", "2026-03-02 04:23:00")]
    ]
    assert Told(*alone).outcome() == Outcome("delivered")


def test_a_list_heard_after_its_scans_puts_them_in_place_and_tells_of_it() -> None:
    listed = [("150", "2026-03-02 07:56:00"), ("400", "2026-03-02 04:23:00")]
    single = [Message("landmark", landmark(one, place="Somewhere")) for one in listed]
    told = Told(*single, Message("landmark", landmark(*listed, place="Somewhere")))

    assert told.outcome() == ATTEMPTED
    assert told.events() == [("150", "in_transit"), ("400", "in_transit"), ("400", "attempted")]


def test_local_times_of_known_zones_are_compared_as_instants() -> None:
    """Leipzig 23:30 is before East Midlands 22:45, which is 23:45 there."""
    hold(
        "dhl_express",
        dhl,
        [
            ("PU", "2026-03-02", "17:00:00", "Leipzig - Germany"),
            ("DF", "2026-03-02", "23:30:00", "Leipzig - Germany"),
            ("AR", "2026-03-02", "22:45:00", "East Midlands - United Kingdom"),
        ],
        ends=Outcome("in_transit"),
        passes=[("PU", "picked_up"), ("DF", "in_transit"), ("AR", "in_transit")],
    )


def test_equal_times_stand_as_listed() -> None:
    hold(
        "seko",
        seko,
        [("OP-1", "2026-03-01T06:20:00"), ("OP-21", "2026-03-02T08:45:00"), ("OP-3", "2026-03-02T08:45:00")],
        ends=Outcome("in_transit"),
        passes=[("OP-1", "label_created"), ("OP-21", "out_for_delivery"), ("OP-3", "in_transit")],
        alone=False,
    )


def test_a_date_without_a_time_yields_to_clocks_of_its_day() -> None:
    """USPS leaves the time of some rows blank: "in transit" that day does not undo "out for delivery" at 8:10."""
    events = [
        ("GX", "March 1, 2026", "", "Label"),
        ("10", "March 2, 2026", "", "In transit"),
        ("OF", "March 2, 2026", "8:10 am", "Out for delivery"),
    ]
    hold(
        "usps",
        lambda *told: usps_xml(*reversed(told)),
        events,
        ends=Outcome("out_for_delivery"),
        passes=[("GX", "label_created"), ("10", "in_transit"), ("OF", "out_for_delivery")],
    )


def test_a_date_without_a_time_stands_where_the_list_puts_it() -> None:
    events = [
        ("OF", "March 2, 2026", "8:10 am", "Out for delivery"),
        ("02", "March 2, 2026", "1:00 pm", "Notice left"),
        ("10", "March 2, 2026", "", "In transit"),
        ("01", "March 3, 2026", "9:00 am", "Delivered"),
    ]
    for count, state in ((3, "in_transit"), (4, "delivered")):
        hold(
            "usps",
            lambda *told: usps_xml(*reversed(told)),
            events[:count],
            ends=Outcome(state),
            passes=[("OF", "out_for_delivery"), ("02", "attempted"), ("10", "in_transit"), ("01", "delivered")][:count],
            alone=False,
        )


def test_a_delivery_with_only_a_date_closes_its_day() -> None:
    hold(
        "usps",
        lambda *told: usps_xml(*reversed(told)),
        [("OF", "March 2, 2026", "8:10 pm", "Out for delivery"), ("01", "March 2, 2026", "", "Delivered")],
        ends=Outcome("delivered"),
        passes=[("OF", "out_for_delivery"), ("01", "delivered")],
    )


def test_a_pickup_at_midnight_is_a_day() -> None:
    """FedEx Ground writes its pickup as midnight without offset, before the label of that morning."""
    hold(
        "fedex",
        lambda *events: fedex(fedex_result(*reversed(events))),
        [fedex_event("OC", "2026-03-02T09:00:00-08:00"), fedex_event("PU", "2026-03-02T00:00:00")],
        ends=Outcome("picked_up"),
        passes=[("OC", "label_created"), ("PU", "picked_up")],
        alone=False,
    )
    told = Told(
        *(
            Message("fedex", fedex(fedex_result(one)))
            for one in (fedex_event("OC", "2026-03-02T09:00:00-08:00"), fedex_event("PU", "2026-03-02T00:00:00"))
        )
    )
    assert told.outcome() == Outcome("picked_up")


def test_noon_as_a_placeholder_is_a_day() -> None:
    hold(
        "ups",
        lambda *told: ups_xml(*reversed(told)),
        [("I", "OT", "20260302", "143000"), ("D", "KM", "20260302", "120000")],
        ends=Outcome("delivered"),
        passes=[("I/OT", "out_for_delivery"), ("D/KM", "delivered")],
    )


@pytest.mark.parametrize("sentinel", ["1900-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])
def test_a_placeholder_of_another_century_is_no_time(sentinel: str) -> None:
    hold(
        "aftership",
        aftership,
        [
            aftership_point("InfoReceived", "InfoReceived_001", sentinel),
            aftership_point("InTransit", "InTransit_007", "2026-03-02T10:00:00Z"),
            aftership_point("OutForDelivery", "OutForDelivery_001", "2026-03-03T10:00:00Z"),
        ],
        ends=Outcome("out_for_delivery"),
        passes=[
            ("InfoReceived_001", "label_created"),
            ("InTransit_007", "in_transit"),
            ("OutForDelivery_001", "out_for_delivery"),
        ],
        alone=False,
    )


def test_a_midday_placeholder_does_not_overtake_the_delivery() -> None:
    hold(
        "canada_post",
        lambda *events: canada_post(*reversed(events)),
        [("0174", "2026-03-03", "08:05:00", "EST"), ("1496", "2026-03-03", "11:59:59", "EST")],
        ends=Outcome("delivered"),
        passes=[("0174", "out_for_delivery"), ("1496", "delivered")],
    )


def ahead(status: str, code: str, when: datetime) -> bytes:
    return own_scan(status=status, code=code, occurred_at=when.isoformat())


def test_a_scan_of_the_future_contradicts_nothing() -> None:
    """A van's clock runs a day ahead: "out for delivery" of tomorrow does not contradict today's delivery."""
    hold_messages(
        [
            Message("wismo", ahead("in_transit", "A", HEARD - timedelta(hours=9)), HEARD),
            Message("wismo", ahead("out_for_delivery", "B", HEARD + timedelta(hours=20)), HEARD),
            Message("wismo", ahead("delivered", "C", HEARD + timedelta(hours=3)), HEARD + timedelta(hours=3)),
        ],
        ends=Outcome("delivered"),
        passes=[("A", "in_transit"), ("B", "out_for_delivery"), ("C", "delivered")],
        shuffled=False,
    )


def test_a_scan_of_the_far_future_is_parked() -> None:
    told = Told(
        Message("wismo", ahead("in_transit", "A", HEARD)),
        Message("wismo", ahead("delivered", "B", HEARD + timedelta(days=30))),
    )
    assert told.outcome() == Outcome("in_transit")
    assert told.events() == [("A", "in_transit")]
    assert len(told.dead_letters) == 1


@pytest.mark.parametrize(
    ("day", "clock", "instant"),
    [
        ("20260308", "023000", datetime(2026, 3, 8, 8, 30, tzinfo=UTC)),
        ("20251102", "013000", datetime(2025, 11, 2, 6, 30, tzinfo=UTC)),
    ],
)
def test_a_local_time_in_the_gap_or_the_overlap_of_changing_clocks(day: str, clock: str, instant: datetime) -> None:
    """02:30 does not exist in Illinois on 8 March 2026 and 01:30 comes twice on 2 November 2025: the first reading."""
    scans = [ups_activity("I", "AR", None, day=day, time=clock), ups_activity("D", "FS", None, day=day, time="140000")]
    told = hold(
        "ups",
        lambda *events: ups(*reversed(events)),
        scans,
        ends=Outcome("delivered"),
        passes=[("I/AR", "in_transit"), ("D/FS", "delivered")],
    )
    assert told.updates[0]["time_quality"] == "zone_inferred"
    assert datetime.fromisoformat(told.updates[0]["occurred_at"]) == instant


def test_a_scan_without_a_time_stands_beside_its_neighbour() -> None:
    hold(
        "aftership",
        aftership,
        [
            aftership_point("InTransit", "InTransit_002", "2026-03-01T10:00:00Z"),
            aftership_point("InTransit", "InTransit_007", None),
            aftership_point("Delivered", "Delivered_001", "2026-03-03T10:00:00Z"),
        ],
        ends=Outcome("delivered"),
        passes=[("InTransit_002", "picked_up"), ("InTransit_007", "in_transit"), ("Delivered_001", "delivered")],
        alone=False,
    )


def test_a_scan_without_a_place() -> None:
    scans = [
        ups_activity("I", "AR", None, day="20260302", time="050000", gmtOffset="-05:00"),
        ups_activity("I", "OT", None, day="20260302", time="070000", gmtOffset="-05:00", location={}),
    ]
    told = hold(
        "ups",
        lambda *events: ups(*reversed(events)),
        scans,
        ends=Outcome("out_for_delivery"),
        passes=[("I/AR", "in_transit"), ("I/OT", "out_for_delivery")],
    )
    assert told.shipment().life.country == "US"
    assert told.updates[1]["location"] is None
