"""Explaining over recordings: later news is invisible, and nothing is said that the decisions contradict."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.simulation.presets import small_recording
from rules.explaining.answer import UnknownSubjectError, answer, explain
from rules.explaining.listening import listen
from rules.kinds import KINDS
from rules.loading import default_text, load_policy
from rules.pipeline.replay import Replay, in_order
from rules.policy import PolicyBook
from rules.state import encode_shipment
from schemas.codec import dumps, loads
from schemas.explanation import Explanation, KindTold
from schemas.facts import subject_key
from schemas.recording import RawRecord
from schemas.words import KINDS as WORDS
from tests.rules.pipeline import test_fleet as fleet

POLICY = load_policy()
SHADOWED = load_policy(default_text() + "- name: careful\n  from: 2026-01-02\n  kinds: {all: shadow, stalled: off}\n")
MINUTE = timedelta(minutes=1)


class Played:
    """The whole pipeline over what had arrived by a moment."""

    def __init__(self, records: list[RawRecord], at: datetime, policy: PolicyBook = POLICY) -> None:
        self.heard = [one for one in records if one.timestamp <= at]
        self.replay = Replay(policy)
        outs = list(self.replay.run(self.heard, at))
        self.events = [(out.topic, loads(out.value)) for out in outs if out.value and out.topic != "dead-letters"]

    @property
    def subjects(self) -> list[str]:
        return sorted({subject_key(value["subject"], value["subject_id"]) for _, value in self.events})

    def open_kinds(self, key: str) -> set[str]:
        shipment = self.replay.shipment(key)
        assert shipment is not None
        return {kind for kind, case in shipment.cases.items() if case.is_open}


def has_open_case(one: KindTold) -> bool:
    return one.standing != "off" and one.case is not None and one.case.resolved_at is None


def told_of(told: Explanation, kind: str) -> KindTold:
    return next(one for one in told.kinds if one.kind == kind)


@dataclass(frozen=True)
class Moment:
    """A moment in a recording full of oddities: at a record, between two, or on a minute."""

    seed: int
    place: float
    later: int
    on_minute: bool

    @property
    def records(self) -> list[RawRecord]:
        return in_order([*small_recording(self.seed), *small_recording(self.seed + 1)])

    @property
    def at(self) -> datetime:
        records = self.records
        at = records[int(self.place * len(records))].timestamp + timedelta(seconds=self.later)
        return at.replace(second=0) if self.on_minute else at


MOMENTS = st.builds(
    Moment,
    st.integers(0, 4000),
    st.floats(0, 1, exclude_max=True),
    st.sampled_from([0, 1, 3600 * 30, 3600 * 80]),
    st.booleans(),
)


@given(MOMENTS, st.integers(0))
@settings(max_examples=25)
def test_at_any_moment_explain_says_what_was_decided_from_what_had_arrived(moment: Moment, which: int) -> None:
    records, at = moment.records, moment.at
    played = Played(records, at)
    if not played.subjects:
        return
    key = played.subjects[which % len(played.subjects)]
    shipment = played.replay.shipment(key)
    if shipment is None:
        # A number that is reused: the parcels under it have ids of their own.
        with pytest.raises(UnknownSubjectError) as raised:
            explain(records, key, at, POLICY)
        assert raised.value.near and all(name.startswith(f"{key}:") for name in raised.value.near)
        return

    heard = listen(records, key, at, POLICY)
    told = answer(heard, POLICY)

    # Hearing for one subject leaves nothing out that bears on it.
    assert heard.shipment is not None
    assert encode_shipment(heard.shipment) == encode_shipment(shipment)
    # What came later is in nothing but the count of it.
    cut = explain(played.heard, key, at, POLICY)
    assert cut.later is None
    assert told.model_copy(update={"later": None}) == cut
    check_against(told, played, key)


def check_against(told: Explanation, played: Played, key: str) -> None:
    """Held to the cases and messages that the decisions left behind."""
    shipment = played.replay.shipment(key)
    assert shipment is not None
    by_standing = {
        name: {one.kind for one in told.kinds if one.standing == name} for name in {one.standing for one in told.kinds}
    }
    fired = {one.kind for one in told.kinds if one.fires}
    opened = {one.kind for one in told.kinds if has_open_case(one)}
    settled, waiting = by_standing.get("settled", set()), by_standing.get("waiting", set())
    hidden = by_standing.get("hidden", set()) - opened
    assert opened == played.open_kinds(key)
    assert hidden == set(shipment.suppressed)
    assert fired | by_standing.get("ending", set()) | by_standing.get("kept", set()) == (
        opened | hidden | settled | waiting
    )
    for one in told.kinds:
        if one.standing in ("quiet", "elsewhere"):
            assert one.failing is not None and not one.failing.holds, one.kind
            assert not one.fires
        if one.fires:
            assert one.failing is None, one.kind
            assert one.found is not None and one.found.score == sum(term.points for term in one.found.terms.values())
    assert {one.message_id for one in told.messages if not one.final} == {one.message_id for one in shipment.pending}
    sent = [one for one in told.messages if one.fate == "send"]
    assert len(sent) == len(shipment.sent)


@given(MOMENTS, st.integers(0))
@settings(max_examples=10)
def test_kinds_in_shadow_and_off_are_told_as_they_are(moment: Moment, which: int) -> None:
    records, at = moment.records, moment.at
    played = Played(records, at, SHADOWED)
    if not played.subjects:
        return
    key = played.subjects[which % len(played.subjects)]
    shipment = played.replay.shipment(key)
    if shipment is None:
        return
    aside = shipment.asides.get("kind")

    told = explain(records, key, at, SHADOWED)

    assert {one.mode for one in told.kinds if one.kind != "stalled" and one.standing != "unbuilt"} == {"shadow"}
    stalled = told_of(told, "stalled")
    assert (stalled.standing, stalled.mode, stalled.mode_policy) == ("off", "off", "careful@2026-01-02:kinds.stalled")
    assert {one.kind for one in told.kinds if has_open_case(one)} == {
        kind for kind, case in (aside.cases if aside else {}).items() if case.is_open
    }


@pytest.fixture(scope="module")
def storm() -> tuple[list[RawRecord], datetime]:
    """Thirty parcels that stand still at one place, until most of them move on."""
    stuck, flowing = fleet.TestIncident().stuck(30), fleet.TestIncident().flowing()
    moved = [
        fleet.scan("ups", f"1Z{n:04d}", fleet.T0 + fleet.hours(56) + n * MINUTE, "Nashville", code="later")
        for n in range(21)
    ]
    return [*stuck, *flowing, *moved], fleet.T0 + fleet.hours(50)


def test_an_incident_found_among_other_parcels_is_known_to_each(storm: tuple[list[RawRecord], datetime]) -> None:
    records, at = storm
    played = Played(records, at)

    told = explain(records, "ups:1Z0007", at, POLICY)

    check_against(told, played, "ups:1Z0007")
    assert told.incident is not None and told.incident.place == "MEMPHIS, US"
    stalled = told_of(told, "stalled")
    assert (stalled.standing, stalled.hidden_by) == ("hidden", "incident")
    message = next(one for one in told.messages if one.about == "incident")
    assert (message.fate, message.reason, message.final) == ("held", "quiet_hours", False)
    assert message.release == ("time: it is decided at 2026-03-04T13:00:00Z, in 3 h, against the state of then")
    assert message.if_released == "held, quiet_hours until 2026-03-04T13:00:00Z"


def test_an_incident_and_a_carrier_can_be_asked_for_too(storm: tuple[list[RawRecord], datetime]) -> None:
    records, at = storm
    played = Played(records, at)
    name = next(key for key in played.subjects if key.startswith("incident:"))

    told = explain(records, name, at, POLICY)

    check_against(told, played, name)
    assert told.subject == "incident"
    assert told_of(told, "incident").standing == "open"
    assert told_of(told, "stalled").standing == "elsewhere"
    assert told_of(told, "stalled").failing is not None
    carrier = explain(records, "carrier:ups", at, POLICY)
    # Of 38 under way 30 stand still: nobody waits for a word of them.
    assert carrier.feed is not None and carrier.feed.parcels_in_flight == 8
    assert told_of(carrier, "feed_silent").standing == "quiet"


def test_while_the_feed_is_silent_no_clock_kind_would_fire() -> None:
    records = [*fleet.under_way("ups", 25), *fleet.others(7)]
    at = fleet.T0 + fleet.hours(24 * 4)

    told = explain(records, "ups:1Z0003", at, POLICY)

    assert told.feed is not None and told.feed.silent_from == fleet.T0 + 24 * MINUTE
    stalled = told_of(told, "stalled")
    assert stalled.standing == "quiet"
    assert stalled.fires_at is None
    silent = told_of(explain(records, "carrier:ups", at, POLICY), "feed_silent")
    assert silent.standing == "open"


def stands_still(days: int, *more: RawRecord) -> list[RawRecord]:
    """One parcel of an order, scanned once, beside other traffic of its carrier so that the feed is alive."""
    return [fleet.order("1Z0001", fleet.T0), fleet.scan("ups", "1Z0001", fleet.T0, "Memphis"), *alive(days), *more]


def alive(days: int) -> list[RawRecord]:
    return [fleet.scan("ups", f"1Y{n:03d}", fleet.T0 + fleet.hours(n), "Home", "delivered") for n in range(24 * days)]


def test_a_clock_kind_says_when_it_would_fire_and_then_does() -> None:
    records = stands_still(days=1)
    at = fleet.T0 + fleet.hours(20)

    stalled = told_of(explain(records, "ups:1Z0001", at, POLICY), "stalled")

    assert stalled.fires_at == fleet.T0 + fleet.hours(48)
    assert stalled.standing == "quiet"
    before, then = (explain(records, "ups:1Z0001", stalled.fires_at + gap, POLICY) for gap in (-MINUTE, 0 * MINUTE))
    assert told_of(before, "stalled").standing == "quiet"
    assert told_of(then, "stalled").standing == "open"
    assert [one.said for one in told_of(then, "stalled").case.events] == ["opened"]  # type: ignore[union-attr]


def test_between_two_marks_a_cause_waits_for_the_next() -> None:
    at = fleet.T0 + fleet.hours(48) + timedelta(seconds=30)
    records = stands_still(0, fleet.scan("ups", "1Z0001", fleet.T0 + timedelta(seconds=10), "Memphis", code="two"))

    stalled = told_of(explain(records, "ups:1Z0001", at, POLICY), "stalled")

    assert (stalled.standing, stalled.fires, stalled.case) == ("waiting", True, None)
    assert stalled.held_until == fleet.T0 + fleet.hours(48) + MINUTE
    then = explain(records, "ups:1Z0001", stalled.held_until, POLICY)
    assert told_of(then, "stalled").standing == "open"


def attempts(*more: RawRecord) -> list[RawRecord]:
    """An attempt that fails at noon, and the parcel out again an hour later."""
    noon = fleet.T0 + fleet.hours(9)
    reason = {"reason": "recipient_unavailable"}
    return [
        fleet.order("1Z0001", fleet.T0),
        fleet.scan("ups", "1Z0001", fleet.T0, "Memphis"),
        fleet.scan("ups", "1Z0001", noon, "Home", "attempted", **reason),
        fleet.scan("ups", "1Z0001", noon + fleet.hours(1), "Home", "out_for_delivery"),
        *more,
    ]


def test_a_cause_that_comes_back_at_once_waits_for_the_hysteresis() -> None:
    again = fleet.T0 + fleet.hours(10.5)
    records = attempts(
        fleet.scan("ups", "1Z0001", again, "Home", "attempted", reason="recipient_unavailable", code="two")
    )

    failed = told_of(explain(records, "ups:1Z0001", again, POLICY), "attempt_failed")

    assert (failed.standing, failed.fires) == ("waiting", True)
    assert failed.held_until == fleet.T0 + fleet.hours(11)
    assert "ended only just" in failed.why
    then = told_of(explain(records, "ups:1Z0001", failed.held_until, POLICY), "attempt_failed")
    assert then.standing == "open"
    assert then.case is not None and [one.said for one in then.case.events] == ["opened", "resolved", "reopened"]


def test_a_case_that_a_person_keeps_open_says_who() -> None:
    case = told_of(explain(attempts(), "ups:1Z0001", None, POLICY), "attempt_failed").case
    assert case is not None and case.resolved_by == "self"
    at = fleet.T0 + fleet.hours(12)
    action = {"action": "reopen", "case_id": case.case_id, "shipment_id": "ups:1Z0001", "by": "sam"}
    value = dumps({**action, "at": at.isoformat()})
    reopened = RawRecord("operator-actions", at, value, b"ups:1Z0001", {"source": "wismo"})

    kept = told_of(explain(attempts(reopened), "ups:1Z0001", None, POLICY), "attempt_failed")

    assert (kept.standing, kept.fires) == ("kept", False)
    assert "sam" in kept.why
    assert kept.failing is not None


def test_what_lies_ahead_is_what_the_clock_brings() -> None:
    records = stands_still(days=0)
    at = fleet.T0 + fleet.hours(1)

    told = explain(records, "ups:1Z0001", at, POLICY)

    until = fleet.T0 + timedelta(days=12)
    known = len(Played(records, at).events)
    came = [value for topic, value in Played(records, until).events[known:] if topic not in ("shipments",)]
    brought = [(value["received_at"], value.get("kind")) for value in came if "change" in value]
    assert len(brought) > 2
    steps = [step for step in told.ahead.steps if step.topic and step.topic.startswith("exceptions-")]
    assert [(step.at, step.said.split()[0]) for step in steps if step.at <= until] == [
        (datetime.fromisoformat(at), kind) for at, kind in brought
    ]
    assert told.ahead.wakes_at is not None and told.ahead.wakes_at <= told.ahead.steps[0].at


class TestLater:
    def test_news_of_before_that_came_later_would_change_the_answer(self) -> None:
        happened, heard = fleet.T0 + fleet.hours(30), fleet.T0 + fleet.hours(60)
        late = fleet.scan("ups", "1Z0001", happened, "Memphis", "delivered")
        late = RawRecord(late.topic, heard, late.value, late.key, late.headers)
        at = fleet.T0 + fleet.hours(50)

        told = explain(stands_still(3, late), "ups:1Z0001", at, POLICY)

        assert told_of(told, "stalled").standing == "open"
        assert told.state is not None and told.state.state == "in_transit"
        assert told.later is not None
        assert (told.later.facts, told.later.happened_before, told.later.would_change) == (1, 1, True)
        assert told.later.first_received_at == heard
        assert "state: delivered instead of in_transit" in told.later.differences
        assert "stalled would not fire" in told.later.differences

    def test_news_of_after_changes_nothing(self) -> None:
        news = fleet.scan("ups", "1Z0001", fleet.T0 + fleet.hours(60), "Memphis", "delivered")

        told = explain(stands_still(3, news), "ups:1Z0001", fleet.T0 + fleet.hours(50), POLICY)

        assert told.later is not None
        assert (told.later.facts, told.later.happened_before, told.later.would_change) == (1, 0, False)

    def test_what_is_told_again_is_no_news(self) -> None:
        again = fleet.scan("ups", "1Z0001", fleet.T0, "Memphis")
        again = RawRecord(again.topic, fleet.T0 + fleet.hours(60), again.value, again.key, again.headers)

        told = explain(stands_still(3, again), "ups:1Z0001", fleet.T0 + fleet.hours(50), POLICY)

        assert told.later is None


class TestUnknown:
    @pytest.mark.parametrize(
        ("key", "near"),
        [
            ("fedex:1Z0001", ["ups:1Z0001"]),
            ("1z 0001", ["ups:1Z0001"]),
            ("UPS:1Z0001", ["ups:1Z0001"]),
            ("order:A-1Z000", ["order:A-1Z0001"]),
        ],
    )
    def test_the_same_number_elsewhere_is_named(self, key: str, near: list[str]) -> None:
        with pytest.raises(UnknownSubjectError) as raised:
            explain(stands_still(1), key, None, POLICY)
        assert raised.value.near == near

    def test_before_it_was_heard_of_it_is_said_when_that_was(self) -> None:
        with pytest.raises(UnknownSubjectError, match="first heard of at 2026-03-02T08:00:00Z"):
            explain(stands_still(1), "ups:1Z0001", fleet.T0 - MINUTE, POLICY)

    def test_an_empty_recording_knows_nothing(self) -> None:
        with pytest.raises(UnknownSubjectError):
            explain([], "ups:1Z0001", None, POLICY)


def test_a_parcel_that_was_forgotten_is_told_as_it_was_last_known() -> None:
    records = [*stands_still(0), fleet.scan("ups", "1Z0001", fleet.T0 + fleet.hours(9), "Home", "delivered")]

    told = explain(records, "ups:1Z0001", fleet.T0 + timedelta(days=90), POLICY)

    assert told.forgotten
    assert told.state is not None and told.state.state == "delivered"
    assert (told.ahead.wakes_at, told.ahead.steps) == (None, [])


def test_every_kind_of_the_catalogue_is_told_in_its_order() -> None:
    told = explain(stands_still(0), "ups:1Z0001", None, POLICY)

    assert [one.kind for one in told.kinds] == list(WORDS)
    built = {kind.name for kind in KINDS}
    assert {one.kind for one in told.kinds if one.standing == "unbuilt"} == set(WORDS) - built
