"""Traps of whose history it is: numbers, feeds, handoffs, codes that say nothing, estimates (docs/state-machine.md)."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from tests.rules.normalize.aggregator_payloads import (
    aftership,
    aftership_point,
    milestone,
    milestones,
    shipengine,
    shipengine_event,
    trackingmore,
    trackingmore_event,
)
from tests.rules.normalize.carrier_payloads import lasership, mydpd, parcel_de, purolator
from tests.rules.normalize.payloads import (
    Json,
    easypost,
    easypost_detail,
    fedex,
    fedex_event,
    fedex_result,
    own_scan,
    ups,
    ups_activity,
    usps,
    usps_event,
)
from tests.rules.traps import Message, Outcome, Told, hold, hold_messages

UPS = "1Z0000000000000002"


def own(status: str | None, code: str, when: str, **more: object) -> bytes:
    return own_scan(status=status, code=code, occurred_at=f"2026-03-{when}:00Z", **more)


def at(code: str, day: int, clock: str, **more: object) -> Json:
    kind, _, rest = code.partition("/")
    return ups_activity(kind, rest or None, None, day=f"202603{day:02}", time=clock, gmtOffset="-05:00", **more)


def test_two_parcels_under_one_fedex_number() -> None:
    first = fedex_result(fedex_event("DL", "2026-03-02T11:00:00-08:00"), unique_id="1~A~FX")
    second = fedex_result(
        fedex_event("OD", "2026-03-03T08:00:00-08:00"),
        fedex_event("PU", "2026-03-02T08:00:00-08:00"),
        unique_id="2~B~FX",
    )
    both, ids = fedex(first, second), ("fedex:700000000001:1~A~FX", "fedex:700000000001:2~B~FX")
    for raws in ((both,), (both, both), (fedex(second), fedex(first)), (fedex(second), both)):
        told = Told(*(Message("fedex", raw) for raw in raws))
        assert [told.outcome(one) for one in ids] == [Outcome("delivered"), Outcome("out_for_delivery")]
        assert told.events(ids[0]) == [("DL", "delivered")]
        assert told.events(ids[1]) == [("PU", "picked_up"), ("OD", "out_for_delivery")]
        assert ("opened", "contradictory_scans") not in told.cases


def test_a_feed_without_unique_ids_tells_of_the_same_fedex_parcel() -> None:
    """EasyPost knows the number alone: its scans and FedEx's own are one parcel, whichever comes first, and once."""
    number = {"tracking_code": "700000000001", "carrier": "FedEx"}
    out = easypost_detail("out_for_delivery", "2026-03-02T16:00:00Z", "Out for delivery")
    late = easypost_detail("delivered", "2026-03-02T19:30:00Z", "Delivered")
    own_feed = fedex(
        fedex_result(
            fedex_event("DL", "2026-03-02T11:00:00-08:00"),
            fedex_event("PU", "2026-03-01T08:00:00-08:00"),
            unique_id="1~A~FX",
        )
    )
    messages = [
        Message("easypost", easypost(out, **number)),
        Message("fedex", own_feed),
        Message("easypost", easypost(out, late, **number)),
    ]
    parcel = "fedex:700000000001:1~A~FX"
    for some in itertools.permutations(messages):
        told = Told(*some, *messages)
        assert told.outcome(parcel) == Outcome("delivered")
        assert told.replay.shipment("fedex:700000000001") is None
        assert len(told.shipment(parcel).scans) == 4
        assert len(told.updates) == 4
        assert told.events(parcel)[-1][1] == "delivered"


def test_a_number_used_again_months_later() -> None:
    again = [
        own("picked_up", "A", "01T10:00"),
        own("delivered", "B", "02T10:00"),
        own_scan(status="label_created", code="L", occurred_at="2026-07-01T10:00:00Z"),
        own_scan(status="picked_up", code="A", occurred_at="2026-07-02T10:00:00Z"),
        own_scan(status="out_for_delivery", code="O", occurred_at="2026-07-03T10:00:00Z"),
    ]
    later = datetime(2026, 7, 3, 12, tzinfo=UTC)
    told = hold_messages(
        [Message("wismo", raw, later + timedelta(seconds=at)) for at, raw in enumerate(again)],
        ends=Outcome("out_for_delivery"),
        passes=[
            ("A", "picked_up"),
            ("B", "delivered"),
            ("L", "label_created"),
            ("A", "picked_up"),
            ("O", "out_for_delivery"),
        ],
        shuffled=False,
    )
    life = told.shipment().life
    assert (life.earlier, life.delivered_at, life.contradictions) == (1, None, ())


