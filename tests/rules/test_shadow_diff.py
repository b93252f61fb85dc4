"""What the diff of a candidate counts: the same trouble on both sides, once."""

from typing import Any

from rules.shadow_diff import ShadowDiff, tally
from schemas.codec import parse_rfc3339

SHADOW = "shadow-exceptions"
LIVE = "exceptions-operations"


def event(at: str, change: str = "opened", case_id: str = "a", **fields: Any) -> dict[str, Any]:
    moment = f"2026-03-{at}:00Z"
    said = {"subject_id": "ups:1", "kind": "stalled", "owner": "operations", "severity": "watch", "resolution": None}
    ends = {"opened_at": fields.pop("opened", moment), "resolved_at": moment if change == "resolved" else None}
    return {"received_at": moment, "change": change, "case_id": case_id, **said, **ends, **fields}


def shadow(at: str, change: str = "opened", word: str = "policy", **fields: Any) -> tuple[str, dict[str, Any]]:
    return SHADOW, event(at, change, fields.pop("case_id", "s"), shadow=word, **fields)


def words(*events: tuple[str, dict[str, Any]], since: str | None = None) -> list[str]:
    diff = ShadowDiff()
    for topic, value in events:
        diff.take(topic, value)
    return [one.word for one in diff.differences(parse_rfc3339(since) if since else diff.began)]


def test_a_case_of_both_is_the_same_earlier_or_later() -> None:
    assert words((LIVE, event("03T10:00")), shadow("03T10:00")) == ["same"]
    assert words((LIVE, event("03T10:00")), shadow("03T09:00")) == ["earlier"]
    assert words((LIVE, event("03T10:00")), shadow("03T11:00"), since="2026-03-01T00:00:00Z") == ["later"]


def test_cases_that_were_never_open_together_are_two_troubles() -> None:
    candidate = [shadow("03T10:00"), shadow("03T12:00", "resolved", opened="2026-03-03T10:00:00Z")]

    assert words(*candidate, (LIVE, event("05T10:00"))) == ["only_candidate", "only_live"]


def test_the_order_between_topics_does_not_matter() -> None:
    events = [(LIVE, event("03T10:00")), shadow("03T09:00"), (LIVE, event("04T10:00", case_id="b", subject_id="ups:2"))]

    assert words(*events) == words(*reversed(events)) == ["earlier", "only_live"]


def test_what_began_before_the_candidate_came_is_left_out() -> None:
    old = (LIVE, event("01T10:00"))

    assert words(old, shadow("03T10:00")) == []
    assert words(old, shadow("03T10:00"), since="2026-03-01T00:00:00Z") == ["later"]


def test_cases_of_a_candidate_that_was_replaced_do_not_count() -> None:
    ended = shadow("04T10:00", "resolved", resolution="another candidate")

    assert words(shadow("03T10:00"), ended) == []


def test_kinds_in_shadow_are_counted_apart_and_other_topics_not_at_all() -> None:
    diff = ShadowDiff()
    for topic, value in (shadow("03T10:00", word="kind"), ("shipments", {}), (LIVE, event("04T10:00", kind="damaged"))):
        diff.take(topic, value)

    rows = {row["kind"]: row for row in tally(diff.differences())}

    assert (rows["stalled"]["in_shadow"], rows["damaged"]["only_live"], len(rows)) == (1, 1, 2)
    assert list(rows) == ["stalled", "damaged"]


def test_an_example_says_how_much_later() -> None:
    diff = ShadowDiff()
    for topic, value in ((LIVE, event("03T10:00")), shadow("03T08:30")):
        diff.take(topic, value)

    assert diff.differences()[0].plain()["hours_later"] == -1.5
