"""The traps of real histories, one test each."""

from datetime import timedelta

import pytest

from tests.rules.builders import MONDAY, NUMBER, Story, hours, order_fact, scan, scans_fact


def story(*told: object) -> Story:
    one = Story()
    for index, entry in enumerate(told):
        state, *rest = entry if isinstance(entry, tuple) else (entry,)
        fields = rest[0] if rest else {}
        one.scans(scan(state, MONDAY + hours(index), code=f"C{index}", **fields))
    return one


def test_nothing_usable_is_unknown() -> None:
    assert story((None, {})).state == "unknown"


def test_an_informational_scan_changes_nothing() -> None:
    told = story("in_transit", (None, {"reason": "no_info"}))

    assert told.state == "in_transit"
    assert [value["class"] for value in told.of("shipment-updates")] == ["customer_facing", "informational"]


def test_an_unmapped_scan_changes_nothing_and_is_remembered() -> None:
    told = story("in_transit", (None, {"mapped": False}))

    assert told.state == "in_transit"
    assert told.open_kinds() == {"status_unmapped"}
    assert told.of("shipment-updates")[1]["mapped"] is False


def test_an_unmapped_scan_that_comes_back_mapped_replaces_its_twin() -> None:
    told = story("picked_up", (None, {"mapped": False}))

    told.scans(scan("out_for_delivery", MONDAY + hours(1), code="C1"), heard=MONDAY + hours(3))

    assert told.state == "out_for_delivery"
    assert told.open_kinds() == set()
    assert told.shipment is not None and len(told.shipment.scans) == 2


def test_an_unmapped_scan_without_a_code_finds_its_twin_too() -> None:
    told = Story()
    told.scans(scan(None, MONDAY, description="Out with the driver", mapped=False))
    told.scans(scan("out_for_delivery", MONDAY, description="Out with the driver"), heard=MONDAY + hours(3))
    told.scans(scan(None, MONDAY, description="Out with the driver", mapped=False), heard=MONDAY + hours(4))

    assert told.shipment is not None and len(told.shipment.scans) == 1
    assert told.state == "out_for_delivery"


def test_a_label_told_of_after_the_pickup_does_not_take_the_parcel_back() -> None:
    assert story("picked_up", "label_created").state == "picked_up"
    assert story("in_transit", "label_created", "picked_up").state == "in_transit"


def test_a_late_old_scan_does_not_move_the_state_back() -> None:
    told = story("picked_up", "in_transit", "out_for_delivery")

    told.scans(scan("in_transit", MONDAY + hours(0.5), code="late"), heard=MONDAY + hours(5))

    assert told.state == "out_for_delivery"
    late = told.of("shipment-updates")[-1]
    assert (late["previous_state"], late["current_state"]) == ("out_for_delivery", "out_for_delivery")
    assert late["class"] == "informational"
    assert told.open_kinds() == set()


def test_attempted_delayed_and_out_for_delivery_follow_each_other_freely() -> None:
    told = story("out_for_delivery", "attempted", "in_transit", "delayed", "out_for_delivery", "attempted")

    assert told.state == "attempted"


def test_a_terminal_state_does_not_regress_and_the_contradiction_is_named() -> None:
    told = story("in_transit", "delivered", "out_for_delivery")

    assert told.state == "delivered"
    assert told.open_kinds() == {"contradictory_scans"}
    case = told.of("exceptions-operations")[-1]
    assert case["evidence"][0]["fact"] == "moved_after_delivered"
    assert case["evidence"][0]["observed"].startswith("out_for_delivery at ")
    assert case["needs_review"]
    assert case["posture"] == "silent"


def test_delivered_again_after_delivered_settles_the_contradiction() -> None:
    told = story("delivered", "out_for_delivery", "delivered")

    assert told.state == "delivered"
    assert told.open_kinds() == set()
    assert told.cases() == [("opened", "contradictory_scans"), ("resolved", "contradictory_scans")]
    assert told.of("exceptions-operations")[-1]["resolved_by"] == "self"


