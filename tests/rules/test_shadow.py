"""Kinds in shadow and candidate policies: they keep cases of their own, and the live ones do not notice."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.simulation.presets import demo_day, small_recording
from rules.decision import Event
from rules.engine import decide, sweep, sweep_beside
from rules.loading import load_policy
from rules.pipeline.replay import Replay
from rules.policy import PolicyBook
from rules.shadow import due_beside
from schemas.codec import loads
from schemas.facts import Fact
from schemas.recording import RawRecord
from tests.rules.builders import MONDAY, Story, action_fact, hours, on_minute, order_fact, scan

SHADOW = "shadow-exceptions"
EARLY = "- extends: live\n- {name: early, from: 2026-01-01, values: {stalled: {silence: {ground: 24h}}}}\n"
OTHER = EARLY.replace("early", "other")


def book(text: str) -> PolicyBook:
    return load_policy(text, "candidate", load_policy())


def modes(**kinds: str) -> PolicyBook:
    said = ", ".join(f"{kind}: {mode}" for kind, mode in kinds.items())
    return book(f"- extends: live\n- {{name: modes, from: 2026-01-01, kinds: {{{said}}}}}\n")


class ShadowStory(Story):
    """A story whose clock also runs for what is in shadow."""

    def __init__(self, policy: PolicyBook | None = None, candidate: PolicyBook | None = None) -> None:
        super().__init__(policy)
        self.candidate = candidate

    def tell(self, *facts: Fact) -> list[Event]:
        before = len(self.events)
        for fact in facts:
            self.wait(fact.now)
            self._keep(decide(self.shipment, fact, fact.now, self.policy, candidate=self.candidate))
        return self.events[before:]

    def wait(self, until: datetime) -> list[Event]:
        before = len(self.events)
        while self.shipment is not None:
            live, beside = self.shipment.next_due, due_beside(self.shipment.asides)
            due = min((at for at in (live, beside) if at is not None), default=None)
            if due is None or on_minute(due) > until:
                break
            minute = on_minute(due)
            look = sweep if live is not None and live <= minute else sweep_beside
            self._keep(look(self.shipment, minute, self.policy, candidate=self.candidate))
        return self.events[before:]

    def shadows(self) -> list[tuple[str, str, str]]:
        """What was said on `shadow-exceptions`, as (which shadow, change, kind)."""
        return [(value["shadow"], value["change"], value["kind"]) for value in self.of(SHADOW)]


def moving(policy: PolicyBook | None = None, candidate: PolicyBook | None = None, **order: Any) -> ShadowStory:
    told = ShadowStory(policy, candidate)
    told.tell(order_fact(service_level="ground", **order))
    told.scans(scan("in_transit", MONDAY))
    return told


def without_shadow(events: Iterable[Event]) -> list[Event]:
    return [event for event in events if event.topic != SHADOW]


def decided(records: list[RawRecord], policy: PolicyBook, candidate: PolicyBook | None = None) -> list[tuple[Any, ...]]:
    until = records[-1].timestamp + timedelta(days=3)
    return [(out.topic, out.key, out.value, out.headers) for out in Replay(policy, candidate).run(records, until)]


@pytest.fixture(scope="module")
def day() -> list[RawRecord]:
    records = list(demo_day(7))
    return records[: len(records) // 2]


# A whole candidate policy.


def test_a_candidate_opens_its_case_at_its_own_limit_and_tells_nobody() -> None:
    told = moving(candidate=book(EARLY))

    told.wait(MONDAY + hours(24) - timedelta(minutes=1))
    assert told.shadows() == []
    told.wait(MONDAY + hours(24))

    assert told.shadows() == [("policy", "opened", "stalled")]
    case = told.of(SHADOW)[0]
    assert (case["sequence"], case["owner"]) == (1, "operations")
    assert case["policy_version"] == "default@2026-01-01+early@2026-01-01"
    assert case["evidence"][0]["policy"] == "early@2026-01-01:stalled.silence.ground"
    assert told.cases() == [] and told.open_kinds() == set()
    told.wait(MONDAY + hours(48))
    assert told.cases() == [("opened", "stalled")]
    assert told.of("exceptions-")[0]["case_id"] != case["case_id"]
    assert told.of("exceptions-")[0]["dedup_key"] != case["dedup_key"]


def test_a_candidate_s_case_ends_with_its_cause() -> None:
    told = moving(candidate=book(EARLY))
    told.wait(MONDAY + hours(30))
    told.scans(scan("in_transit", MONDAY + hours(31)))

    assert told.shadows() == [("policy", "opened", "stalled"), ("policy", "resolved", "stalled")]
    assert [value["sequence"] for value in told.of(SHADOW)] == [1, 2]


def test_what_is_done_about_a_live_case_is_done_about_the_candidate_s() -> None:
    told = moving(candidate=book(EARLY))
    told.wait(MONDAY + hours(50))
    case_id = told.of("exceptions-")[0]["case_id"]
    told.tell(action_fact("resolve", MONDAY + hours(51), case_id=case_id, note="found"))

    assert told.shadows()[-1] == ("policy", "resolved", "stalled")
    assert told.of(SHADOW)[-1]["resolution"] == "found"
    assert told.refusals == []


@pytest.mark.parametrize("after", [None, OTHER])
def test_when_a_candidate_goes_its_cases_end(after: str | None) -> None:
    told = moving(candidate=book(EARLY))
    told.wait(MONDAY + hours(30))
    told.candidate = None if after is None else book(after)
    told.scans(scan(None, MONDAY + hours(31)))

    ends = [value["resolution"] for value in told.of(SHADOW) if value["change"] == "resolved"]
    assert ends == ["another candidate"]
    assert told.shipment is not None
    assert set(told.shipment.asides) == ({"policy"} if after else set())


def test_a_candidate_that_comes_back_has_new_cases() -> None:
    told = moving(candidate=book(EARLY))
    told.wait(MONDAY + hours(30))
    for hour, candidate in ((31, None), (32, book(EARLY))):
        told.candidate = candidate
        told.scans(scan(None, MONDAY + hours(hour), code=f"note {hour}"))
    told.wait(MONDAY + hours(33))

    opened = [value["case_id"] for value in told.of(SHADOW) if value["change"] == "opened"]
    assert len(set(opened)) == len(opened) == 2


def test_a_candidate_that_comes_later_sees_the_parcels_that_are_silent_by_then() -> None:
    told = moving()
    told.wait(MONDAY + hours(30))
    told.candidate = book(EARLY)
    told.wait(MONDAY + hours(49))  # a parcel under way is looked at once a day

    assert ("policy", "opened", "stalled") in told.shadows()


@pytest.mark.parametrize("seed", range(12))
def test_a_candidate_never_changes_a_byte_of_the_live_output(seed: int) -> None:
    records = list(small_recording(seed))
    candidate = book(EARLY + "- {name: dark, from: 2026-01-01, kinds: {promise_missed: off}}\n")

    alone, beside = decided(records, load_policy()), decided(records, load_policy(), candidate)

    assert [one for one in beside if one[0] != SHADOW] == alone


def test_a_day_beside_a_candidate_is_the_same_twice_and_live_the_same_as_without(day: list[RawRecord]) -> None:
    records, candidate = day, book(EARLY)

    first, second = (decided(records, load_policy(), candidate) for _ in range(2))

    assert first == second
    assert [one for one in first if one[0] != SHADOW] == decided(records, load_policy())
    assert sum(one[0] == SHADOW for one in first) > 100


def test_a_candidate_that_says_the_same_opens_the_same_cases(day: list[RawRecord]) -> None:
    records, same = day, load_policy()
    outs = [(out.topic, loads(out.value)) for out in Replay(same, same).run(records) if out.value]

    def openings(shadow: bool) -> set[tuple[str, str, str]]:
        cases = [value for topic, value in outs if (topic == SHADOW if shadow else topic.startswith("exceptions-"))]
        return {(one["subject_id"], one["kind"], one["opened_at"]) for one in cases if not one["previous_owner"]}

    assert openings(shadow=True) == openings(shadow=False) != set()


def test_sequences_on_the_shadow_topic_have_no_gap(day: list[RawRecord]) -> None:
    known: dict[str, int] = {}
    for topic, _, raw, _ in decided(day, modes(all="shadow", damaged="live"), book(EARLY)):
        if topic == SHADOW:
            value = loads(raw)
            assert value["sequence"] == known.get(value["subject_id"], 0) + 1
            known[value["subject_id"]] = value["sequence"]
    assert len(known) > 100


# Kinds in shadow, and kinds that are off.


def test_a_kind_that_is_off_is_not_looked_at() -> None:
    told = moving(modes(stalled="off"))
    told.wait(MONDAY + hours(200))

    assert told.events == without_shadow(told.events)
    assert "stalled" not in {kind for _, kind in told.cases()}


def test_a_kind_in_shadow_is_only_on_the_shadow_topic() -> None:
    told = moving(modes(stalled="shadow"))
    told.wait(MONDAY + hours(49))

    assert told.shadows() == [("kind", "opened", "stalled")]
    assert told.cases() == [] and told.open_kinds() == set()
    assert told.of("shipments")[-1]["cases"] == []


def test_a_kind_in_shadow_notes_its_message_once_and_sends_none() -> None:
    told = moving(modes(stalled="shadow", long_transit="off"))
    told.wait(MONDAY + hours(24 * 9))

    about = [one for one in told.messages() if one[0] == "stalled"]
    assert about == [("stalled", "suppressed", "shadow")]
    assert not told.shipment or told.shipment.sent == [] or all("stalled" not in one.key for one in told.shipment.sent)


def test_a_kind_in_shadow_hides_no_live_one() -> None:
    order: dict[str, Any] = {"promise_date": "2026-03-03"}
    live, shadowed = moving(None, **order), moving(modes(promise_missed="shadow"), **order)
    live.wait(MONDAY + hours(60))
    shadowed.wait(MONDAY + hours(60))

    assert live.open_kinds() == {"promise_missed"}
    assert shadowed.open_kinds() == {"stalled"}
    assert ("kind", "opened", "promise_missed") in shadowed.shadows()


def test_a_live_kind_hides_one_in_shadow() -> None:
    told = moving(modes(stalled="shadow"), promise_date="2026-03-03")
    told.wait(MONDAY + hours(60))

    assert told.open_kinds() == {"promise_missed"}
    assert [one for one in told.shadows() if one[2] == "stalled"] == []


def test_shadow_and_off_leave_the_live_topics_the_same_bytes(day: list[RawRecord]) -> None:
    topics = ("shipments", "shipment-updates", "exceptions-support", "exceptions-finance", "dead-letters")
    dark, off = (decided(day, modes(stalled=mode, damaged=mode, promise_missed=mode)) for mode in ("shadow", "off"))

    assert [one for one in dark if one[0] in topics] == [one for one in off if one[0] in topics]
    fates = [loads(one[2]) for one in dark if one[0] == "customer-messages"]
    assert {one["fate"] for one in fates if one["reason"] == "shadow"} == {"suppressed"}


def turned(before: str, after: str, at: str = "2026-03-05") -> PolicyBook:
    return book(
        f"- extends: live\n- {{name: first, from: 2026-01-01, kinds: {{stalled: {before}}}}}\n"
        f"- {{name: then, from: {at}, kinds: {{stalled: {after}}}}}\n"
    )


@pytest.mark.parametrize("after", ["off", "shadow"])
def test_live_cases_of_a_kind_end_when_it_is_live_no_more(after: str) -> None:
    told = moving(turned("live", after))
    told.wait(MONDAY + hours(72))

    assert told.cases()[:2] == [("opened", "stalled"), ("resolved", "stalled")]
    last = told.of("exceptions-operations")[1]
    assert (last["resolved_by"], last["resolution"]) == (
        "policy",
        f"stalled is {after} (then@2026-03-05:kinds.stalled)",
    )
    assert last["resolved_at"] == datetime(2026, 3, 5, tzinfo=UTC)
    assert told.shadows() == ([("kind", "opened", "stalled")] if after == "shadow" else [])


@pytest.mark.parametrize("before", ["off", "shadow"])
def test_a_kind_that_becomes_live_finds_the_parcels_that_are_silent_already(before: str) -> None:
    told = moving(turned(before, "live", "2026-03-06"))
    told.wait(MONDAY + hours(24 * 5))

    opened = [value for value in told.of("exceptions-operations") if value["kind"] == "stalled"]
    assert (opened[0]["change"], opened[0]["opened_at"]) == ("opened", datetime(2026, 3, 6, tzinfo=UTC))
    ends = [value["resolution"] for value in told.of(SHADOW) if value["change"] == "resolved"]
    assert ends == ([] if before == "off" else ["stalled is live (then@2026-03-06:kinds.stalled)"])


def test_a_kind_that_was_ended_by_the_policy_comes_back_when_it_is_live_again() -> None:
    text = (
        "- extends: live\n- {name: dark, from: 2026-03-05, kinds: {stalled: off}}\n"
        "- {name: again, from: 2026-03-06, kinds: {stalled: live}}\n"
    )
    told = moving(book(text))
    told.wait(MONDAY + hours(24 * 4))

    assert [change for change, kind in told.cases() if kind == "stalled"][:3] == ["opened", "resolved", "reopened"]


def test_only_the_scope_that_is_live_has_live_cases() -> None:
    policy = book(
        "- extends: live\n- {name: dark, from: 2026-01-01, kinds: {all: shadow}}\n"
        "- {name: one, from: 2026-01-01, for: {carrier: ups, storefront: main}, kinds: {stalled: live}}\n"
    )
    mine, other = moving(policy), ShadowStory(policy)
    other.tell(order_fact(carrier="fedex", service_level="ground"))
    other.scans(scan("in_transit", MONDAY, "fedex"))
    for told in (mine, other):
        told.wait(MONDAY + hours(49))

    assert (mine.open_kinds(), other.open_kinds()) == ({"stalled"}, set())
    assert other.shadows() == [("kind", "opened", "stalled")]


def test_the_policy_of_a_shipment_follows_its_service_level() -> None:
    policy = book(
        "- extends: live\n- {name: slow, from: 2026-01-01, for: {service_level: ground},"
        " values: {stalled: {silence: {ground: 24h}}}}\n"
    )
    told = moving(policy)
    told.wait(MONDAY + hours(24))

    assert told.open_kinds() == {"stalled"}
    assert told.of("exceptions-")[0]["policy_version"] == "default@2026-01-01+slow@2026-01-01"
