"""What simulated senders and customers say is possible: the order of a second, and numbers that can be known."""

from collections.abc import Iterator

import pytest

from cli.simulation import world
from cli.simulation.feed import HISTORIES
from cli.simulation.households import Households
from cli.simulation.places import CHICAGO
from cli.simulation.presets import DEFAULT_START
from cli.simulation.rates import WILD
from cli.simulation.things import Happening, Parcel
from cli.simulation.timing import HOUR, seconds
from rules.normalize import parse_scans
from schemas.codec import dumps, parse_rfc3339
from schemas.facts import Rejected

START = seconds(parse_rfc3339(DEFAULT_START))


@pytest.mark.parametrize("sender", sorted(HISTORIES))
def test_a_history_keeps_the_order_of_what_happened_within_one_second(sender: str) -> None:
    carrier = {"usps": world.USPS, "fedex": world.FEDEX}.get(sender, world.UPS)
    parcel = Parcel(1, carrier, "ground", "1Z9999", CHICAGO, CHICAGO, START, unique_id="1~2~FX")
    parcel.happenings = [
        Happening(START, "pickup", CHICAGO),
        Happening(START + HOUR, "station", CHICAGO),
        Happening(START + HOUR, "attempt", CHICAGO),
    ]
    source, write = HISTORIES[sender]

    # However they were heard.
    scans = parse_scans(source, dumps(write(parcel, parcel.happenings[::-1], START + 2 * HOUR)))

    assert not isinstance(scans, Rejected)
    assert [scan.state for scan in scans] == ["picked_up", "in_transit", "attempted"]


def named_numbers() -> Iterator[tuple[Parcel, str, int]]:
    made = world.build(3, START, 5, WILD)
    for story in Households(made, 400).stories():
        parcels = {name: parcel for parcel in story.order.parcels for name in (parcel.number, parcel.label_number)}
        for message in story.messages:
            value = message.value
            if message.topic == "ticket-events" and isinstance(value, dict) and value.get("tracking_number"):
                yield parcels[value["tracking_number"]], value["tracking_number"], message.timestamp


def test_customers_name_only_numbers_that_they_can_know() -> None:
    named = list(named_numbers())

    assert len(named) > 20
    for parcel, number, at in named:
        assert at >= parcel.ready
        assert number == parcel.number or at >= parcel.corrected_at


def test_what_strikes_many_strikes_a_parcel_until_its_next_scan() -> None:
    made = world.build(11, START, 14)
    struck = [
        (parcel, trouble)
        for story in Households(made, 1500).stories()
        for parcel in story.order.parcels
        for trouble in parcel.troubles
        if trouble.because is not None and trouble in story.troubles
    ]

    assert len(struck) > 10
    for parcel, trouble in struck:
        assert trouble.ends in {one.at for one in parcel.happenings}
