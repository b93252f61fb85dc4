"""The rates of a realistic stream, measured on 5,000 parcels."""

from collections import Counter
from collections.abc import Iterator

import pytest

from cli.simulation import rates, world
from cli.simulation.households import Households, Story
from cli.simulation.presets import DEFAULT_START
from cli.simulation.steps import STEPS
from cli.simulation.things import Happening, Order, Parcel
from cli.simulation.timing import DAY, seconds, weekday
from rules.normalize import parse_scans
from schemas.codec import dumps, parse_rfc3339
from schemas.facts import Rejected, Scan

SHIPMENTS = 5000


@pytest.fixture(scope="module")
def stories() -> list[Story]:
    made = world.build(11, seconds(parse_rfc3339(DEFAULT_START)), 14)
    return list(Households(made, SHIPMENTS).stories())


def parcels(stories: list[Story]) -> Iterator[tuple[Order, Parcel]]:
    return ((story.order, parcel) for story in stories for parcel in story.order.parcels)


def heard(stories: list[Story]) -> list[Happening]:
    return [event for _, parcel in parcels(stories) for event in parcel.happenings if event.heard]


def share(hits: int, total: int) -> float:
    return hits / total


def test_as_many_parcels_as_asked_for(stories: list[Story]) -> None:
    assert sum(1 for _ in parcels(stories)) == SHIPMENTS
    ids = [parcel.shipment_id for _, parcel in parcels(stories)]
    assert len(set(ids)) == SHIPMENTS


def test_scans_a_parcel(stories: list[Story]) -> None:
    assert 11 < share(len(heard(stories)), SHIPMENTS) < 13.5


def test_duplicates(stories: list[Story]) -> None:
    seen = Counter(
        dumps(message.value)
        for story in stories
        for message in story.messages
        if message.topic == "carrier-scans" and message.source == "wismo"
    )
    assert share(seen.total() - len(seen), seen.total()) == pytest.approx(rates.DUPLICATE_SHARE, abs=0.015)


def test_disorder_and_lateness(stories: list[Story]) -> None:
    disordered = total = 0
    for _, parcel in parcels(stories):
        events = [event for event in parcel.happenings if event.heard]
        if parcel.sender in ("wismo", "ups_alert"):
            total += len(events)
            disordered += sum(
                any(other.heard < event.heard for other in events[place + 1 :]) for place, event in enumerate(events)
            )
    assert share(disordered, total) == pytest.approx(rates.DISORDER_SHARE, abs=0.012)
    events = heard(stories)
    late = sum(event.heard - event.at > DAY for event in events)
    assert share(late, len(events)) == pytest.approx(rates.LATE_SHARE, abs=0.004)


def test_faults_of_single_scans(stories: list[Story]) -> None:
    events = heard(stories)
    kinds = Counter(trouble.kind for story in stories for trouble in story.troubles)
    assert share(sum(event.fault is not None for event in events), len(events)) == pytest.approx(0.005, abs=0.0015)
    assert share(kinds["status_unmapped"], len(events)) == pytest.approx(rates.UNMAPPED_SHARE, abs=0.0003)
    assert share(kinds["contradictory_scans"], len(events)) == pytest.approx(rates.CONTRADICTORY_SHARE, abs=0.0005)


def test_troubles_of_parcels(stories: list[Story]) -> None:
    fates = Counter(parcel.fate for _, parcel in parcels(stories))
    carriers_own = ("carrier_delay", "address", "weather", "payment", "missort")
    assert share(sum(fates[name] for name in carriers_own), SHIPMENTS) == pytest.approx(0.02, abs=0.006)
    assert share(fates["lost"], SHIPMENTS) == pytest.approx(rates.LOST_SHARE, abs=0.002)
    assert share(fates["damaged"], SHIPMENTS) == pytest.approx(rates.DAMAGED_SHARE, abs=0.004)
    toured = [parcel for _, parcel in parcels(stories) if any(event.step == "out" for event in parcel.happenings)]
    failed = sum(any(event.step == "attempt" for event in parcel.happenings) for parcel in toured)
    assert 0.05 < share(failed, len(toured)) < 0.08


def test_late_to_promise(stories: list[Story]) -> None:
    outbound = [(order, parcel) for order, parcel in parcels(stories) if parcel.direction == "outbound"]
    late = sum(parcel.delivered_at is None or parcel.delivered_at >= order.promise_end for order, parcel in outbound)
    assert 0.06 < share(late, len(outbound)) < 0.15


def test_orders_and_tickets(stories: list[Story]) -> None:
    split = sum(sum(parcel.direction == "outbound" for parcel in story.order.parcels) > 1 for story in stories)
    assert 0.10 < share(split, len(stories)) < 0.15
    tickets = Counter(
        message.value["intent"]
        for story in stories
        for message in story.messages
        if message.source == "wismo" and isinstance(message.value, dict) and message.value.get("event") == "opened"
    )
    helpdesk = 1 - rates.REALISTIC.helpdesk_webhooks
    assert share(tickets.total(), len(stories)) / helpdesk == pytest.approx(rates.TICKETS_PER_ORDER, rel=0.25)
    assert share(tickets["wismo"], tickets.total()) == pytest.approx(rates.WISMO_SHARE, abs=0.06)


def test_weekends_are_quiet(stories: list[Story]) -> None:
    days = Counter(weekday(event.at // DAY) for event in heard(stories))
    working = sum(days[day] for day in range(5)) / 5
    assert days[6] < working / 5
    assert days[5] < working / 2


def test_great_troubles_show(stories: list[Story]) -> None:
    kinds = Counter(trouble.kind for story in stories for trouble in story.troubles)
    assert kinds["stalled"] > 60
    assert kinds["carrier_delay"] > 60


def test_what_stands_still_is_not_scanned(stories: list[Story]) -> None:
    for story in stories:
        known = {parcel.shipment_id: parcel.happenings for parcel in story.order.parcels}
        for trouble in story.troubles:
            if trouble.kind in ("stalled", "lost_presumed", "label_not_scanned"):
                ends = trouble.ends or trouble.begins + 90 * DAY
                events = known[trouble.shipment_id or ""]
                assert not [one for one in events if trouble.begins < one.at < ends and moves(one)]


def moves(event: Happening) -> bool:
    return STEPS[event.step].state is not None


def test_every_scan_means_what_was_meant(stories: list[Story]) -> None:
    for story in stories[:1200]:
        scans = parsed(story)
        for parcel in story.order.parcels:
            for event in parcel.happenings:
                if event.heard and event.fault is None:
                    assert meant(parcel, event) in scans[parcel.shipment_id, event.at], (parcel, event)


def parsed(story: Story) -> dict[tuple[str, int], set[tuple[str | None, bool]]]:
    found: dict[tuple[str, int], set[tuple[str | None, bool]]] = {}
    for message in story.messages:
        if message.topic == "carrier-scans":
            scans = parse_scans(message.source, dumps(message.value))
            assert not isinstance(scans, Rejected)
            for scan in scans:
                found.setdefault((scan.shipment_id, when(scan)), set()).add((scan.state, scan.mapped))
    return found


def when(scan: Scan) -> int:
    return 0 if scan.occurred_at is None else seconds(scan.occurred_at)


def meant(parcel: Parcel, event: Happening) -> tuple[str | None, bool]:
    state = STEPS[event.step].state
    if parcel.direction == "return" and state == "delivered":
        state = "returned"
    return state, event.step != "unmapped"