def test_a_pickup_soon_after_delivery_is_a_contradiction_and_no_new_parcel() -> None:
    told = Told(
        Message("wismo", own("delivered", "B", "02T10:00")), Message("wismo", own("picked_up", "A", "09T10:00"))
    )
    assert told.outcome() == Outcome("delivered", contradictions=("moved_after_delivered",))
    assert told.events() == [("B", "delivered"), ("A", "delivered")]


def test_two_lists_of_one_history_are_one() -> None:
    """MyDPD tells each scan in `parcelHistory` and again in `parcelEvents`."""
    raw = mydpd(
        ("PARCEL_HANDED", "2026-03-02T18:05:12", "+01:00"),
        ("PARCEL_OUT_FOR_DELIVERY", "2026-03-03T08:05:12", "+01:00"),
        events=(("ORI", "2026-03-02", "18:05:12"), ("VUE", "2026-03-03", "08:05:12")),
    )
    told = Told(Message("dpd", raw), Message("dpd", raw))
    assert len(told.updates) == 2


def test_several_parcels_in_one_answer() -> None:
    raw = lasership(
        ("Released", "2026-03-02T14:22:25", "2026-03-02T19:22:25"),
        ("OutForDelivery", "2026-03-02T08:22:25", "2026-03-02T13:22:25"),
        pieces=("LX10000001", "LX10000002"),
    )
    told = Told(Message("lasership", raw), Message("lasership", raw))
    assert set(told.ids) == {"lasership:LX10000001", "lasership:LX10000002"}
    for one in told.ids:
        assert told.outcome(one) == Outcome("delivered")
        assert told.events(one) == [("OutForDelivery", "out_for_delivery"), ("Released", "delivered")]


def test_outbound_and_return_under_one_number() -> None:
    """Delivered, then the customer sends it back with the same number: a journey of its own, no contradiction."""

    def told(*events: Json) -> bytes:
        return milestones(*reversed(events))

    steps = [
        ("PICKED_UP", "01"),
        ("DELIVERED", "03"),
        ("RETURN_PICKED_UP", "10"),
        ("RETURN_IN_TRANSIT", "11"),
        ("RETURN_RECEIVED", "13"),
    ]
    passes: list[tuple[str | None, str]] = [
        ("PICKED_UP", "picked_up"),
        ("DELIVERED", "delivered"),
        ("RETURN_PICKED_UP", "picked_up"),
        ("RETURN_IN_TRANSIT", "in_transit"),
        ("RETURN_RECEIVED", "returned"),
    ]
    events = [milestone(code, when=f"2026-03-{day}T10:00:00Z") for code, day in steps]
    moving = Outcome("in_transit", ("return_shipment",), direction="return")
    hold("amazon_sp_api", told, events[:4], ends=moving, passes=passes[:4])
    home = Outcome("returned", ("back_at_sender", "return_shipment"), direction="return")
    assert hold("amazon_sp_api", told, events, ends=home, passes=passes).cases == []


def test_a_parcel_sent_back_by_its_carrier_in_one_list() -> None:
    """DHL Parcel DE marks the scans of the way back: "delivered" there is the sender's."""
    hold(
        "dhl_parcel_de",
        parcel_de,
        [("SRTED/NRQRD/PO", "02.03.2026 08:00", "false"), ("DLVRD/NGHBR/ZU", "05.03.2026 11:44", "true")],
        ends=Outcome("returned", ("back_at_sender",)),
        passes=[("SRTED/NRQRD/PO", "out_for_delivery"), ("DLVRD/NGHBR/ZU", "returned")],
        alone=False,
    )


