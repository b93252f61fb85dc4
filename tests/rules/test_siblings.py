"""What parcels of one order tell each other counts from the same hour, however long the news was on its way."""

from datetime import datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules.engine import decide
from rules.state import Shipment
from schemas.facts import Fact, OrderShipment, SiblingFact
from tests.rules.builders import DAY_BEFORE, MONDAY, NUMBER, Story, hours, order_fact, scan, scans_fact

OTHERS = ("ups:1Z999AA10123456799", "ups:1Z999AA10123456700")
ON_ITS_WAY = st.integers(0, 6 * 60).map(lambda minutes: timedelta(minutes=minutes))
Told = tuple[datetime, str, datetime | None]


def news(told: Told) -> SiblingFact:
    at, sibling, delivered_at = told
    return SiblingFact(
        fact_id=f"{sibling} {at} {delivered_at}",
        shipment_id=f"ups:{NUMBER}",
        received_at=at,
        now=at,
        source="wismo",
        topic="shipment-events",
        position="0",
        sibling=sibling,
        delivered_at=delivered_at,
    )


def split_order() -> Fact:
    others = (OrderShipment(carrier="ups", tracking_number=one.partition(":")[2]) for one in OTHERS)
    return order_fact(others=tuple(others))


def played(told: list[Told], late: list[timedelta], scans_at: list[datetime]) -> Story:
    """The story of a parcel that hears of its siblings so much later than they told it."""
    story = Story()
    story.tell(split_order(), scans_fact(scan("in_transit", DAY_BEFORE)))
    coming: list[tuple[datetime, Fact]] = []
    arrives: dict[str, datetime] = {}
    for one, delay in zip(told, late, strict=True):
        # One parcel's news keep their order: they come from one partition.
        arrives[one[1]] = max(one[0] + delay, arrives.get(one[1], one[0]))
        coming.append((arrives[one[1]], news(one)))
    coming += [(at, scans_fact(scan("in_transit", at))) for at in scans_at]
    for arrival, fact in sorted(coming, key=lambda one: one[0]):
        story.wait(arrival)
        story.shipment = _decided(story, fact)
    story.wait(MONDAY + hours(24 * 20))
    return story


def _decided(story: Story, fact: Fact) -> Shipment:
    decision = decide(story.shipment, fact, fact.now, story.policy)
    story.events += decision.events
    return decision.shipment


@st.composite
def tellings(draw: st.DrawFn) -> list[Told]:
    """Deliveries of two siblings, some of them taken back and made good again."""
    found: list[Told] = []
    for sibling in OTHERS:
        at = MONDAY + timedelta(minutes=draw(st.integers(0, 60 * 24)))
        for number in range(draw(st.integers(1, 3))):
            found.append((at, sibling, at if number % 2 == 0 else None))
            at += timedelta(minutes=draw(st.integers(1, 60 * 100)))
    return sorted(found)


_BOTH = [(MONDAY, OTHERS[0], MONDAY), (MONDAY, OTHERS[1], MONDAY), (MONDAY + hours(48), OTHERS[0], None)]


@settings(max_examples=150)
@given(st.data(), tellings(), st.lists(st.integers(0, 60 * 24 * 6).map(lambda m: MONDAY + timedelta(minutes=m))))
def test_how_long_news_are_on_their_way_changes_nothing(
    data: st.DataObject, told: list[Told], scans_at: list[datetime]
) -> None:
    at_once = played(told, [timedelta(0)] * len(told), scans_at)
    late = played(told, [data.draw(ON_ITS_WAY) for _ in told], scans_at)

    assert late.events == at_once.events
    assert late.shipment == at_once.shipment


@settings(max_examples=20)
@given(st.tuples(ON_ITS_WAY, ON_ITS_WAY, ON_ITS_WAY))
@example((timedelta(0), timedelta(0), hours(6)))
def test_a_delivery_that_is_taken_back_ends_the_case_at_its_own_hour(late: tuple[timedelta, ...]) -> None:
    ended = [case for case in played(_BOTH, list(late), []).of("exceptions-") if case["kind"] == "partial_delivery"]

    assert [case["change"] for case in ended] == ["opened", "resolved"]
    assert ended[1]["occurred_at"] == (MONDAY + hours(48 + 7)).replace(minute=0)


def test_what_is_told_twice_is_no_news() -> None:
    story = Story()
    story.tell(split_order(), news((MONDAY, OTHERS[0], MONDAY)))
    again = decide(story.shipment, news((MONDAY + hours(1), OTHERS[0], MONDAY)), MONDAY + hours(1), story.policy)
    never = decide(story.shipment, news((MONDAY + hours(1), OTHERS[1], None)), MONDAY + hours(1), story.policy)

    assert again.duplicate and never.duplicate


def test_news_that_come_after_their_hour_count_at_the_next_mark() -> None:
    story = Story()
    story.tell(split_order(), scans_fact(scan("in_transit", MONDAY + hours(30))))
    story.shipment = _decided(story, news((MONDAY, OTHERS[0], MONDAY)))
    assert story.shipment.siblings == {}

    story.wait(MONDAY + hours(31))
    assert story.shipment.siblings == {OTHERS[0]: MONDAY}
    assert story.shipment.hearsay == ()


def test_news_move_no_clock_and_nothing_else_that_is_waited_for() -> None:
    story = Story()
    story.tell(split_order(), scans_fact(scan("in_transit", MONDAY)))
    assert story.shipment is not None
    before, asked = story.shipment.clock, story.shipment.next_due
    story.shipment = _decided(story, news((MONDAY + hours(20), OTHERS[0], MONDAY)))

    assert story.shipment.clock == before
    assert story.shipment.next_due == min(asked or MONDAY, MONDAY + hours(27))


def test_news_of_a_parcel_that_nothing_is_known_of_sets_no_clock() -> None:
    shipment = decide(None, news((MONDAY, OTHERS[0], MONDAY)), MONDAY, Story().policy).shipment
    assert (shipment.clock, shipment.next_due) == (None, MONDAY + hours(7))