def test_a_second_delivered_scan_alone_is_no_contradiction() -> None:
    assert story("delivered", "delivered").cases() == []


def test_an_informational_scan_after_delivery_is_no_contradiction() -> None:
    assert story("delivered", (None, {})).cases() == []


def test_a_label_after_delivery_is_no_contradiction() -> None:
    assert story("delivered", "label_created").cases() == []


def test_delivered_then_returned_moves_and_names_the_contradiction() -> None:
    told = story("delivered", ("returned", {"flags": ["returning"]}))

    assert told.state == "returned"
    assert {"returning", "contradictory_scans"} <= told.open_kinds()


def test_a_retraction_takes_back_the_scan_before_it() -> None:
    told = story("in_transit", "delivered", (None, {"reason": "retraction"}))

    assert told.state == "in_transit"
    assert told.of("shipment-updates")[-1]["previous_state"] == "delivered"


def test_a_retraction_that_comes_first_takes_back_what_comes_late() -> None:
    told = Story()
    told.scans(scan(None, MONDAY + hours(2), reason="retraction", code="R"))
    told.scans(scan("picked_up", MONDAY, code="P"), heard=MONDAY + hours(3))
    told.scans(scan("delivered", MONDAY + hours(1), code="D"), heard=MONDAY + hours(4))

    assert told.state == "picked_up"


def test_a_pickup_taken_back_is_a_label_again() -> None:
    told = story("label_created", "picked_up", ("label_created", {"reason": "retraction"}))

    assert told.state == "label_created"
    assert told.shipment is not None and told.shipment.life.possessed_at is None


def test_a_retracted_scan_ends_the_contradiction_it_made() -> None:
    told = story("delivered", "in_transit", (None, {"reason": "retraction"}))

    assert told.state == "delivered"
    assert told.open_kinds() == set()


def test_waiting_at_a_counter_is_in_transit_with_a_flag() -> None:
    told = story("out_for_delivery", ("in_transit", {"reason": "awaiting_customer_pickup"}))

    assert (told.state, told.flags) == ("in_transit", ("pickup_ready",))
    assert told.of("shipment-updates")[-1]["class"] == "customer_facing"


def test_lost_is_delayed_with_a_flag_until_it_is_found() -> None:
    told = story("in_transit", ("delayed", {"reason": "lost"}))
    assert (told.state, told.flags) == ("delayed", ("lost",))

    told.scans(scan("in_transit", MONDAY + hours(9)))
    assert told.flags == ()


def test_cancelled_is_a_label_with_a_flag() -> None:
    told = story("label_created", ("label_created", {"reason": "cancelled"}))

    assert (told.state, told.flags) == ("label_created", ("cancelled",))


def test_refused_is_attempted_until_it_turns_back() -> None:
    told = story("out_for_delivery", ("attempted", {"reason": "refused"}))
    assert (told.state, told.flags, told.open_kinds()) == ("attempted", ("refused",), {"refused"})

    told.scans(scan("returned", MONDAY + hours(9), reason="refused", flags=["returning"]))
    assert told.state == "returned"
    assert set(told.flags) == {"returning", "refused"}
    assert told.open_kinds() == {"returning"}


def test_on_the_way_back_and_back_are_two_things() -> None:
    told = story("in_transit", ("returned", {"flags": ["returning"]}), "in_transit", "out_for_delivery")
    assert (told.state, told.flags) == ("returned", ("returning",))
    assert "contradictory_scans" not in told.open_kinds()

    told.scans(scan("delivered", MONDAY + hours(9)))
    assert (told.state, told.flags) == ("returned", ("back_at_sender",))
    assert told.open_kinds() == {"returned"}


def test_a_return_delivered_is_returned_and_back_at_the_sender() -> None:
    told = story(("in_transit", {"direction": "return"}), ("delivered", {"direction": "return"}))

    assert told.state == "returned"
    assert set(told.flags) == {"back_at_sender", "return_shipment"}
    assert told.cases() == []
    assert told.messages() == []


