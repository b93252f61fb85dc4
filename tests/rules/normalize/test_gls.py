"""GLS: offsets without a colon, a status that is no scan, and the older answers, whose text tells."""

import pytest

from tests.rules.normalize.carrier_payloads import gls, read, soap, tag, told
from tests.rules.normalize.payloads import dump

SENDER = "gls"
WHEN = "2026-03-02T10:46:14+0200"


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        ("INTIAL.PREADVICE", "label_created", None),
        ("INTIAL.NORMAL", "picked_up", None),
        ("INBOUD.NORMAL", "in_transit", None),
        ("OUTDEL.NORMAL", "out_for_delivery", None),
        ("DELIVD.NORMAL", "delivered", None),
        ("DELIVD.PARCELSHOP", "in_transit", "awaiting_customer_pickup"),
        ("CANCEL.NORMAL", "label_created", "cancelled"),
        ("CHANGD.PARCELBOX", "in_transit", "redirected"),
    ],
)
def test_codes(code: str, state: str, reason: str | None) -> None:
    assert told(SENDER, gls((code, WHEN))) == [(code, state, reason)]


def test_an_offset_needs_no_colon() -> None:
    (scan,) = read(SENDER, gls(("INTIAL.NORMAL", WHEN)))
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-03-02 08:46:14+00:00", "offset")


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        ("DELIVEREDPS", "in_transit", "awaiting_customer_pickup"),
        ("FINAL", None, "tracking_expired"),
        ("NOTDELIVERED", "attempted", "unspecified"),
    ],
)
def test_the_status_counts_only_where_it_stands_alone(status: str, state: str | None, reason: str | None) -> None:
    alone = gls(status=status, statusDateTime=WHEN)
    assert told(SENDER, alone) == [(status, state, reason)]
    assert len(told(SENDER, gls(("INTIAL.NORMAL", WHEN), status=status, statusDateTime=WHEN))) == 1


def test_an_unknown_code_is_unmapped() -> None:
    (scan,) = read(SENDER, gls(("DELIVD.SOMEWHERE", WHEN)))
    assert (scan.state, scan.mapped) == (None, False)


def test_a_number_not_found_holds_no_scan() -> None:
    assert told(SENDER, dump({"parcels": [{"requested": "1", "errorCode": "NOT_FOUND"}]})) == []


def older(*events: tuple[str | None, str]) -> bytes:
    """The public tracking API, whose events are numbers."""
    listed = [
        {
            "code": code,
            "description": said,
            "timestamp": f"2026-03-02T1{hour}:00:00",
            "location": "Paris",
            "country": "FR",
        }
        for hour, (code, said) in enumerate(events)
    ]
    return dump({"parcels": [{"trackid": "20000000001", "status": "", "references": [], "events": listed}]})


@pytest.mark.parametrize(
    ("code", "said", "state", "reason"),
    [
        ("3.0", "The parcel has been delivered.", "delivered", None),
        ("3.120", "The parcel has been delivered at the ParcelShop.", "in_transit", "awaiting_customer_pickup"),
        (
            "4.11",
            "The parcel could not be delivered as the consignee was absent.",
            "attempted",
            "recipient_unavailable",
        ),
        ("4.99", "The parcel could not be delivered for whatever reason.", "attempted", "unspecified"),
        ("0.100", "The parcel was not yet handed over to GLS.", "label_created", None),
        (None, "The parcel has left the parcel center.", "in_transit", None),
        (None, "The parcel is returned to sender.", "returned", None),
        ("4.98", "Words nobody knows", None, None),
        ("DELIVD.NEW", "The parcel has been delivered.", None, None),
    ],
)
def test_a_number_is_a_code_and_its_text_says_the_rest(
    code: str | None, said: str, state: str | None, reason: str | None
) -> None:
    assert told(SENDER, older((code, said))) == [(code, state, reason)]


def test_a_time_without_offset_is_of_its_place() -> None:
    (scan,) = read(SENDER, older(("3.0", "Delivered")))
    assert (scan.shipment_id, str(scan.occurred_at)) == ("gls:20000000001", "2026-03-02 09:00:00+00:00")


@pytest.mark.parametrize(
    ("stage", "said", "state", "reason"),
    [
        ("HUB", "The parcel has reached the parcel center.", "in_transit", None),
        ("HUB", "The parcel could not be delivered as the reception was closed.", "attempted", "business_closed"),
        ("DELIVERED", "The parcel has been delivered at the ParcelShop.", "in_transit", "awaiting_customer_pickup"),
        ("DATA_RECEIVED", "", "label_created", None),
    ],
)
def test_the_stages_of_shipit_say_less_than_their_text(stage: str, said: str, state: str, reason: str | None) -> None:
    event = tag("Date", "2026-03-02T10:00:00+01:00") + tag("StatusCode", stage) + tag("Description", said)
    unit = tag("UnitDetail", tag("TrackID", "ZABC") + tag("ParcelNumber", 30000000002) + tag("History", event))
    raw = soap(tag("GetParcelDetailsResponse", unit))
    assert told(SENDER, raw) == [(stage, state, reason)]
    assert read(SENDER, raw)[0].shipment_id == "gls:30000000002"


def test_the_website_gives_texts_alone() -> None:
    event = {"date": "2026-03-02", "time": "10:52:00", "evtDscr": "The parcel has been delivered."}
    parcel = {"references": [{"type": "UNITNO", "value": "30000000003"}]}
    history = [{**event, "address": {"city": "Paris", "countryName": "France", "countryCode": "FR"}}]
    (scan,) = read(SENDER, dump({"tuStatus": [{**parcel, "history": history}]}))
    assert (scan.shipment_id, scan.code, scan.state) == ("gls:30000000003", None, "delivered")
    assert str(scan.occurred_at) == "2026-03-02 09:52:00+00:00"


def test_a_date_in_parts_is_one_time() -> None:
    written = {"Year": 2026, "Month": 3, "Day": 2, "Hour": 9, "Minut": 5}
    parts = "".join(tag(name, value) for name, value in written.items())
    history = tag("History", tag("Date", parts) + tag("CountryName", "France") + tag("Code", "2.0") + tag("Desc", "x"))
    (scan,) = read(SENDER, soap(tag("GetTuDetailResponse", tag("TuNo", 30000000004) + history)))
    assert (scan.shipment_id, scan.state) == ("gls:30000000004", "in_transit")
    assert str(scan.occurred_at) == "2026-03-02 08:05:00+00:00"


def test_mygls_counts_its_statuses() -> None:
    event = {"StatusCode": "12", "StatusDate": "/Date(1772445600000+0100)/", "DepotCity": "Budapest"}
    listed = [event, {**event, "StatusCode": "777"}]
    raw = dump({"ParcelNumber": 30000000005, "ParcelStatusList": listed, "GetParcelStatusErrors": []})
    assert told(SENDER, raw) == [("777", None, None), ("12", "attempted", "recipient_unavailable")]


def test_a_fault_says_nothing() -> None:
    assert read(SENDER, soap(tag("Fault", tag("faultcode", "x")))) == ()