@pytest.mark.parametrize(("code", "reason"), [("X/CG", "tracking_number_changed"), ("X/IB", "tracking_number_changed")])
def test_tracking_number_changed(code: str, reason: str) -> None:
    told = hold(
        "ups",
        lambda *events: ups(*reversed(events)),
        [at("P/OR", 1, "170000"), at(code, 2, "170000")],
        ends=Outcome("picked_up"),
        passes=[("P/OR", "picked_up"), (code, "picked_up")],
    )
    assert told.updates[-1]["scan_reason"] == reason
    assert told.updates[-1]["class"] == "informational"


@pytest.mark.parametrize("tag", ["Expired", "Pending"])
def test_expired_and_not_found_change_nothing(tag: str) -> None:
    told = hold(
        "aftership",
        aftership,
        [
            aftership_point("Delivered", "Delivered_001", "2026-03-02T10:00:00Z"),
            aftership_point(tag, f"{tag}_001", "2026-03-15T10:00:00Z"),
        ],
        ends=Outcome("delivered"),
        passes=[("Delivered_001", "delivered"), (f"{tag}_001", "delivered")],
    )
    assert told.dead_letters == []


def test_an_answer_that_finds_nothing_is_no_scan() -> None:
    raw = b'{"response": {"errors": [{"code": "TW0001", "message": "Tracking Information Not Found"}]}}'
    told = Told(Message("ups", ups(at("P/OR", 1, "170000"))), Message("ups", raw))
    assert told.events() == [("P/OR", "picked_up")]
    assert told.dead_letters == []


def test_an_unmapped_code_changes_nothing_and_is_parked() -> None:
    told = hold(
        "ups",
        lambda *events: ups(*reversed(events)),
        [at("I/OT", 2, "070000"), at("I/Q?", 2, "120000")],
        ends=Outcome("out_for_delivery"),
        passes=[("I/OT", "out_for_delivery"), ("I/Q?", "out_for_delivery")],
    )
    assert len(told.dead_letters) == 1
    assert told.updates[-1]["mapped"] is False
    assert ("opened", "status_unmapped") in told.cases


def test_handoff_to_another_carrier_under_one_number() -> None:
    """UPS tells the post office's scans too: one history, with a possession that goes on."""
    hold(
        "ups",
        lambda *events: ups(*reversed(events)),
        [
            at("P/OR", 1, "170000"),
            at("I/YM", 3, "090000"),
            at("I/XA", 3, "190000"),
            at("D/FS", 4, "090000"),
        ],
        ends=Outcome("delivered"),
        passes=[("P/OR", "picked_up"), ("I/YM", "in_transit"), ("I/XA", "in_transit"), ("D/FS", "delivered")],
    )


def test_the_post_offices_own_feed_of_a_handed_over_parcel_is_another_shipment() -> None:
    number = "92748999999999000000000001"
    first = ups(at("P/OR", 1, "170000"), at("I/YM", 3, "090000"), trackingNumber=number)
    last = usps(usps_event("01", "2026-03-04T11:00:00", "-08:00"), trackingNumber=number)
    told = Told(Message("ups", first), Message("usps", last))

    assert told.outcome(f"ups:{number}") == Outcome("in_transit", reason="handoff")
    assert told.outcome(f"usps:{number}") == Outcome("delivered")


def test_an_aggregator_and_the_carrier_tell_the_same_scans() -> None:
    """Both feeds of one number are one history; each tells every scan once, and a second attempt is not counted."""
    local = "2026-03-02T11:00:00"
    hold_messages(
        [
            Message("usps", usps(usps_event("OF", "2026-03-02T08:00:00", "-08:00"))),
            Message("aftership", slug("OutForDelivery", "OutForDelivery_001", "2026-03-02T08:00:00-08:00")),
            Message("usps", usps(usps_event("02", local, "-08:00"))),
            Message("aftership", slug("AttemptFail", "AttemptFail_001", f"{local}-08:00")),
        ],
        ends=Outcome("attempted", reason="recipient_unavailable"),
        passes=[
            ("OF", "out_for_delivery"),
            ("OutForDelivery_001", "out_for_delivery"),
            ("02", "attempted"),
            ("AttemptFail_001", "attempted"),
        ],
    )