def test_an_order_may_say_that_it_is_a_return_after_the_scans() -> None:
    told = story("in_transit", "delivered")

    told.tell(order_fact(direction="return", heard=MONDAY + hours(5)))

    assert told.state == "returned"
    assert told.of("shipments")[-1]["direction"] == "return"


def test_several_scans_of_one_day_are_one_attempt() -> None:
    told = story("attempted", "attempted", "attempted")

    assert told.of("shipments")[-1]["attempts"] == 1
    assert told.open_kinds() == {"attempt_failed"}


def test_attempts_are_counted_by_the_day_at_the_destination() -> None:
    told = Story()
    told.tell(order_fact(timezone="America/Los_Angeles", promise_date=None))
    told.scans(scan("attempted", MONDAY + hours(1), code="A"))
    told.scans(scan("attempted", MONDAY + hours(11), code="B"))

    assert told.of("shipments")[-1]["attempts"] == 1


def test_a_delivered_damaged_parcel_is_damaged() -> None:
    told = story("out_for_delivery", ("damaged", {"reason": "delivered_damaged"}))

    assert (told.state, told.open_kinds()) == ("damaged", {"damaged"})


def test_movement_after_damage_does_not_mend_the_parcel() -> None:
    told = story(("damaged", {"reason": "damaged"}), "in_transit")
    assert (told.state, told.open_kinds()) == ("damaged", {"damaged"})

    told.scans(scan("delivered", MONDAY + hours(9)))
    assert (told.state, told.open_kinds()) == ("delivered", {"damaged"})


def test_a_destroyed_parcel_that_moves_is_a_contradiction() -> None:
    told = story(("damaged", {"reason": "destroyed_or_seized"}), "in_transit")

    assert told.state == "damaged"
    assert "contradictory_scans" in told.open_kinds()


@pytest.mark.parametrize("quality", ["naive", "zone_inferred", "date_only", "placeholder"])
def test_a_vague_time_of_the_same_day_contradicts_nothing(quality: str) -> None:
    assert story("delivered", ("out_for_delivery", {"quality": quality})).cases() == []


def test_a_date_without_a_time_stands_where_its_state_puts_it() -> None:
    told = Story()
    day = MONDAY.replace(hour=12)
    told.scans(scan("out_for_delivery", day + hours(2), code="O"))
    told.scans(scan("delivered", day, quality="date_only", code="D"), heard=day + hours(9))
    told.scans(scan("label_created", day, quality="date_only", code="L"), heard=day + hours(9))

    assert told.state == "delivered"
    assert told.shipment is not None
    assert [one.state for one in told.shipment.scans] == ["label_created", "out_for_delivery", "delivered"]
    assert told.of("shipment-updates")[1]["occurred_at"] == day


def test_scans_at_one_time_stand_as_their_message_lists_them() -> None:
    told = Story()
    told.scans(scan("in_transit", code="B"), scan("out_for_delivery", code="A"), scan("attempted", code="0"))

    assert told.state == "attempted"
    assert [value["scan_state"] for value in told.of("shipment-updates")] == [
        "in_transit",
        "out_for_delivery",
        "attempted",
    ]


def test_a_scan_without_a_time_stands_beside_its_neighbour() -> None:
    told = Story()
    told.scans(
        scan("picked_up", MONDAY, code="A"),
        scan("in_transit", None, code="B"),
        scan("out_for_delivery", MONDAY + hours(1), code="C"),
    )

    assert told.shipment is not None
    assert [one.code for one in told.shipment.scans] == ["A", "B", "C"]
    assert told.state == "out_for_delivery"


def test_a_whole_history_sent_again_is_a_duplicate() -> None:
    told = Story()
    history = [scan("picked_up", MONDAY, code="A"), scan("in_transit", MONDAY + hours(1), code="B")]
    told.scans(*history)
    before = len(told.events)

    told.scans(*history, heard=MONDAY + hours(2))
    told.scans(*history, scan("delivered", MONDAY + hours(3), code="C"))

    updates = told.of("shipment-updates")
    assert [value["code"] for value in updates] == ["A", "B", "C"]
    assert len(told.events) - before >= 2


