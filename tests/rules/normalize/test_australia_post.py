"""Australia Post: texts instead of codes, and milestones that are not scans."""

import pytest

from tests.rules.normalize.carrier_payloads import australia_page, australia_post, read, tag, told
from tests.rules.normalize.payloads import dump

SENDER = "australia_post"
WHEN = "2026-03-02T11:04:27+11:00"


@pytest.mark.parametrize(
    ("said", "state", "reason"),
    [
        ("In transit to next facility in SUNSHINE WEST VIC", "in_transit", None),
        ("In transit to next facility in OAKLEIGH SOUTH VIC", "in_transit", None),
        ("Delivered - Left in a safe place", "delivered", None),
        ("To be Re-Delivered", "delayed", "rescheduled"),
        ("Unsuccessful Delivery", "attempted", "unspecified"),
        ("Unsuccessful delivery - Addressee not available", "attempted", "recipient_unavailable"),
        ("Cannot be delivered", "attempted", "undeliverable"),
        ("Cleared and awaiting international departure", "in_transit", "customs_cleared"),
        ("Arrived awaiting clearance (Inbound)", "in_transit", "customs_processing"),
        ("Shipping information received by Australia Post", "label_created", None),
        ("Received by Australia Post", "picked_up", None),
        ("Awaiting collection at KEW LPO", "in_transit", "awaiting_customer_pickup"),
    ],
)
def test_texts(said: str, state: str, reason: str | None) -> None:
    (scan,) = read(SENDER, australia_post((said, WHEN)))
    assert (scan.state, scan.reason, scan.code, scan.mapped) == (state, reason, None, True)


def test_a_text_nobody_knows_is_unmapped() -> None:
    (scan,) = read(SENDER, australia_post(("Not delivered, eaten by a crocodile", WHEN)))
    assert (scan.state, scan.mapped) == (None, False)


def test_of_several_results_one_may_be_an_error() -> None:
    (scan,) = read(SENDER, australia_post(("Delivered", WHEN)))
    assert scan.shipment_id == "australia_post:AP000000001AU"


@pytest.mark.parametrize(
    ("code", "milestone", "state", "reason"),
    [
        ("INT-0075", "Delivered", "in_transit", "awaiting_customer_pickup"),
        ("TTP-ER37", "Attempted delivery", "in_transit", None),
        ("INT-0074", "It's on its way", "out_for_delivery", None),
        ("CE-SR05", "It's on its way", None, None),
    ],
)
def test_the_code_decides_and_not_its_milestone(
    code: str, milestone: str, state: str | None, reason: str | None
) -> None:
    assert told(SENDER, australia_page((code, 1772500000000, milestone))) == [(code, state, reason)]


def test_an_unknown_code_is_unmapped_under_any_milestone() -> None:
    (scan,) = read(SENDER, australia_page(("INT-9999", 1772500000000, "Delivered")))
    assert (scan.state, scan.mapped) == (None, False)


def test_the_instant_is_the_events_own() -> None:
    (scan,) = read(SENDER, australia_page(("DD-ER13", 1772500000000, "Delivered")))
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-03-03 01:06:40+00:00", "offset")


@pytest.mark.parametrize("epoch", [True, -1, 10**18, 1.5, "soon", None])
def test_an_impossible_instant_is_no_time(epoch: object) -> None:
    details = [{"articleId": "AP1", "events": [{"eventCode": "DD-ER13", "dateTime": epoch}]}]
    (scan,) = read(SENDER, dump([{"shipment": {"articles": [{"details": details}]}}]))
    assert scan.time_quality == "missing"


def test_a_number_not_found_holds_no_scan() -> None:
    assert told(SENDER, dump({"errors": [{"code": "51101", "message": "TOO MANY REQUESTS"}]})) == []


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("Onboard with driver", "out_for_delivery"),
        ("Collected by customer", "delivered"),
        ("Return to sender", "returned"),
        ("We\u2019ve got it", "picked_up"),
        ("We&#39;ve got it", "picked_up"),
    ],
)
def test_more_wordings(said: str, state: str) -> None:
    (scan,) = read(SENDER, australia_post((said, WHEN)))
    assert scan.state == state


def test_the_older_api_holds_the_same_texts() -> None:
    event = tag("EventDateTime", "02/03/2026 12:21PM") + tag("Location", "MEL") + tag("EventDescription", "Delivered")
    article = tag("ArticleID", "CZ299999784AU") + tag("Events", tag("EventCount", 1) + tag("Event", event))
    raw = tag("QueryTrackEventsResponse", tag("TrackingResult", tag("ArticleDetails", article))).encode()
    (scan,) = read(SENDER, raw)
    assert (scan.shipment_id, scan.state) == ("australia_post:CZ299999784AU", "delivered")
    assert (str(scan.occurred_at), scan.raw_time) == ("2026-03-02 12:21:00+00:00", "02/03/2026 12:21PM")
