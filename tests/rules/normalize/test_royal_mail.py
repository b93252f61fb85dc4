"""Royal Mail: "collected" by whom, a summary that hides, and a window without a date."""

import pytest

from tests.rules.normalize.carrier_payloads import read, royal_mail, told
from tests.rules.normalize.payloads import dump

SENDER = "royal_mail"
WHEN = "2026-03-02T10:04:00+00:00"


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        ("EVCAD", "picked_up", None),
        ("EVNOC", "delivered", None),
        ("EVPLC", "delivered", None),
        ("EVKLC", "in_transit", "awaiting_customer_pickup"),
        ("EVNMI", "delayed", "missort"),
        ("EVRTS", "returned", None),
        ("EVKRF", "returned", "refused"),
        ("EVNAR", "delayed", "rescheduled"),
    ],
)
def test_the_code_decides(code: str, state: str, reason: str | None) -> None:
    assert told(SENDER, royal_mail((code, WHEN, "Item collected"))) == [(code, state, reason)]


def test_without_a_code_the_wording_is_all_there_is() -> None:
    assert told(SENDER, royal_mail((None, WHEN, "Customs charges raised"))) == [(None, "delayed", "payment_due")]
    (scan,) = read(SENDER, royal_mail((None, WHEN, "Something new")))
    assert not scan.mapped


def test_a_signature_is_no_delivery() -> None:
    signature = {"recipientName": "Somebody", "signatureDateTime": WHEN}
    assert [state for _, state, _ in told(SENDER, royal_mail(("EVNMI", WHEN, "x"), signature=signature))] == ["delayed"]


def test_the_window_has_its_date_elsewhere() -> None:
    window = {"date": "2026-03-04", "endOfEstimatedWindow": "11:00:00+01:00"}
    (scan,) = read(SENDER, royal_mail(("EVGPD", WHEN, "x"), estimatedDelivery=window))
    assert str(scan.estimated_delivery_at) == "2026-03-04 10:00:00+00:00"


def test_the_barcode_names_the_parcel() -> None:
    (scan,) = read(SENDER, royal_mail(("EVGPD", WHEN, "x")))
    assert scan.shipment_id == "royal_mail:RM000000001GB"


def test_a_summary_alone_is_one_scan() -> None:
    summary = {"oneDBarcode": "RM000000001GB", "lastEventCode": "EVKOP", "lastEventDateTime": WHEN}
    assert told(SENDER, dump({"mailPieces": [{"summary": summary}]})) == [("EVKOP", "delivered", None)]


def test_a_number_not_found_holds_no_scan() -> None:
    assert told(SENDER, dump({"httpCode": "404", "errors": [{"errorCode": "E1142"}]})) == []
