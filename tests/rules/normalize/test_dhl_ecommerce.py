"""DHL eCommerce: numbers that changed their meaning, and zones named in letters."""

import pytest

from tests.rules.normalize.carrier_payloads import ecommerce, global_mail, read, told

SENDER = "dhl_ecommerce"


@pytest.mark.parametrize(
    ("code", "then", "now"),
    [
        ("99", ("label_created", None), (None, None)),
        ("220", ("in_transit", None), (None, None)),
        ("300", ("in_transit", None), (None, None)),
        ("350", ("in_transit", None), (None, None)),
        ("400", ("in_transit", "handoff"), ("label_created", None)),
    ],
)
def test_a_number_means_what_it_meant_that_day(
    code: str, then: tuple[str | None, str | None], now: tuple[str | None, str | None]
) -> None:
    assert told(SENDER, global_mail((code, "1/12/2017", "7:32 AM ET"))) == [(code, *then)]
    assert told(SENDER, ecommerce((int(code), "2026-03-02", "07:32:00", "ET"))) == [(code, *now)]


def test_a_text_that_names_the_old_meaning_wins_over_the_date() -> None:
    raw = ecommerce((400, "2026-03-02", "07:32:00", "ET"), said="TENDERED TO DELIVERY SERVICE PROVIDER")
    assert told(SENDER, raw) == [("400", "in_transit", "handoff")]


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        (655, "delivered", None),
        (867, None, None),
        (860, "returned", None),
        (101, "label_created", "cancelled"),
        (100, "picked_up", None),
        (807, None, "return_label"),
        (650, "delayed", "lost"),
        (642, "in_transit", "handoff"),
        (637, "delayed", "undeliverable"),
    ],
)
def test_codes(code: int, state: str | None, reason: str | None) -> None:
    raw = ecommerce((code, "2026-03-02", "07:32:00", "ET"), said="DELIVERED AT ENCLOSED PORCH")
    assert told(SENDER, raw) == [(str(code), state, reason)]


def test_an_unknown_number_is_unmapped_whatever_its_text() -> None:
    (scan,) = read(SENDER, ecommerce((9999, "2026-03-02", "07:32:00", "ET"), said="DELIVERED"))
    assert (scan.state, scan.mapped) == (None, False)


@pytest.mark.parametrize(
    ("clock", "at"),
    [
        ("7:42 PM EST", "2017-07-11 00:42:00+00:00"),
        ("7:42 PM ET", "2017-07-10 23:42:00+00:00"),
        ("12:26 AM CT", "2017-07-10 05:26:00+00:00"),
        ("7:42 PM", "2017-07-11 02:42:00+00:00"),
    ],
)
def test_zones_are_named_in_letters(clock: str, at: str) -> None:
    (scan,) = read(SENDER, global_mail(("600", "7/10/2017", clock)))
    assert str(scan.occurred_at) == at


def test_the_place_is_one_text() -> None:
    (scan,) = read(SENDER, ecommerce((600, "2026-03-02", "07:32:00", "")))
    assert scan.location is not None
    assert (scan.location.text(), str(scan.occurred_at)) == ("Reno, NV, US", "2026-03-02 15:32:00+00:00")


@pytest.mark.parametrize(
    ("said", "state", "reason"),
    [
        ("DELIVERED", "delivered", None),
        ("Delivered to Agent for final delivery", "in_transit", "handoff"),
        ("TENDERED TO DELIVERY SERVICE PROVIDER", "in_transit", "handoff"),
        ("LABEL CREATED", "label_created", None),
    ],
)
def test_without_a_number_the_lists_wording_is_all_there_is(said: str, state: str, reason: str | None) -> None:
    raw = ecommerce((600, "2026-03-02", "07:32:00", "ET"), said=said).replace(b'"primaryEventId":600,', b"")
    assert told(SENDER, raw) == [(None, state, reason)]
    (scan,) = read(SENDER, raw.replace(said.encode(), b"DELIVERED TO THE MOON"))
    assert not scan.mapped
