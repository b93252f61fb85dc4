"""Amazon: one EVENT code with two meanings, milestones that are taken back, returns, and the consumer page."""

import pytest

from tests.rules.normalize.aggregator_payloads import (
    WHEN,
    a1_feed,
    amazon_event,
    amazon_page,
    amazon_shipping,
    milestone,
    milestones,
    page_event,
)
from tests.rules.normalize.carrier_payloads import read, told
from tests.rules.normalize.payloads import Json, dump

NOON = "2026-03-02T12:00:00-08:00"


def fulfilment(code: str, said: str = "Something", **more: object) -> bytes:
    event: Json = {"eventCode": code, "eventDescription": said, "eventDate": WHEN, "eventAddress": {"country": "US"}}
    return dump({"payload": {"packageNumber": 1, "trackingNumber": "TBA1", "trackingEvents": [event], **more}})


@pytest.mark.parametrize(
    ("source", "said", "state"),
    [
        ("amazon_logistics", "Shipment has left seller facility and is in transit", "in_transit"),
        ("amazon_logistics", "Carrier notified to pick up package", "label_created"),
        ("amazon_sp_api", "Carrier notified to pick up package", "label_created"),
    ],
)
def test_event_101_depends_on_who_says_it(source: str, said: str, state: str) -> None:
    raw = a1_feed(("EVENT_101", said, NOON)) if source == "amazon_logistics" else fulfilment("EVENT_101", said)
    assert told(source, raw) == [("EVENT_101", state, None)]


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        ("EVENT_302", "out_for_delivery", None),
        ("EVENT_304", "attempted", "unspecified"),
        ("EVENT_306", None, None),
        ("EVENT_309", "returned", None),
        ("EVENT_407", "attempted", "refused"),
        ("EVENT_409", "delayed", "lost"),
        ("EVENT_413", "delayed", "payment_due"),
        ("EVENT_801", "in_transit", "awaiting_customer_pickup"),
        ("EVENT_804", "delivered", None),
    ],
)
def test_event_codes(code: str, state: str | None, reason: str | None) -> None:
    assert told("amazon_logistics", a1_feed((code, "Something", NOON))) == [(code, state, reason)]
    assert told("amazon_sp_api", fulfilment(code)) == [(code, state, reason)]


def test_undeliverable_means_lost_or_destroyed_in_fulfilment() -> None:
    details = {"trackingNumber": "1Z0000000000000009", "carrierCode": "UPS", "currentStatus": "UNDELIVERABLE"}
    (scan,) = read("amazon_sp_api", dump({"payload": details}))
    assert (scan.shipment_id, scan.state, scan.reason) == ("ups:1Z0000000000000009", "delayed", "lost")
    assert read("amazon_sp_api", dump({"payload": {**details, "currentStatus": "TELEPORTED"}}))[0].mapped is False


def test_the_feed_with_an_error_holds_no_scan() -> None:
    raw = b"<AmazonTrackingResponse><TrackingErrorInfo><E>none</E></TrackingErrorInfo></AmazonTrackingResponse>"
    assert read("amazon_logistics", raw) == ()


@pytest.mark.parametrize(
    ("code", "sub_code", "state", "reason"),
    [
        ("ORDER_PREPARING", None, "label_created", None),
        ("CARRIER_RECEIVED_SHIPMENT", None, "picked_up", None),
        ("DELIVERED", "PORCH", "delivered", None),
        ("DELIVERED", "LOCKER", "in_transit", "awaiting_customer_pickup"),
        ("DELIVERED", "PICKUP_POINT", "in_transit", "awaiting_customer_pickup"),
        ("DELIVERY_ATTEMPTED", "BUSINESS_CLOSED", "attempted", "business_closed"),
        ("DELIVERY_ATTEMPTED", "CUSTOMER_REFUSAL", "attempted", "refused"),
        ("DELIVERY_ATTEMPTED", "BRAND_NEW", "attempted", "unspecified"),
        ("DELAYED", "WEATHER", "delayed", "weather"),
        ("SHIPPED", "WEATHER", "in_transit", None),
        ("DELIVERY_ESTIMATE_UPDATED", "WEATHER", None, None),
        ("UNDELIVERABLE", "INVALID_ADDRESS", "returned", "address_issue"),
    ],
)
def test_milestones(code: str, sub_code: str | None, state: str | None, reason: str | None) -> None:
    whole = f"{code}/{sub_code}" if sub_code else code
    assert told("amazon_sp_api", milestones(milestone(code, sub_code))) == [(whole, state, reason)]


def test_a_reverted_milestone_is_a_retraction() -> None:
    (scan,) = read("amazon_sp_api", milestones(milestone("DELIVERED", "REVERTED")))
    assert (scan.state, scan.reason, scan.mapped) == (None, "retraction", True)


def test_an_unknown_milestone_is_unmapped() -> None:
    assert [scan.mapped for scan in read("amazon_sp_api", milestones(milestone("TELEPORTED", "PORCH")))] == [False]


def test_milestones_of_a_return_are_a_return() -> None:
    (scan,) = read("amazon_sp_api", milestones(milestone("RETURN_RECEIVED")))
    assert (scan.state, scan.direction, scan.flags) == ("returned", "return", ("back_at_sender", "return_shipment"))


def test_a_milestone_names_its_parcel_by_the_carriers_number_first() -> None:
    booked = {"aftn": "AFTN1", "carrierTracking": {"carrierCode": "UPS", "trackingNumber": "1Z0000000000000009"}}
    (scan,) = read("amazon_sp_api", milestones(milestone("SHIPPED"), identifier=booked))
    assert scan.shipment_id == "ups:1Z0000000000000009"
    assert read("amazon_sp_api", milestones(milestone("SHIPPED")))[0].shipment_id == "amazon_sp_api:AFTN1"


