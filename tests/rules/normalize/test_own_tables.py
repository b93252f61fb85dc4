"""An operator's own rows beside the packaged tables: theirs counts, and what is wrong is named by file and line."""

from collections.abc import Iterator

import pytest

from rules.normalize import parse_scans
from rules.normalize.tables import COLUMNS, TableError, add_rows, check_tables, load_table, use_rows
from schemas.codec import dumps
from schemas.facts import Rejected

HEAD = ",".join(COLUMNS)
MOON = "MOON,delayed,,,,no,On the moon,a letter,2026-11-22"


@pytest.fixture(autouse=True)
def packaged_only() -> Iterator[None]:
    yield
    add_rows({})


def test_an_added_row_is_found_and_the_packaged_ones_stay() -> None:
    before = load_table("gls")
    use_rows({"/own/gls.csv": f"{HEAD}\n{MOON}\n"})
    after = load_table("gls")
    assert (before.find("MOON"), getattr(after.find("MOON"), "state", "")) == (None, "delayed")
    assert after.rows.keys() - {"MOON"} == before.rows.keys()
    assert after.version != before.version, "what is mapped by own rows says so"
    add_rows({})
    assert load_table("gls") == before


def test_an_added_row_replaces_a_packaged_one_of_the_same_key() -> None:
    use_rows({"own/gls.csv": f"{HEAD}\n{MOON.replace('MOON', 'DELIVERED', 1)}\n"})
    found = load_table("gls").find("DELIVERED")
    assert found is not None
    assert found.state == "delayed"


def test_an_added_phrase_is_asked_before_the_packaged_ones() -> None:
    text = "Handed to partner carrier on the moon"
    use_rows({"own/evri.csv": f"{HEAD}\n{MOON.replace('MOON', '*~partner carrier on the moon', 1)}\n"})
    event = {"description": text, "dateTime": "2026-03-02T08:00:00Z"}
    parsed = parse_scans("evri", dumps({"results": [{"barcode": "1", "trackingEvents": [event]}]}))
    assert not isinstance(parsed, Rejected)
    assert [scan.state for scan in parsed] == ["delayed"]


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("own/gls.csv", f"{HEAD}\n{MOON}\n{MOON.replace('delayed', 'lost')}\n", "own/gls.csv:3: state 'lost'"),
        ("own/gls.csv", f"{HEAD}\n{MOON}\n{MOON}\n", "own/gls.csv:3: key 'MOON' is there twice"),
        ("own/gsl.csv", f"{HEAD}\n{MOON}\n", "own/gsl.csv:1: no sender reads this table; use one of: 17track"),
        ("own/zones.csv", "key,value,source\n", "own/zones.csv:1: no sender reads this table"),
        ("own/gls.csv", "", "own/gls.csv:1: the header must be key,state"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_line(path: str, text: str, said: str) -> None:
    with pytest.raises(TableError) as raised:
        use_rows({path: text})
    assert str(raised.value).startswith(said)
    assert check_tables()[0].startswith(said)
