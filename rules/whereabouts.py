"""Where a parcel was delivered, held against where its order goes: a false delivery often shows by its place."""

import csv
from functools import cache
from importlib import resources
from typing import Final

from rules.deliveries import handed_to
from rules.retractions import standing
from rules.situation import Situation
from rules.state import Seen

_BY_CHOICE: Final = frozenset(("awaiting_customer_pickup", "redirected", "requested"))
"""After these the customer has it where they wanted it."""


def delivered_astray(shipment: Situation) -> tuple[str, str] | None:
    """(where it was delivered, where it goes), where these are two countries, or two regions that do not touch.

    Depots serve customers across a border, and some senders write the depot's place: next door proves nothing, and
    neither does a region that `near.csv` does not know.
    """
    life, order = shipment.life, shipment.order
    goes = order.destination if order is not None else None
    if life.state != "delivered" or shipment.is_return or goes is None or goes.country is None:
        return None
    scans = standing(shipment.shipment.scans)
    scan = next((one for one in reversed(scans) if one.state == "delivered"), None)
    if scan is None or scan.country is None:
        return None
    there, wanted = _places(scan, goes.country, goes.region)
    if not _are_apart(there, wanted) or any(one.reason in _BY_CHOICE for one in scans) or handed_to(shipment):
        return None
    return scan.place or scan.country, wanted.replace("-", ", ")


def _places(scan: Seen, country: str, region: str | None) -> tuple[str, str]:
    """Both as `near.csv` writes them: regions within one country, else countries."""
    if scan.country != country or region is None:
        return scan.country or "", country
    # Behind the town: a region, a postal code, or both.
    told = [f"{country}-{part}" for part in (scan.place or "").split(", ")[1:-1]]
    wanted = f"{country}-{region}"
    return next((place for place in told if place in _near()), wanted), wanted


def _are_apart(one: str, other: str) -> bool:
    if one == other:
        return False
    near = _near()
    if "-" not in one:
        return other not in near.get(one, ())
    return one in near and other in near and other not in near[one]


@cache
def _near() -> dict[str, frozenset[str]]:
    text = resources.files("rules.policies").joinpath("near.csv").read_text(encoding="utf-8")
    return {row["place"]: frozenset(row["near"].split()) for row in csv.DictReader(text.splitlines())}
