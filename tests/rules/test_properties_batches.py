"""What must hold however facts are cut into messages, however often they come, and whatever is heard of others."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cli.simulation import world
from cli.simulation.presets import DEFAULT_START
from cli.simulation.recordings import lines
from cli.simulation.timing import seconds
from rules.engine import decide, sweep
from rules.feeds import Feeds, told
from rules.loading import load_policy
from rules.pipeline.replay import Replay
from rules.state import Shipment, encode_shipment
from schemas.codec import dumps, parse_rfc3339
from schemas.facts import Fact, FeedFact, IncidentFact, ScansFact, SiblingFact
from schemas.recording import RawRecord, read_recording
from schemas.words import DEAD_LETTERS, FLAGS, REASONS, STATES
from tests.rules.builders import (
    MONDAY,
    NUMBER,
    action_fact,
    hold_to_contract,
    order_fact,
    scan,
    scans_fact,
    ticket_fact,
)

POLICY = load_policy()
ROOT = Path(__file__).parents[2]
SUCH: dict[str, Any] = {"source": "wismo", "topic": "carrier-scans", "position": "0"}
_minutes = st.integers(0, 9 * 24 * 60)
_moments = _minutes.map(lambda minute: MONDAY + timedelta(minutes=minute))


@st.composite
def histories(draw: st.DrawFn) -> list[Any]:
    """Scans with clocks of their own, no two of one minute, in order of occurrence."""
    times = sorted(draw(st.lists(_minutes, min_size=1, max_size=8, unique=True)))
    return [
        scan(
            draw(st.sampled_from([*(word for word in STATES if word != "unknown"), None])),
            MONDAY + timedelta(minutes=minute),
            code=draw(st.sampled_from(["A", "B", None])),
            description="seen",
            reason=draw(st.sampled_from([None, None, *REASONS])),
            flags=draw(st.sampled_from([(), (), *((flag,) for flag in FLAGS)])),
            estimated_delivery_at=draw(st.none() | _moments),
        )
        for minute in times
    ]


def ended(*facts: Fact) -> Any:
    """Where facts lead, without the place that a scan had in its message."""
    shipment: Shipment | None = None
    for fact in facts:
        shipment = decide(shipment, fact, fact.now, POLICY).shipment
    assert shipment is not None
    shipment = sweep(shipment, shipment.clock or MONDAY, POLICY).shipment
    cases = {(kind, case.is_open, case.stage, case.owner, case.posture) for kind, case in shipment.cases.items()}
    opened = {case for case in cases if case[1]}
    return shipment.life, [replace(seen, index=0) for seen in shipment.scans], opened


@settings(max_examples=80)
@given(histories(), st.data())
def test_a_history_cut_into_messages_ends_as_in_one(history: list[Any], data: st.DataObject) -> None:
    heard = MONDAY + timedelta(days=10)
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(history) - 1)))))
    parts = [history[start:end] for start, end in zip([0, *cuts], [*cuts, len(history)], strict=True)]

    whole = ended(scans_fact(*history, heard=heard))

    assert ended(*(scans_fact(*part, heard=heard) for part in parts if part)) == whole


def _such(key: str, fact_id: str, now: Any) -> dict[str, Any]:
    return {"fact_id": fact_id, "shipment_id": key, "received_at": now, "now": now, **SUCH}


@st.composite
def neighbours(draw: st.DrawFn) -> Fact:
    """What reaches a parcel from others: a sibling that arrived, or an incident at its place."""
    now, number = draw(_moments), draw(st.integers(0, 2))
    common = _such(f"ups:{NUMBER}", f"beside {number} {now}", now)
    if draw(st.booleans()):
        return SiblingFact(**common, sibling=f"ups:S{number}", delivered_at=draw(st.none() | _moments))
    return IncidentFact(
        **common,
        incident_id=f"storm {number}",
        carrier="ups",
        place="MEMPHIS, US",
        since=draw(_moments),
        ended=draw(st.booleans()),
        affected=draw(st.integers(0, 5000)),
        share=draw(st.floats(0, 1)),
        usual=draw(st.floats(0, 1)),
    )


@st.composite
def feeds(draw: st.DrawFn) -> Feeds:
    """A carrier's feed that fell silent and was heard again, any number of times."""
    known = Feeds()
    for number, at in enumerate(sorted(draw(st.lists(_moments, max_size=4)))):
        silent = at if draw(st.booleans()) else None
        fact = FeedFact(
            **_such("carrier:ups", f"feed {number}", at),
            subject="carrier",
            carrier="ups",
            heard_at=at,
            silent_from=silent,
        )
        known, _ = told(known, fact)
    return known