def test_over_the_bound_scans_are_refused_by_name() -> None:
    told = Story()
    told.tell(scans_fact(*(scan(None, MONDAY + timedelta(minutes=at), code=f"N{at}") for at in range(402))))

    assert told.shipment is not None and len(told.shipment.scans) == 400
    assert len(told.refusals) == 1
    assert "2 scans" in told.refusals[0]


def test_a_new_shipment_knows_its_carrier_and_number() -> None:
    told = story("picked_up")

    value = told.of("shipments")[-1]
    assert (value["carrier"], value["tracking_number"], value["shipment_id"]) == ("ups", NUMBER, f"ups:{NUMBER}")
    assert (value["previous_state"], value["current_state"]) == ("unknown", "picked_up")


def test_one_coarse_code_for_two_states_is_two_scans() -> None:
    told = Story()
    told.scans(scan("delayed", code="in_transit", reason="weather"), scan("in_transit", code="in_transit"))
    assert told.shipment is not None and len(told.shipment.scans) == 2

    told.scans(scan("delayed", code="in_transit", reason="weather"), scan("in_transit", code="in_transit"))
    assert len(told.shipment.scans) == 2


def test_a_scan_mapped_anew_replaces_what_the_old_table_made_of_it() -> None:
    told = Story()
    told.scans(scan("delivered", code="X", mapping_version="1"))
    told.scans(scan("in_transit", code="X", mapping_version="2"), heard=MONDAY + hours(5))

    assert told.state == "in_transit"
    assert told.shipment is not None and len(told.shipment.scans) == 1


def test_delivered_after_it_was_back_is_the_senders_delivery() -> None:
    told = story(("returned", {"flags": ["back_at_sender"]}), "delivered")

    assert (told.state, told.flags) == ("returned", ("back_at_sender",))
    assert told.open_kinds() == {"returned"}


def test_a_label_for_the_way_back_does_not_turn_a_parcel_that_is_under_way() -> None:
    told = story("in_transit", ("label_created", {"direction": "return"}), "delivered")
    assert (told.state, told.flags) == ("delivered", ())

    assert story(("label_created", {"direction": "return"}), "delivered").state == "returned"


def test_a_label_made_anew_after_a_cancelled_one_counts_from_then() -> None:
    told = story("label_created", ("label_created", {"reason": "cancelled"}), "label_created")

    assert told.shipment is not None
    assert told.shipment.life.labelled_at == MONDAY + hours(2)
    assert told.flags == ()


def test_a_reason_is_not_lost_to_another_feed_that_knows_none() -> None:
    told = Story()
    told.scans(scan("attempted", reason="business_closed", code="02", mapping_version="usps-1"))
    told.scans(scan("attempted", reason="unspecified", code="AF", mapping_version="aftership-1"))

    assert [value["exception_reason"] for value in told.of("shipment-updates")] == ["business_closed"] * 2


def test_milestones_of_another_parcel_under_a_used_number_are_told() -> None:
    told = Story()
    told.tell(order_fact(promise_date=None))
    for days in (0, 90):
        told.scans(scan("picked_up", MONDAY + timedelta(days=days), code=f"P{days}"))
        told.scans(scan("delivered", MONDAY + timedelta(days=days, hours=20), code=f"D{days}"))
        told.wait(MONDAY + timedelta(days=days, hours=30))

    assert [fate for about, fate, _ in told.messages() if about == "delivered" and fate != "held"] == ["send", "send"]


def test_a_resent_estimate_is_told_once_and_the_newest_counts() -> None:
    told = Story()
    for at, day in ((0, 3), (1, 5), (2, 5), (3, 4)):
        told.wait(MONDAY + hours(at))
        events = told.scans(
            scan("in_transit", estimated_delivery_at=MONDAY + timedelta(days=day)), heard=MONDAY + hours(at)
        )
        assert [event.topic for event in events] == {0: ["shipment-updates", "shipments"], 2: []}.get(at, ["shipments"])
        assert told.of("shipments")[-1]["estimated_delivery_at"] == MONDAY + timedelta(days=day)