def slug(tag: str, subtag: str, when: str) -> bytes:
    return aftership(aftership_point(tag, subtag, when), tracking_number="9400100000000000000001")


def test_an_aggregator_with_a_wrong_zone_contradicts_nothing() -> None:
    """Local 08:00 passed on as 08:00Z or as 16:00-08:00: the van that went out "after" the delivery did not."""
    told = hold_messages(
        [
            Message("usps", usps(usps_event("OF", "2026-03-02T08:00:00", "-08:00"))),
            Message("usps", usps(usps_event("01", "2026-03-02T11:00:00", "-08:00"))),
            Message("aftership", slug("OutForDelivery", "OutForDelivery_001", "2026-03-02T15:00:00-08:00")),
        ],
        ends=Outcome("delivered"),
        passes=[("OF", "out_for_delivery"), ("01", "delivered"), ("OutForDelivery_001", "delivered")],
    )
    assert told.cases == []


def test_an_aggregator_that_tells_of_movement_days_after_the_delivery() -> None:
    told = Told(
        Message("usps", usps(usps_event("01", "2026-03-02T11:00:00", "-08:00"))),
        Message("aftership", slug("InTransit", "InTransit_007", "2026-03-05T15:00:00-08:00")),
    )
    assert told.outcome() == Outcome("delivered", contradictions=("moved_after_delivered",))
    assert told.events() == [("01", "delivered"), ("InTransit_007", "delivered")]


def test_an_aggregators_status_does_not_overrule_its_newest_scan() -> None:
    """The header says delivered, the newest scan says out for delivery: scans are facts, the header is a summary."""
    out = easypost_detail("out_for_delivery", "2026-03-02T10:00:00Z", "Out for delivery")
    for source, raw, code in (
        ("easypost", easypost(out, status="delivered", status_detail="arrived_at_destination"), "out_for_delivery"),
        ("shipengine", shipengine(shipengine_event("IT", "OD"), status_code="DE"), "IT/OD"),
        (
            "trackingmore",
            trackingmore(trackingmore_event("pickup", "pickup001"), delivery_status="delivered"),
            "pickup001",
        ),
    ):
        told = Told(Message(source, raw), Message(source, raw))
        assert told.events() == [(code, "out_for_delivery")], source
        assert told.outcome() == Outcome("out_for_delivery"), source


def test_an_estimate_that_changes_moves_no_state() -> None:
    out = easypost_detail("in_transit", "2026-03-02T10:00:00Z", "Departed", carrier_code="DP")
    told = Told(
        *(
            Message("easypost", easypost(out, est_delivery_date=f"2026-03-{day}T00:00:00Z"))
            for day in ("06", "08", "05")
        )
    )
    assert told.events() == [("DP", "in_transit")]
    assert told.shipment().life.estimated_at == datetime(2026, 3, 5, tzinfo=UTC)


def test_an_inferred_scan_proves_neither_possession_nor_movement() -> None:
    label = usps_event("MA", "2026-03-02T08:00:00", "-08:00")
    said = usps_event("TL", "2026-03-03T08:00:00", "-08:00", eventCity=None, eventState=None, eventZIP=None)
    real = usps_event("10", "2026-03-04T08:00:00", "-08:00")
    told = hold(
        "usps", usps, [label, said], ends=Outcome("in_transit"), passes=[("MA", "label_created"), ("TL", "in_transit")]
    )
    life = told.shipment().life
    assert (life.possessed_at, life.moved_at) == (None, None)

    life = Told(Message("usps", usps(real, said, label))).shipment().life
    assert life.possessed_at == life.moved_at == datetime(2026, 3, 4, 16, tzinfo=UTC)

    truck = [("4200", "2026-03-04 09:00:00", "INFERRED"), ("3000", "2026-03-03 09:00:00", None)]
    life = Told(Message("purolator", purolator(*truck))).shipment().life
    assert (life.state, life.possessed_at, life.moved_at) == ("out_for_delivery", None, None)