@st.composite
def said(draw: st.DrawFn) -> Fact:
    now = draw(_moments)
    kind = draw(st.sampled_from(["scans", "order", "ticket", "action"]))
    if kind == "scans":
        return scans_fact(*draw(histories()), heard=now)
    if kind == "order":
        direction = draw(st.sampled_from([None, "outbound", "return"]))
        return order_fact(heard=now, promise_date=draw(st.sampled_from([None, "2026-03-04"])), direction=direction)
    if kind == "ticket":
        return ticket_fact(draw(st.sampled_from(["opened", "agent_replied", "closed"])), now)
    return action_fact(draw(st.sampled_from(["acknowledge", "resolve", "reopen"])), now, case_id="nobody")


@settings(max_examples=60)
@given(st.lists(st.one_of(said(), neighbours()), min_size=1, max_size=8), feeds())
def test_decide_is_total_and_pure_whatever_is_heard_of_others(history: list[Fact], known: Feeds) -> None:
    shipment: Shipment | None = None
    for fact in history:
        before = encode_shipment(shipment) if shipment else b""
        first, again = (decide(shipment, fact, fact.now, POLICY, known) for _ in range(2))
        assert dumps([event.value for event in first.events]) == dumps([event.value for event in again.events])
        assert not shipment or encode_shipment(shipment) == before
        later = sweep(first.shipment, fact.now + timedelta(hours=7), POLICY, known)
        hold_to_contract([*first.events, *later.events])
        shipment = later.shipment


@settings(max_examples=60)
@given(st.lists(st.one_of(said(), neighbours()), min_size=1, max_size=8))
def test_what_was_said_is_said_once_however_often_it_comes_in_a_row(history: list[Fact]) -> None:
    once: Shipment | None = None
    for fact in history:
        decision = decide(once, fact, fact.now, POLICY)
        again = decide(decision.shipment, fact, fact.now, POLICY)
        assert again.events == ()
        once = decision.shipment
        if isinstance(fact, ScansFact):
            assert again.duplicate and encode_shipment(again.shipment) == encode_shipment(once)


def simulated(seed: int) -> list[RawRecord]:
    made = world.build(seed, seconds(parse_rfc3339(DEFAULT_START)), 3)
    return list(read_recording(lines(made, 25, lambda _: None)))


def golden() -> list[RawRecord]:
    return list(read_recording((ROOT / "schemas/examples/recording.jsonl").read_bytes().splitlines()))


def outs(records: list[RawRecord]) -> list[tuple[str, bytes | None, bytes | None]]:
    last = max(record.timestamp for record in records) + timedelta(days=1)
    found = Replay(POLICY).run(records, last)
    return [(out.topic, out.key, out.value) for out in found if out.topic != DEAD_LETTERS]


@pytest.mark.parametrize("seed", [None, 5])
def test_a_recording_in_which_each_record_comes_twice_leads_to_the_same_bytes(seed: int | None) -> None:
    records = golden() if seed is None else simulated(seed)

    # A doubled action is one that acts on what is not there any more: that goes to the dead letters.
    assert outs([one for record in records for one in (record, record)]) == outs(records)