def test_a_return_delivered_is_back_at_the_sender_and_a_return_label_no_parcel() -> None:
    events = [amazon_event("ReturnInitiated"), amazon_event("Delivered", "2026-03-05T10:00:00Z", "RETURNS")]
    label, back = read("amazon_shipping", amazon_shipping(*events))
    assert (label.state, label.reason) == (None, "return_label")
    assert (back.state, back.flags, back.direction) == ("returned", ("back_at_sender", "return_shipment"), "return")


@pytest.mark.parametrize(
    ("code", "detail", "state", "reason"),
    [
        ("Rejected", "Damaged", "attempted", "refused_damaged"),
        ("DeliveryAttempted", "BusinessClosed", "attempted", "business_closed"),
        ("DeliveryAttempted", "BrandNew", "attempted", "unspecified"),
        ("Undeliverable", "AddressNotFound", "returned", "address_issue"),
        ("Departed", "BusinessClosed", "in_transit", None),
    ],
)
def test_detail_codes_say_more_of_the_latest_event(code: str, detail: str, state: str, reason: str | None) -> None:
    raw = amazon_shipping(amazon_event("PickupDone", "2026-03-01T10:00:00Z"), amazon_event(code), forward=[detail])
    assert told("amazon_shipping", raw) == [("PickupDone", "picked_up", None), (code, state, reason)]


def test_codes_missing_from_the_vendors_list() -> None:
    assert told("amazon_shipping", amazon_shipping(amazon_event("Received")))[0][1] == "in_transit"
    assert told("amazon_shipping", amazon_shipping(amazon_event("PackageReceivedByCarrier")))[0][1] == "picked_up"
    assert read("amazon_shipping", amazon_shipping(amazon_event("Teleported")))[0].mapped is False


def test_one_event_pushed_alone_is_a_scan() -> None:
    assert told("amazon_shipping", dump({"trackingId": "TBA1", **amazon_event("Delivered")}))[0][1] == "delivered"


def test_the_status_of_the_package_counts_where_no_event_comes() -> None:
    body = {"trackingId": "TBA1", "eventHistory": [], "summary": {"status": "AwaitingCustomerPickup"}}
    assert told("amazon_shipping", dump({"payload": body}))[0][1:] == ("in_transit", "awaiting_customer_pickup")
    assert read("amazon_shipping", dump({"payload": {**body, "summary": {"status": None}}})) == ()


def test_the_page_writes_its_times_in_words() -> None:
    rows = [page_event("OutForDelivery", "Mar 2, 2026, 4:31:56\u202fPM"), page_event("PickupDone", WHEN)]
    pickup, tour = read("amazon_logistics", amazon_page(*rows))
    assert [(scan.state, scan.time_quality) for scan in (pickup, tour)] == [
        ("picked_up", "offset"),
        ("out_for_delivery", "zone_inferred"),
    ]
    assert str(tour.occurred_at) == "2026-03-02 15:31:56+00:00"


@pytest.mark.parametrize(
    ("code", "label", "state"),
    [
        ("CreationConfirmed", "", "label_created"),
        ("ADDRESS_PROBLEM", "", "delayed"),
        (None, "swa_rex_detail_delivered", "delivered"),
        (None, "swa_rex_ofd", "out_for_delivery"),
        ("Teleported", "swa_rex_detail_delivered", None),
    ],
)
def test_words_of_the_page(code: str | None, label: str, state: str | None) -> None:
    assert [scan.state for scan in read("amazon_shipping", amazon_page(page_event(code, WHEN, label)))] == [state]


def test_a_page_that_names_no_parcel_keeps_one_id_as_it_grows() -> None:
    rows = [page_event("OutForDelivery", "2026-03-03T10:00:00Z"), page_event("PickupDone", WHEN)]
    before, after = read("amazon_shipping", amazon_page(rows[1])), read("amazon_shipping", amazon_page(*rows))
    assert {scan.shipment_id for scan in before} == {scan.shipment_id for scan in after}
    assert read("amazon_shipping", amazon_page(*rows, trackingId="TBA1"))[0].shipment_id == "amazon_shipping:TBA1"


def test_the_placeholder_of_an_expired_page_is_no_scan() -> None:
    old = [{"errorCode": "SHIPMENT_OLDER_THAN_SUPPORTED_AGE"}]
    assert read("amazon_shipping", amazon_page(page_event("IN_TRANSIT", WHEN), errors=old)) == ()


def test_the_service_before_sp_api_wrote_the_same_in_xml() -> None:
    event = "<EventDate>2012-12-11T15:35:00Z</EventDate><EventAddress><City>Reno</City></EventAddress>"
    events = f"<TrackingEvents><member>{event}<EventCode>EVENT_301</EventCode></member></TrackingEvents>"
    told = f"<TrackingNumber>9X9</TrackingNumber><CarrierCode>UPS</CarrierCode>{events}"
    result = f"<GetPackageTrackingDetailsResult>{told}</GetPackageTrackingDetailsResult>"
    raw = f'<GetPackageTrackingDetailsResponse xmlns="x">{result}</GetPackageTrackingDetailsResponse>'
    (scan,) = read("amazon_sp_api", raw.encode())
    assert (scan.shipment_id, scan.code, scan.state) == ("ups:9X9", "EVENT_301", "delivered")
    assert scan.location and scan.location.city == "Reno"
    assert read("amazon_sp_api", raw.replace("UPS", "ACME FREIGHT").encode())[0].carrier == "acme-freight"
