"""Layers of the policy: who wins, which entries are named, what a file may build on, and what is wrong with one."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from rules.loading import PolicyError, check_policy, default_text, load_policy, policy_notes
from rules.policy import PolicyBook, Scope
from rules.twin_reading import check_twin, check_twins, twin_text

DAY = datetime(2026, 3, 3, 12, tzinfo=UTC)
WHERE = {"carrier": "usps", "storefront": "eu", "service_level": "ground"}


def entry(name: str, hours: int, scope: str = "", begins: str = "2026-02-01", **more: str) -> str:
    said = "".join(f", {key}: {value}" for key, value in more.items())
    silence = f"{{stalled: {{silence: {{ground: {hours}h}}}}}}"
    whom = f", for: {{{scope}}}" if scope else ""
    return f"- {{name: {name}, from: {begins}{whom}{said}, values: {silence}}}\n"


def book(*entries: str) -> PolicyBook:
    return load_policy("- extends: packaged\n" + "".join(entries))


def problems(*entries: str) -> list[str]:
    return check_policy("- extends: packaged\n" + "".join(entries), "mine.yaml")


def ground(policy: PolicyBook, moment: datetime = DAY, **where: str) -> tuple[float, str]:
    limit = policy.at(moment, **(where or WHERE)).limit("stalled.silence.ground")
    return limit.value / timedelta(hours=1), limit.path.partition("@")[0]


LAYERS = [
    "",
    "storefront: eu",
    "carrier: usps",
    "service_level: ground",
    "storefront: eu, carrier: usps",
    "storefront: eu, service_level: ground",
    "carrier: usps, service_level: ground",
    "carrier: usps, storefront: eu, service_level: ground",
]
"""The weaker first."""


@pytest.mark.parametrize(("weaker", "stronger"), list(pairwise(LAYERS)))
@pytest.mark.parametrize("reverse", [False, True])
def test_the_more_specific_scope_wins_whatever_comes_first(weaker: str, stronger: str, reverse: bool) -> None:
    entries = [entry("weak", 10, weaker), entry("strong", 20, stronger)]

    assert ground(book(*reversed(entries) if reverse else entries)) == (20, "strong")


def test_a_later_day_does_not_beat_a_more_specific_scope() -> None:
    policy = book(entry("post", 20, "carrier: usps"), entry("later", 10, begins="2026-03-01"))

    assert ground(policy) == (20, "post")
    assert ground(policy, carrier="ups") == (10, "later")


def test_within_one_scope_the_later_beginning_wins() -> None:
    policy = book(entry("first", 10, "carrier: usps"), entry("second", 20, "carrier: usps", "2026-03-03T12:00:00Z"))

    assert ground(policy, DAY - timedelta(microseconds=1)) == (10, "first")
    assert ground(policy, DAY) == (20, "second")


def test_a_version_names_every_entry_in_force_the_weakest_first() -> None:
    policy = book(entry("post", 20, "carrier: usps"), entry("slow", 30, "service_level: ground"), entry("all", 10))

    assert policy.at(DAY, **WHERE).version == "default@2026-01-01+all@2026-02-01+post@2026-02-01+slow@2026-02-01"
    assert policy.at(DAY, "ups").version == "default@2026-01-01+all@2026-02-01"


def test_only_named_layers_are_told_apart() -> None:
    policy = book(entry("post", 20, "carrier: usps"))

    assert policy.at(DAY, "usps", "eu", "ground") is policy.at(DAY, "usps", "us", "express")
    assert policy.at(DAY, "ups") is policy.at(DAY, "evri")


def test_a_service_level_alone_reaches_every_carrier() -> None:
    policy = book(entry("slow", 30, "service_level: ground"))

    assert ground(policy, service_level="ground") == (30, "slow")
    assert ground(policy, service_level="express") == (48, "default")


def test_modes_of_the_stronger_entry_win_kind_by_kind_and_all_stands_for_the_unnamed() -> None:
    policy = book(
        "- {name: dark, from: 2026-02-01, kinds: {all: shadow, damaged: off}}\n",
        "- {name: one, from: 2026-02-01, for: {carrier: usps}, kinds: {stalled: live}}\n",
    )
    everywhere, post = policy.at(DAY), policy.at(DAY, "usps")

    assert everywhere.mode("stalled").path == "dark@2026-02-01:kinds.all"
    assert (everywhere.mode("stalled").value, everywhere.mode("damaged").value) == ("shadow", "off")
    assert (post.mode("stalled").value, post.mode("stalled").path) == ("live", "one@2026-02-01:kinds.stalled")
    assert (post.off, "stalled" in post.not_live, "returned" in post.in_shadow) == ({"damaged"}, False, True)


def test_kinds_are_live_unless_an_entry_says_otherwise() -> None:
    assert load_policy().at(DAY).mode("stalled").value == "live"
    assert not load_policy().at(DAY).not_live


def test_a_revoked_entry_holds_no_longer_and_the_past_stays() -> None:
    policy = book(
        entry("post", 20, "carrier: usps"), "- {name: rollback, from: 2026-03-03, revokes: [post@2026-02-01]}\n"
    )

    assert ground(policy, datetime(2026, 3, 2, 23, 59, tzinfo=UTC)) == (20, "post")
    assert ground(policy, datetime(2026, 3, 3, tzinfo=UTC)) == (48, "default")
    assert policy.at(DAY, "usps").version == "default@2026-01-01"


def test_the_next_edge_is_where_an_entry_begins_ends_or_is_revoked() -> None:
    policy = book(
        entry("peak", 20, begins="2026-03-01", until="2026-03-10"),
        "- {name: rollback, from: 2026-03-05, revokes: [peak@2026-03-01]}\n",
    )
    edges, moment = [], datetime(2026, 2, 1, tzinfo=UTC)
    while (edge := policy.next_edge(moment)) is not None:
        edges.append(edge.day)
        moment = edge

    assert edges == [1, 5]


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (entry("x", 1, "carier: usps"), 2, "unknown field 'carier'; known are storefront, carrier, service_level"),
        (entry("x", 1, "service_level: slow"), 2, "'slow' is no service level, so this reaches nobody"),
        (entry("x", 1, "carrier: DHL Express"), 2, "is no carrier's slug"),
        (entry("x", 1, begins="2026-02-30"), 2, "is no date"),
        (entry("x", 1, begins="2026-02-03T10:00:00"), 2, "is no date"),
        (entry("x", 1, begins="2026-02-03", until="2026-02-03"), 2, "ends before it begins, so it never holds"),
        ("- {name: x, from: 2026-02-01, kinds: {stuck: off}}\n", 2, "'stuck' is no kind of exception"),
        ("- {name: x, from: 2026-02-01, kinds: {stalled: on}}\n", 2, "'on' is none of live, shadow, off"),
        ("- {name: x, from: 2026-02-01, kinds: {stalled: off, stalled: live}}\n", 2, "there twice"),
        ("- {name: x, from: 2026-02-01}\n", 2, "the entry has no `values`, `kinds` or `revokes`"),
        ("- {name: x, from: 2026-02-01, values: {}}\n", 2, "sets nothing"),
        ("- {name: x, from: 2026-02-01, revokes: [y@2026-01-01]}\n", 2, "no entry above is called y@2026-01-01"),
        ("- {name: x, from: 2026-02-01, revokes: [default@2026-01-01]}\n", 2, "cannot be revoked"),
        (entry("a", 1) + entry("b", 2), 3, "for the same scope from the same time, and both set stalled.silence"),
        (entry("a", 1, begins="2026-02-02") + entry("b", 2), 3, "begins before the one above it"),
        (entry("a", 1, at="2026-02-03T10:00:00Z"), 2, "begins before it was appended"),
        (
            "- {name: x, from: 2026-02-01, for: {storefront: eu}, values: {incident: {least: 9}}}\n",
            2,
            "concern a carrier as a whole",
        ),
        (
            "- {name: x, from: 2026-02-01, for: {carrier: ups}, kinds: {not_shipped: off}}\n",
            2,
            "no carrier or service level reaches it",
        ),
        ("- {name: x, from: 2026-02-01, for: {}, kinds: {stalled: off}}\n", 2, "`for` names nobody"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, line: int, told: str) -> None:
    found = problems(text)

    assert [problem for problem in found if told in problem and problem.startswith(f"mine.yaml:{line}: ")], found


def test_the_modes_of_all_tie_with_those_of_one_kind() -> None:
    one = "- {name: a, from: 2026-02-01, kinds: {all: shadow}}\n"
    other = "- {name: b, from: 2026-02-01, kinds: {stalled: live}}\n"

    assert "both set kinds.stalled" in problems(one + other)[0]


def test_an_entry_appended_later_may_begin_before_a_planned_one() -> None:
    peak = entry("peak", 72, begins="2026-11-15")
    now = entry("now", 24, begins="2026-06-01", at="2026-05-31T10:00:00Z")

    assert problems(peak + now) == []


def test_scopes_that_cross_are_no_fault_but_told_of() -> None:
    policy = book(entry("shop", 10, "storefront: eu"), entry("post", 20, "carrier: usps"))

    assert policy_notes(policy.entries) == [
        "shop@2026-02-01 and post@2026-02-01 both set stalled.silence.ground: post@2026-02-01 wins"
    ]
    assert policy_notes(book(entry("post", 20, "carrier: usps"), entry("ups", 9, "carrier: ups")).entries) == []


def test_the_first_entry_is_for_everybody() -> None:
    text = default_text().replace("  from: 2026-01-01\n", "  from: 2026-01-01\n  for: {carrier: ups}\n", 1)

    assert any("for everybody and for good" in problem for problem in check_policy(text))


def test_what_the_page_shows_is_a_policy() -> None:
    page = (Path(__file__).parents[2] / "docs/policy.md").read_text("utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)

    assert len(blocks) == 3
    for block in blocks:
        assert check_policy(block, "docs/policy.md", load_policy()) == []


def test_only_a_candidate_builds_on_the_live_policy() -> None:
    live = book(entry("post", 20, "carrier: usps"))

    assert ground(load_policy("- extends: live\n" + entry("x", 5), "cand", live), carrier="usps") == (20, "post")
    with pytest.raises(PolicyError, match="only a candidate can build on the live policy"):
        load_policy("- extends: live\n" + entry("x", 5))
    assert "no policy is called 'mine'" in check_policy("- extends: mine\n" + entry("x", 5))[0]


def test_fingerprints_tell_policies_apart() -> None:
    assert book(entry("a", 5)).fingerprint == book(entry("a", 5)).fingerprint
    assert len({book(entry("a", 5)).fingerprint, book(entry("a", 6)).fingerprint, load_policy().fingerprint}) == 3


def test_ranks_are_a_total_order_of_scopes() -> None:
    ranks = [Scope(), Scope(storefront="a"), Scope(carrier="b"), Scope(service_level="c"), Scope("b", "a")]

    assert [scope.rank for scope in ranks] == sorted({scope.rank for scope in ranks})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("owner: operations", "owner: ops"), "'ops' is no owner"),
        (("title: ", "titel: "), "unknown field 'titel'"),
        (("title: ", "titel: "), "title is not set"),
        (("severity: ", "severity: 9"), "base of 0 to 50"),
        (("severity: ", "severity: x"), "write a whole number"),
        (("posture: ", "posture: very "), "is no posture"),
        (("cases:", "cases: ["), "no YAML"),
    ],
)
def test_a_broken_twin_is_named_with_file_and_line(change: tuple[str, str], told: str) -> None:
    text = twin_text("stalled")
    assert change[0] in text
    broken = text.replace(change[0], change[1], 1)

    found = [problem for problem in check_twin("stalled", broken) if told in problem]

    assert found, check_twin("stalled", broken)
    assert found[0].startswith("rules/kinds/stalled.yaml:")
    assert int(found[0].split(":")[1]) >= 1


def test_the_twins_that_come_with_the_code_are_well() -> None:
    assert check_twins() == []
