"""Two policies over recordings with a known answer."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.simulation.presets import small_recording
from rules.backtest.items import BOTH, Log, Mark
from rules.backtest.kinship import Kinship
from rules.backtest.report import MEASURES, quartiles, report
from rules.backtest.shard import Shard
from rules.loading import load_policy
from rules.pipeline.replay import Replay
from rules.pipeline.track import Place
from rules.policy import PolicyBook
from schemas.codec import dumps, loads, rfc3339
from schemas.facts import FeedFact
from schemas.recording import RawRecord

MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
NUMBER = "1Z999AA10123456784"
PARCEL = f"ups:{NUMBER}"
QUICKER = "- {name: quicker, from: 2026-02-01, values: {stalled: {silence: {ground: 36h}}}}"


def after(count: float) -> datetime:
    return MONDAY + timedelta(hours=count)


def book(entry: str) -> PolicyBook:
    return load_policy(f"- extends: packaged\n{entry}\n")


def record(topic: str, heard: datetime, /, **value: Any) -> RawRecord:
    return RawRecord(topic, heard, dumps(value), NUMBER.encode(), {"source": "wismo"})


def scan(at: datetime, status: str = "in_transit", **fields: Any) -> RawRecord:
    place = {"city": f"City {at:%d%H}", "country": "US"}
    about = {"carrier": "ups", "tracking_number": NUMBER, "location": place}
    return record("carrier-scans", at, status=status, occurred_at=rfc3339(at), **about, **fields)


def order(at: datetime = MONDAY) -> RawRecord:
    parcel = {"carrier": "ups", "tracking_number": NUMBER, "service_level": "ground", "direction": "outbound"}
    about = {"order_id": "A-1", "customer_id": "C-1", "storefront": "main", "promise_date": "2026-03-20"}
    return record(
        "order-events", at, event="created", at=rfc3339(at), **about, destination={"country": "US"}, shipments=[parcel]
    )


def ticket(at: datetime) -> RawRecord:
    about = {"ticket_id": "T-1", "order_id": "A-1", "customer_id": "C-1", "intent": "wismo"}
    return record("ticket-events", at, event="opened", at=rfc3339(at), **about)


def compared(
    old: PolicyBook, new: PolicyBook, records: Iterable[RawRecord], noise: timedelta | None = None
) -> dict[str, Any]:
    shard = Shard(old, new, Place())
    for sides, items in Log(old, new).items(records):
        shard.take(sides, items)
    return report(shard.tally(noise, 5), {}, (old, new), ("old", "new"))


def found(told: dict[str, Any]) -> dict[str, int]:
    return {what: one["count"] for what, one in told["differences"].items() if one["count"]}


def silent_for(count: float) -> list[RawRecord]:
    return [order(), scan(MONDAY, "picked_up"), scan(after(count)), scan(after(count + 1), "out_for_delivery")]


def test_a_case_that_only_the_new_policy_opens_is_told_with_the_limits_of_both() -> None:
    told = compared(load_policy(), book(QUICKER), silent_for(40))
    assert found(told) == {"only_new": 1}
    (example,) = told["differences"]["only_new"]["examples"]
    assert (example["subject"], example["kind"], example["at"]) == (PARCEL, "stalled", rfc3339(after(36)))
    silence = example["new"]["evidence"][0]
    assert (silence["limit"], silence["policy"]) == ("36h", "quicker@2026-02-01:stalled.silence.ground")
    failed = next(check for check in example["why"]["checks"] if not check["holds"])
    assert (failed["fact"], failed["observed"], failed["limit"]) == ("silence", "36h", "48h")
    assert failed["policy"] == "default@2026-01-01:stalled.silence.ground"
    assert example["why"]["limits"] == [
        {"value": "stalled.silence.ground", "limit": "48h", "policy": "default@2026-01-01:stalled.silence.ground"}
    ]
    # It cleared itself at 40 h, 12 h before operations had to act.
    counts = told["cases"]["new"]["by_kind"]["stalled"]
    assert (counts["opened"], counts["cleared_itself"], counts["noise"]) == (1, 1, 1)


@pytest.mark.parametrize(("span", "noise"), [(3, 0), (4, 0), (5, 1)])
def test_noise_within_a_span_of_ones_own(span: int, noise: int) -> None:
    told = compared(load_policy(), book(QUICKER), silent_for(40), timedelta(hours=span))
    assert told["cases"]["new"]["all"]["noise"] == noise


def test_a_case_that_opens_earlier_is_one_difference_and_its_lead_on_the_ticket_grows() -> None:
    told = compared(load_policy(), book(QUICKER), [*silent_for(60), ticket(after(50))])
    assert found(told)["earlier"] == 1
    assert not {"only_new", "only_old", "later"} & found(told).keys()
    example = told["differences"]["earlier"]["examples"][0]
    assert (example["old"]["opened_at"], example["new"]["opened_at"]) == (rfc3339(after(48)), rfc3339(after(36)))
    leads = {side: told["tickets"][side]["lead_hours"]["median"] for side in ("old", "new")}
    assert leads == {"old": 2.0, "new": 14.0}
    assert told["tickets"]["all"] == told["tickets"]["old"]["foreseen"] == told["tickets"]["new"]["foreseen"] == 1


def test_the_other_way_round_it_is_later_and_only_old() -> None:
    assert "later" in found(compared(book(QUICKER), load_policy(), silent_for(60)))
    assert found(compared(book(QUICKER), load_policy(), silent_for(40))) == {"only_old": 1}


def test_a_ticket_before_the_case_is_no_success() -> None:
    told = compared(load_policy(), book(QUICKER), [*silent_for(60), ticket(after(40))])
    old, new = told["tickets"]["old"], told["tickets"]["new"]
    assert (old["cases_before"], old["cases_after"], old["lead_hours"]) == (0, 1, None)
    assert (new["cases_before"], new["cases_after"]) == (1, 0)


def test_a_kind_that_is_off_says_so() -> None:
    told = compared(load_policy(), book("- {name: quiet, from: 2026-02-01, kinds: {stalled: off}}"), silent_for(60))
    (example,) = told["differences"]["only_old"]["examples"]
    assert example["why"]["text"] == "stalled is off (quiet@2026-02-01:kinds.stalled)"


def test_a_message_that_waits_longer_is_told_with_what_the_policies_say_of_it() -> None:
    new = book("- {name: patient, from: 2026-02-01, values: {messages: {settling: 90m}}}")
    records = [order(), scan(MONDAY, "picked_up"), scan(after(8), "attempted", reason="recipient_unavailable")]
    told = compared(load_policy(), new, [*records, scan(after(12), "attempted", reason="recipient_unavailable")])
    assert found(told) == {"message_later": 1}
    (example,) = told["differences"]["message_later"]["examples"]
    assert [example[side]["fate"] for side in ("old", "new")] == ["send", "send"]
    assert [one["value"] for one in example["settings"]] == ["messages.settling"]


def test_a_message_instead_of_silence() -> None:
    new = book("- {name: off, from: 2026-02-01, kinds: {attempt_failed: off}}")
    records = [order(), scan(MONDAY, "picked_up"), scan(after(8), "attempted", reason="recipient_unavailable")]
    records.append(scan(after(10), "in_transit"))
    assert found(compared(new, load_policy(), records))["message_sent"] == 1
    assert found(compared(load_policy(), new, records))["message_silent"] == 1


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        ("values: {score: {bands: {routine: 10, urgent: 20, critical: 80}}}", "other_severity"),
        ("values: {respond: {routine: 2h}}", "other_due_by"),
        ("values: {score: {customer: {first_order: 5, vip: 10, most: 10}, doubt: {vague_time: 1}}}", None),
    ],
)
def test_other_weights(entry: str, what: str | None) -> None:
    told = compared(load_policy(), book(f"- {{name: other, from: 2026-02-01, {entry}}}"), silent_for(60))
    assert list(found(told)) == ([what] if what else [])
    assert told["different"] is (what is not None)


@pytest.mark.parametrize("seed", range(12))
def test_against_itself_no_policy_differs(seed: int) -> None:
    live = load_policy()
    # An entry that says the same again has another name and no other effect.
    again = book("- {name: again, from: 2026-02-01, values: {stalled: {silence: {ground: 48h}}}}")
    told = compared(live, again, small_recording(seed))
    assert not told["different"] and not found(told)
    assert told["cases"]["old"] == told["cases"]["new"] and told["messages"]["old"] == told["messages"]["new"]


@pytest.mark.parametrize("seed", range(8))
def test_cases_are_those_of_a_replay(seed: int) -> None:
    live, records = load_policy(), small_recording(seed)
    told = compared(live, live, records)
    opened = {
        str(loads(out.value or b"")["case_id"])
        for out in Replay(live).run(records)
        if out.topic.startswith("exceptions-")
    }
    assert told["cases"]["old"]["all"]["opened"] == len(opened)
    for group in ("by_kind", "by_owner", "by_severity", "by_posture"):
        rows = told["cases"]["old"][group].values()
        assert {name: sum(row[name] for row in rows) for name in MEASURES} == told["cases"]["old"]["all"]


def test_policies_that_judge_feeds_alike_share_one_log() -> None:
    records = silent_for(40)
    shared = list(Log(load_policy(), book(QUICKER)).items(records))
    assert {sides for sides, _ in shared} == {BOTH}
    other = book("- {name: ears, from: 2026-02-01, values: {feed: {silence: 12h}}}")
    assert {sides for sides, _ in Log(load_policy(), other).items(records)} == {1, 2}
    assert not found(compared(load_policy(), other, records))


@pytest.mark.parametrize("seed", range(6))
def test_what_passes_between_parcels_stays_in_one_process(seed: int) -> None:
    records, kinship, live = small_recording(seed), Kinship(7), load_policy()
    kinship.learn(records)
    for _, items in Log(live, live).items(records):
        for item in items:
            if isinstance(item, Mark | FeedFact):
                assert kinship.shard(item) is None
            elif (parcels := getattr(getattr(item, "order", None), "shipments", ())) and hasattr(item, "order"):
                shards = {kinship.of(parcel.shipment_id) for parcel in parcels}
                assert shards == {kinship.shard(item)}


def test_quartiles() -> None:
    assert quartiles([]) is None
    assert quartiles([3.0]) == {"q1": 3.0, "median": 3.0, "q3": 3.0}
    assert quartiles([1.0, 2.0, 3.0, 4.0, 5.0]) == {"q1": 2.0, "median": 3.0, "q3": 4.0}
