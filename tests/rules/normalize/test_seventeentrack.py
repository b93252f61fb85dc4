"""17TRACK: sub-statuses, carriers by number, several providers, and the old v1."""

import orjson
import pytest

from tests.rules.normalize.aggregator_payloads import seventeen, seventeen_event
from tests.rules.normalize.carrier_payloads import read, told
from tests.rules.normalize.payloads import dump


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        ("InfoReceived", "label_created", None),
        ("InTransit_PickedUp", "picked_up", None),
        ("InTransit_CustomsRequiringInformation", "delayed", "customs_hold"),
        ("InTransit_BrandNew", "in_transit", None),
        ("AvailableForPickup_Other", "in_transit", "awaiting_customer_pickup"),
        ("DeliveryFailure_Rejected", "attempted", "refused"),
        ("Exception_Damaged", "damaged", "damaged"),
        ("Exception_Returned", "returned", None),
        ("NotFound_InvalidCode", None, "invalid_number"),
        ("Expired_Other", None, "tracking_expired"),
    ],
)
def test_codes(code: str, state: str | None, reason: str | None) -> None:
    assert told("17track", seventeen(seventeen_event(code))) == [(code, state, reason)]
    assert told("17track", seventeen(seventeen_event(None, stage=code))) == [(code, state, reason)]


def test_an_unknown_status_is_unmapped() -> None:
    assert [scan.mapped for scan in read("17track", seventeen(seventeen_event("Teleported_Other")))] == [False]


@pytest.mark.parametrize(
    ("number", "name", "carrier"),
    [
        (21051, "whatever", "usps"),
        (100003, "whatever", "fedex"),
        (99999, "UPS", "ups"),
        (99999, "Acme Post", "acme-post"),
    ],
)
def test_carriers_are_numbers_and_else_names(number: int, name: str, carrier: str) -> None:
    (scan,) = read("17track", seventeen(seventeen_event("Delivered_Other"), carrier=number, name=name))
    assert scan.carrier == carrier


@pytest.mark.parametrize(
    ("more", "at", "quality"),
    [
        ({}, "02:00", "offset"),
        ({"time_iso": None, "time_utc": "2026-03-02T02:00:00Z"}, "02:00", "gmt_field"),
        ({"time_iso": "2026-03-02T10:00:00", "time_utc": "2026-03-02T02:00:00Z"}, "02:00", "gmt_field"),
        ({"time_iso": None, "time_raw": {"date": "2026-03-02", "time": "10:00:00"}}, "02:00", "zone_inferred"),
    ],
)
def test_times(more: dict[str, object], at: str, quality: str) -> None:
    (scan,) = read("17track", seventeen(seventeen_event("InTransit_Other", **more)))  # type: ignore[arg-type]
    assert (str(scan.occurred_at), scan.time_quality) == (f"2026-03-02 {at}:00+00:00", quality)


def test_the_events_of_all_providers_are_one_history() -> None:
    message = orjson.loads(seventeen(seventeen_event("InTransit_Other", "2026-03-02T10:00:00+08:00")))
    late = seventeen_event("Delivered_Other", "2026-03-05T10:00:00-08:00")
    providers = message["data"]["track_info"]["tracking"]["providers"]
    providers.append({"provider": {"key": 3011, "name": "China Post"}, "events": [late]})
    assert [scan.state for scan in read("17track", dump(message))] == ["in_transit", "delivered"]


def test_an_answer_holds_accepted_numbers_and_rejected_ones_no_scan() -> None:
    data = orjson.loads(seventeen(seventeen_event("Delivered_Other")))["data"]
    assert len(read("17track", dump({"code": 0, "data": {"accepted": [data], "rejected": [{"number": "1"}]}}))) == 1
    assert read("17track", dump({"event": "TRACKING_STOPPED", "data": {"number": "1", "carrier": 3011}})) == ()


def test_v1_pick_up_is_ready_for_the_customer() -> None:
    latest = {"a": "2026-03-02 10:00", "c": "Reno", "z": "Arrived"}
    data = {"number": "94", "carrier": 21051, "track": {"e": 30, "z0": latest, "z1": [latest]}}
    (scan,) = read("17track", dump({"event": "TRACKING_UPDATED", "data": data}))
    assert (scan.code, scan.state, scan.reason) == ("30", "in_transit", "awaiting_customer_pickup")


def test_the_latest_event_has_the_status_of_the_number_where_it_says_none_of_its_own() -> None:
    old = seventeen_event(None, "2026-03-01T10:00:00+08:00", description="Somewhere")
    new = seventeen_event(None, description="Handed over")
    info: dict[str, object] = {"latest_status": {"status": "Delivered", "sub_status": "Delivered_Other"}}
    scans = read("17track", seventeen(new, old, latest_event=new, **info))
    assert [(scan.code, scan.state, scan.mapped) for scan in scans] == [
        (None, None, False),
        ("Delivered_Other", "delivered", True),
    ]


def test_a_latest_event_without_a_history_is_a_scan() -> None:
    latest = seventeen_event("OutForDelivery_Other")
    assert told("17track", seventeen(latest_event=latest)) == [("OutForDelivery_Other", "out_for_delivery", None)]
