"""La Poste, Colissimo and Chronopost: one API for three, a timeline that repeats, and "delivered" to the sender."""

import pytest

from tests.rules.normalize.carrier_payloads import (
    chronopost,
    colissimo,
    colissimo_timeline,
    read,
    soap,
    suivi,
    tag,
    told,
)
from tests.rules.normalize.payloads import dump

WHEN = "2026-03-02T10:04:00+01:00"


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        ("ET1", "in_transit", None),
        ("MD2", "in_transit", None),
        ("DI1", "delivered", None),
        ("DI2", "returned", None),
        ("DO3", "delayed", "customs_hold"),
        ("AG1", "in_transit", "awaiting_customer_pickup"),
        ("PB2", "in_transit", None),
    ],
)
def test_codes_of_the_common_api(code: str, state: str, reason: str | None) -> None:
    assert told("laposte", suivi("courrier", (code, WHEN))) == [(code, state, reason)]


def test_the_timeline_repeats_the_events() -> None:
    raw = suivi("courrier", ("DI1", "2026-03-03T10:00:00+01:00"), ("PC1", WHEN))
    assert [code for code, _, _ in told("laposte", raw)] == ["PC1", "DI1"]


@pytest.mark.parametrize(
    ("product", "carrier"), [("colissimo", "colissimo"), ("Chronopost", "chronopost"), ("courrier", "laposte")]
)
def test_the_product_names_the_carrier(product: str, carrier: str) -> None:
    (scan,) = read("laposte", suivi(product, ("DI1", WHEN)))
    assert scan.shipment_id == f"{carrier}:LP000000001FR"


@pytest.mark.parametrize(
    ("code", "state", "flags"),
    [
        ("LIVREO", "returned", ("back_at_sender",)),
        ("RENAVA", "returned", ("returning", "refused")),
        ("DEPGUI", "in_transit", ("pickup_ready",)),
        ("MLVCFM", "out_for_delivery", ()),
        ("DOUDOU", "delayed", ("held",)),
        ("LIVCFM", "delivered", ()),
    ],
)
def test_colissimo(code: str, state: str, flags: tuple[str, ...]) -> None:
    for raw in (colissimo(code, WHEN), colissimo_timeline((code, "2026-03-02T10:04:00"))):
        (scan,) = read("colissimo", raw)
        assert (scan.state, scan.flags) == (state, flags)
        assert str(scan.occurred_at) == "2026-03-02 09:04:00+00:00"


def test_colissimo_passes_on_codes_of_the_common_api() -> None:
    assert told("colissimo", colissimo_timeline(("ND1", WHEN))) == [("ND1", "attempted", "recipient_unavailable")]


def test_chronopost_has_codes_of_one_letter() -> None:
    raw = chronopost(("DC", "2026-03-01T13:47:53+01:00"), ("D", WHEN))
    assert told("chronopost", raw) == [("DC", "label_created", None), ("D", "delivered", None)]
    assert read("chronopost", raw)[0].shipment_id == "chronopost:XX000000001FR"


@pytest.mark.parametrize(
    "raw",
    [
        dump({"returnCode": 400, "returnMessage": "not valid", "idShip": "X"}),
        soap(tag("Fault", tag("faultcode", "x"))),
        soap(tag("trackResponse", tag("return", tag("errorCode", "101") + tag("errorMessage", "unknown number")))),
    ],
)
@pytest.mark.parametrize("sender", ["laposte", "colissimo", "chronopost"])
def test_a_number_not_found_holds_no_scan(sender: str, raw: bytes) -> None:
    assert told(sender, raw) == []


def test_a_search_of_chronopost_tells_the_latest_event_of_each_parcel() -> None:
    latest = tag("code", "D") + tag("eventDate", WHEN) + tag("eventLabel", "Livré")
    parcels = "".join(
        tag("listParcel", tag("skybillNumber", f"XX00000000{one}FR") + tag("significantEvent", latest))
        for one in (2, 3)
    )
    raw = soap(tag("trackSearchResponse", tag("return", tag("errorCode", 0) + parcels)))
    scans = read("chronopost", raw)
    assert [scan.shipment_id for scan in scans] == ["chronopost:XX000000002FR", "chronopost:XX000000003FR"]
    assert {(scan.code, scan.state) for scan in scans} == {("D", "delivered")}
