"""What must hold for any facts: order and repetition do not matter, time and replay do no harm, nothing raises."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from rules.decision import Decision, Event
from rules.engine import decide, sweep
from rules.loading import load_policy
from rules.state import Shipment, decode_shipment, encode_shipment
from schemas.codec import dumps
from schemas.facts import ActionFact, Fact, ScansFact
from schemas.words import (
    ACTIONS,
    FLAGS,
    INTENTS,
    OWNERS,
    REASONS,
    RESOLUTIONS,
    SERVICE_LEVELS,
    STATES,
    TIME_QUALITIES,
)
from tests.rules.builders import MONDAY, OTHER, action_fact, hold_to_contract, order_fact, scan, scans_fact, ticket_fact

POLICY = load_policy()
END = MONDAY + timedelta(days=40)
"""Long after every fact: whatever waits for time has come."""

_minutes = st.integers(0, 9 * 24 * 60)
_moments = _minutes.map(lambda minute: MONDAY + timedelta(minutes=minute))


@st.composite
def scans(draw: st.DrawFn) -> Any:
    state = draw(st.sampled_from([*(word for word in STATES if word != "unknown"), None]))
    mapped = draw(st.booleans()) if state is None else True
    missing = draw(st.integers(0, 9)) == 0
    return scan(
        state,
        None if missing else draw(_moments),
        code=draw(st.sampled_from(["A", "B", "C", None])),
        description=draw(st.sampled_from([None, "seen", "handled"])),
        reason=draw(st.sampled_from([None, None, *REASONS])),
        flags=draw(st.sampled_from([(), (), *((flag,) for flag in FLAGS)])),
        direction=draw(st.sampled_from(["outbound"] * 9 + ["return"])),
        mapped=mapped,
        quality="missing" if missing else draw(st.sampled_from([word for word in TIME_QUALITIES if word != "missing"])),
        estimated_delivery_at=draw(st.none() | _moments),
    )


@st.composite
def scan_facts(draw: st.DrawFn) -> Fact:
    told = draw(st.lists(scans(), min_size=1, max_size=4))
    return scans_fact(*told, heard=draw(_moments), imported=draw(st.booleans()))


@st.composite
def order_facts(draw: st.DrawFn) -> Fact:
    return order_fact(
        heard=draw(_moments),
        promise_date=draw(st.sampled_from([None, "2026-03-04", "2026-03-09", "2026-13-77"])),
        service_level=draw(st.sampled_from([None, *SERVICE_LEVELS])),
        direction=draw(st.sampled_from([None, "outbound", "return"])),
        timezone=draw(st.sampled_from([None, "Europe/Berlin", "Nowhere/At_All"])),
        replacement_for=draw(st.sampled_from([None, "A-1"])),
        cancelled_at=draw(st.none() | _moments),
        amount=draw(st.sampled_from([None, "10.00", "999.99"])),
        tier=draw(st.sampled_from([None, "vip"])),
        failed_deliveries_90d=draw(st.integers(0, 2)),
        others=draw(st.sampled_from([(), (OTHER,)])),
    )


@st.composite
def ticket_facts(draw: st.DrawFn) -> Fact:
    event = draw(st.sampled_from(["opened", "customer_replied", "agent_replied", "closed"]))
    return ticket_fact(
        event, draw(_moments), draw(st.sampled_from(["T-1", "T-2"])), intent=draw(st.sampled_from(INTENTS))
    )


@st.composite
def action_facts(draw: st.DrawFn) -> Fact:
    return action_fact(
        draw(st.sampled_from(ACTIONS)),
        draw(_moments),
        case_id="nobody",
        owner=draw(st.none() | st.sampled_from(OWNERS)),
        assignee=draw(st.sampled_from([None, "kim"])),
        until=draw(st.none() | _moments),
        decision=draw(st.none() | st.sampled_from(RESOLUTIONS)),
        note=draw(st.sampled_from([None, "x"])),
    )


def on_a_case(fact: Fact, shipment: Shipment | None) -> Fact:
    """An action means a case that is there, wherever there is one."""
    if shipment is None or not shipment.cases or not isinstance(fact, ActionFact):
        return fact
    case = list(shipment.cases.values())[-1]
    return replace(fact, action=replace(fact.action, case_id=case.case_id))


facts = st.one_of(scan_facts(), scan_facts(), scan_facts(), order_facts(), ticket_facts())


def _is_plain(history: list[Fact]) -> bool:
    """No scan is told without a state and with two others: which of the two it was is then what was heard first."""
    told: dict[str, set[str | None]] = defaultdict(set)
    for one in (seen for fact in history if isinstance(fact, ScansFact) for seen in fact.scans):
        told[one.identity].add(one.state if one.mapped else "unmapped")
    return not any("unmapped" in states and len(states) > 2 for states in told.values())


histories = st.lists(facts, min_size=1, max_size=7).filter(_is_plain)


def run(history: list[Fact], until: datetime = END) -> tuple[Shipment, list[Event]]:
    shipment: Shipment | None = None
    events: list[Event] = []
    for fact in history:
        decision = decide(shipment, fact, fact.now, POLICY)
        shipment, events = decision.shipment, events + list(decision.events)
    assert shipment is not None
    decision = settle(shipment, until)
    return decision.shipment, events + list(decision.events)


def settle(shipment: Shipment, until: datetime) -> Decision:
    """Let time alone pass until nothing is due any more before `until`, then look once at `until`."""
    events: tuple[Event, ...] = ()
    for _ in range(2000):
        due = shipment.next_due
        if due is None or due > until:
            break
        decision = sweep(shipment, due, POLICY)
        shipment, events = decision.shipment, events + decision.events
    last = sweep(shipment, until, POLICY)
    return Decision(last.shipment, events + last.events, (), False)


def essence(shipment: Shipment) -> Any:
    """What must not depend on the order of arrival.

    A cause that another case speaks for may stand as a hidden case or as a suppressed one, by what came first.
    """
    opened = [case for case in shipment.cases.values() if case.is_open]
    speaking = {case.kind for case in opened if case.hidden_by is None}
    hidden = {case.kind for case in opened if case.hidden_by is not None} | shipment.suppressed.keys()
    return shipment.life, shipment.scans, shipment.order, shipment.parcel, shipment.tickets, speaking, hidden


@settings(max_examples=150)
@given(histories, st.randoms(use_true_random=False))
def test_any_order_of_facts_ends_in_the_same_state(history: list[Fact], random: Any) -> None:
    shuffled = list(history)
    random.shuffle(shuffled)

    assert essence(run(shuffled)[0]) == essence(run(history)[0])


@settings(max_examples=100)
@given(histories, st.data())
def test_doubled_facts_end_in_the_same_state(history: list[Fact], data: st.DataObject) -> None:
    doubled = list(history)
    for fact in data.draw(st.lists(st.sampled_from(history), max_size=4)):
        doubled.insert(data.draw(st.integers(0, len(doubled))), fact)

    assert essence(run(doubled)[0]) == essence(run(history)[0])


@settings(max_examples=100)
@given(histories)
def test_a_replay_of_everything_changes_nothing(history: list[Fact]) -> None:
    shipment = None
    for fact in history:
        shipment = decide(shipment, fact, fact.now, POLICY).shipment
    before = encode_shipment(shipment) if shipment else b""

    for fact in history:
        if isinstance(fact, ScansFact):
            decision = decide(shipment, fact, fact.now, POLICY)
            assert decision.duplicate
            assert decision.events == ()
            assert encode_shipment(decision.shipment) == before


@settings(max_examples=100)
@given(st.lists(st.one_of(facts, action_facts()), min_size=1, max_size=8))
def test_decide_and_sweep_are_total_pure_and_true_to_the_contract(history: list[Fact]) -> None:
    shipment: Shipment | None = None
    sequences: dict[str, int] = defaultdict(int)
    seen: set[str] = set()
    for told in history:
        fact = on_a_case(told, shipment)
        before = encode_shipment(shipment) if shipment else b""
        first, again = decide(shipment, fact, fact.now, POLICY), decide(shipment, fact, fact.now, POLICY)
        assert dumps([event.value for event in first.events]) == dumps([event.value for event in again.events])
        assert not shipment or encode_shipment(shipment) == before
        decisions = [first, settle(first.shipment, fact.now + timedelta(hours=5))]
        for event in (event for decision in decisions for event in decision.events):
            sequences[event.topic] += 1
            assert event.value["sequence"] == sequences[event.topic]
            assert event.value["event_id"] not in seen
            seen.add(event.value["event_id"])
        hold_to_contract(first.events + decisions[1].events)
        shipment = decode_shipment(encode_shipment(decisions[1].shipment))
        assert shipment == decisions[1].shipment


@settings(max_examples=100)
@given(histories, _moments)
def test_a_second_sweep_of_a_minute_does_nothing_and_the_next_lies_ahead(history: list[Fact], now: datetime) -> None:
    shipment = None
    for fact in history:
        shipment = decide(shipment, fact, fact.now, POLICY).shipment
    assert shipment is not None
    clock = max(now, *(fact.now for fact in history))

    first = sweep(shipment, clock, POLICY)
    second = sweep(first.shipment, clock, POLICY)

    assert second.events == ()
    assert second.shipment == first.shipment
    assert first.shipment.next_due is None or first.shipment.next_due > clock


@settings(max_examples=60)
@given(histories)
def test_time_alone_comes_to_rest(history: list[Fact]) -> None:
    shipment, _ = run(history)

    assert shipment.next_due is None or shipment.next_due > END
