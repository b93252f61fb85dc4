"""Spellings of carriers: aggregators' slugs, countries and services meet on the closed list, strangers keep theirs."""

import pytest

from rules.normalize.names import carrier, guessed


@pytest.mark.parametrize(
    ("spelling", "word"),
    [
        ("FedEx", "fedex"),
        ("fedex-fims", "fedex"),
        ("UPS® Ground", "ups"),
        ("usps-webhook", "usps"),
        ("dpd-poland", "dpd"),
        ("DPD (FR)", "dpd"),
        ("interlink-express", "dpd"),
        ("gls-croatia", "gls"),
        ("GSO", "gls"),
        ("royal-mail-ftp", "royal_mail"),
        ("landmark-global-reference", "landmark"),
        ("canada_post", "canada_post"),
        ("canada-post-api", "canada_post"),
        ("dhl-reference", "dhl_express"),
        ("dhl-germany", "dhl_parcel_de"),
        ("DhlEcs", "dhl_ecommerce"),
        ("myhermes-uk", "evri"),
        ("amazon-fba-us", "amazon_logistics"),
        ("Pitney Bowes Standard", "pitney_bowes"),
        ("dhl-parcel-nl", "dhl-parcel-nl"),
        ("upsell-couriers", "upsell-couriers"),
        ("4PX", "4px"),
        ("api", "api"),
        ("®", ""),
    ],
)
def test_spellings(spelling: str, word: str) -> None:
    assert carrier(spelling) == word


@pytest.mark.parametrize(
    ("number", "word"),
    [
        ("1Z 999AA1 01 2345 6784", "ups"),
        ("9405511899223197428490", "usps"),
        ("420902109405511899223197428490", "usps"),
        ("9274899998901234567890", "unknown"),
        ("123456789012", "unknown"),
    ],
)
def test_only_a_form_of_one_carrier_names_it(number: str, word: str) -> None:
    assert guessed(number) == word
