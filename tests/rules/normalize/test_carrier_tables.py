"""Carrier tables: what ships is well, and each thing wrong with one is named by file and line."""

from datetime import date

import pytest

from rules.normalize import tables
from rules.normalize.tables import COLUMNS, DATED, Row, TableError, check_tables, load_table, read_pairs, read_table
from schemas.words import STATES
from tests.rules.normalize.carrier_payloads import CARRIER_HISTORIES

MORE = tuple(
    """aftership shippo shipengine 17track trackingmore amazon sendle landmark bpost seko spring smartkargo teleship
    parcelone newgistics pitney_bowes""".split()
)
HEAD = ",".join(COLUMNS)
GOOD = "A,in_transit,,,,no,On its way,somebody's list,2026-11-22"


def problems(*lines: str, head: str = HEAD) -> list[str]:
    return read_table("some", "\n".join((head, *lines)) + "\n")[1]


def test_the_tables_that_ship_have_no_problem() -> None:
    assert check_tables() == []
    assert {"ups", "usps", "fedex", "easypost", "shopify"} <= set(tables.table_names())


def test_a_good_row_is_read() -> None:
    table, wrong = read_table("some", f"{HEAD}\n{GOOD}\n")
    assert wrong == []
    assert table.find("A") == Row(state="in_transit", description="On its way")
    assert table.find("B") is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (GOOD.replace("in_transit", "moving"), "state 'moving'"),
        (GOOD.replace("in_transit", "unknown"), "state 'unknown'"),
        (GOOD.replace("in_transit,", "in_transit,bored"), "reason 'bored'"),
        (GOOD.replace(",,,no", ",blue,,no"), "flags 'blue'"),
        (GOOD.replace(",,no", ",sideways,no"), "direction 'sideways'"),
        (GOOD.replace(",no,", ",yes,"), "informational"),
        (GOOD.replace("somebody's list", ""), "source is empty"),
        (GOOD.replace("On its way", ""), "description is empty"),
        (GOOD.replace("2026-11-22", "yesterday"), "verified_on 'yesterday'"),
        (GOOD.replace("2026-11-22", ""), "verified_on ''"),
        (GOOD[1:], "key is empty"),
        ("A,in_transit", "2 cells"),
        ('"A', "not CSV"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(line: str, said: str) -> None:
    wrong = problems(GOOD.replace("A,", "Z,", 1), line)
    assert len(wrong) == 1
    assert wrong[0].startswith("rules/carriers/some.csv:3: ")
    assert said in wrong[0]


def test_a_key_twice_is_refused() -> None:
    assert problems(GOOD, GOOD)[0].startswith("rules/carriers/some.csv:3: key 'A' is there twice")


def test_a_wrong_header_is_refused() -> None:
    assert problems(GOOD, head="key,state")[0].startswith("rules/carriers/some.csv:1: the header must be key,state")


def test_a_code_may_change_its_meaning_on_a_date() -> None:
    old = "99,delayed,,,,no,Old meaning,2017 answer,2026-11-22,,2019-12-31"
    new = "99,in_transit,,,,no,New meaning,2024 list,2026-11-22,2020-01-01,"
    table, wrong = read_table("some", "\n".join((",".join(DATED), old, new)))
    assert wrong == []
    found = [table.find("99", None, day) for day in (date(2018, 5, 1), date(2024, 5, 1), None)]
    assert [row.state if row else None for row in found] == ["delayed", "in_transit", "in_transit"]


def test_meanings_that_overlap_in_time_are_refused() -> None:
    old = "99,delayed,,,,no,Old meaning,2017 answer,2026-11-22,,2020-12-31"
    new = "99,in_transit,,,,no,New meaning,2024 list,2026-11-22,2020-01-01,"
    assert "twice" in problems(old, new, head=",".join(DATED))[0]


def test_a_phrase_tells_meanings_of_one_code_apart() -> None:
    line = GOOD.replace("A,in_transit", "A~^home again,returned")
    table, wrong = read_table("some", "\n".join((HEAD, GOOD, line)))
    assert wrong == []
    states = [row.state if (row := table.find("A", text)) else None for text in ("Home again!", "at home again", None)]
    assert states == ["returned", "in_transit", "in_transit"]


def test_a_spelling_of_no_carrier_is_refused() -> None:
    _, wrong = read_pairs(tables.NAMES, "key,value,source\nups,ups,own\nupz,upz,own\n")
    assert wrong == [
        "rules/carriers/carrier_names.csv:3: carrier 'upz' is not in the closed list; see schemas/words.py"
    ]


def test_loading_a_table_that_is_not_there_fails_with_its_name() -> None:
    with pytest.raises(TableError, match=r"rules/carriers/nobody\.csv:1"):
        load_table("nobody")


def test_loading_a_wrong_table_fails_with_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_text", lambda _: f"{HEAD}\n{GOOD.replace('in_transit', 'moving')}\n")
    with pytest.raises(TableError, match=r"rules/carriers/wrong\.csv:2: state 'moving'"):
        load_table.__wrapped__("wrong")


def test_flags_follow_from_what_a_row_says() -> None:
    for name in ("ups", "usps", "fedex", "easypost", "shopify", *CARRIER_HISTORIES, *MORE):
        for key, row in load_table(name).rows.items():
            flags = set(row.flags)
            if row.state == "returned":
                assert flags & {"returning", "back_at_sender"}, (name, key)
            assert ("cancelled" in flags) == (row.reason == "cancelled"), (name, key)
            assert ("lost" in flags) == (row.reason == "lost"), (name, key)
            if row.reason == "retraction" and key != "I/VP":
                assert row.state is None, (name, key)


def test_what_a_retraction_takes_back_names_a_retraction_and_states() -> None:
    for key in tables.load_pairs(tables.RETRACTIONS):
        name, _, code = key.partition(":")
        row = load_table(name).find(code)
        assert row is not None
        assert (row.reason, bool(row.undoes)) == ("retraction", True), key
    assert read_pairs(tables.RETRACTIONS, "key,value,source\nups:I/CA,moving,somebody\n")[1] == [
        f"rules/carriers/retractions.csv:2: ['moving'] are no states; use: {' '.join(STATES[:-1])}"
    ]
