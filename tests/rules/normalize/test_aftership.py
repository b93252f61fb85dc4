"""AfterShip: subtags that move, checkpoint times without offset, and the many envelopes."""

import pytest

from tests.rules.normalize.aggregator_payloads import WHEN, aftership, aftership_point
from tests.rules.normalize.carrier_payloads import read, told
from tests.rules.normalize.payloads import dump


@pytest.mark.parametrize(
    ("tag", "subtag", "state", "reason"),
    [
        ("InfoReceived", "InfoReceived_001", "label_created", None),
        ("InTransit", "InTransit_002", "picked_up", None),
        ("InTransit", None, "in_transit", None),
        ("Exception", "Exception_002", "delayed", "address_issue"),
        ("Exception", "Exception_011", "returned", None),
        ("Exception", "Exception_012", "damaged", "damaged"),
        ("Exception", "Exception_018", "delayed", "documentation"),
        ("OutForDelivery", "OutForDelivery_002", "in_transit", "awaiting_customer_pickup"),
        ("OutForDelivery", "OutForDelivery_003", None, None),
        ("Expired", "Expired_001", None, "tracking_expired"),
    ],
)
def test_codes(tag: str, subtag: str | None, state: str | None, reason: str | None) -> None:
    assert told("aftership", aftership(aftership_point(tag, subtag))) == [(subtag or tag, state, reason)]


def test_an_unknown_subtag_keeps_the_meaning_of_its_tag() -> None:
    (scan,) = read("aftership", aftership(aftership_point("Exception", "Exception_099")))
    assert (scan.state, scan.reason, scan.mapped) == ("delayed", "unspecified", True)
    (scan,) = read("aftership", aftership(aftership_point("Teleported", "Teleported_001")))
    assert (scan.state, scan.mapped) == (None, False)


def test_a_checkpoint_without_offset_is_read_in_its_place() -> None:
    (scan,) = read("aftership", aftership(aftership_point("InTransit", "InTransit_003", "2026-03-02T10:00:00")))
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-03-02 18:00:00+00:00", "zone_inferred")
    point = aftership_point("InTransit", "InTransit_003", "2026-03-02T10:00:00", country_iso3=None, state=None)
    assert read("aftership", aftership(point))[0].time_quality == "naive"


def test_the_time_of_aftership_itself_is_no_scan_time() -> None:
    (scan,) = read("aftership", aftership(aftership_point("InTransit", "InTransit_003", None)))
    assert (scan.occurred_at, scan.time_quality) == (None, "missing")


@pytest.mark.parametrize("wrap", ["bare", "data", "tracking", "trackings", "list"])
def test_every_envelope_holds_the_same_tracking(wrap: str) -> None:
    tracking = {"slug": "fedex", "tracking_number": "7", "checkpoints": [aftership_point("Delivered", "Delivered_001")]}
    wrapped: dict[str, object] = {
        "bare": tracking,
        "data": {"meta": {"code": 200}, "data": tracking},
        "tracking": {"meta": {"code": 200}, "data": {"tracking": tracking}},
        "trackings": {"meta": {"code": 200}, "data": {"trackings": [tracking]}},
        "list": {"meta": {"code": 200}, "data": [tracking]},
    }
    assert [scan.shipment_id for scan in read("aftership", dump(wrapped[wrap]))] == ["fedex:7"]


def test_the_estimate_goes_to_the_latest_scan() -> None:
    raw = aftership(
        aftership_point("InTransit", "InTransit_003", "2026-03-01T10:00:00Z"),
        aftership_point("OutForDelivery", "OutForDelivery_001", WHEN),
        latest_estimated_delivery={"type": "specific", "datetime": "2026-03-02T20:00:00Z"},
    )
    assert [str(scan.estimated_delivery_at) for scan in read("aftership", raw)] == ["None", "2026-03-02 20:00:00+00:00"]


def test_a_tracking_without_checkpoints_holds_no_scan() -> None:
    assert read("aftership", aftership()) == ()
    assert read("aftership", dump({"meta": {"code": 404}, "data": {}})) == ()


def test_the_answer_about_the_last_checkpoint_holds_that_one() -> None:
    point = aftership_point("Delivered", "Delivered_011")
    answer = {"slug": "fedex-fims", "tracking_number": "7", "tag": "Delivered", "checkpoint": point}
    (scan,) = read("aftership", dump({"meta": {"code": 200}, "data": answer}))
    assert (scan.shipment_id, scan.code, scan.state) == ("fedex:7", "Delivered_011", "delivered")
    assert read("aftership", dump({"meta": {"code": 200}, "data": {**answer, "checkpoint": None}})) == ()
