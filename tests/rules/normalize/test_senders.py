"""What is written down of the senders is complete, and names what their parsers and tables really have."""

import ast
import importlib
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from rules.normalize import ORDERS, SCANS, TICKETS, parse_scans, senders
from rules.normalize.senders import Sender, check_senders, coverage, load_senders
from rules.normalize.tables import PAIRS, load_table, table_names
from schemas.codec import dumps
from schemas.facts import Rejected
from schemas.words import REASONS, STATES

KINDS: dict[str, tuple[dict[str, Sender], dict[str, Callable[[bytes], Any]]]] = {
    "scans": (load_senders().scans, SCANS),
    "orders": (load_senders().orders, ORDERS),
    "tickets": (load_senders().tickets, TICKETS),
}
ALL = [(kind, source) for kind, (told, _) in KINDS.items() for source in told]


def modules(parser: Callable[[bytes], Any]) -> list[ModuleType]:
    """The parser's module and those of ours that it reads with."""
    own = importlib.import_module(parser.__module__)
    helpers = []
    for node in ast.walk(ast.parse(inspect.getsource(own))):
        if isinstance(node, ast.ImportFrom) and node.module == "rules.normalize":
            helpers += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("rules.normalize.", "schemas.raw")):
            helpers.append(str(node.module))
    return [own, *map(importlib.import_module, helpers)]


def names_in(parser: Callable[[bytes], Any]) -> set[str]:
    """Every text and every field name in the code that reads a sender's messages."""
    found: set[str] = set()
    for module in modules(parser):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found.add(node.target.id)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_sender_is_described_and_nobody_else(kind: str) -> None:
    told, parsers = KINDS[kind]
    assert told.keys() == parsers.keys()


@pytest.mark.parametrize(("kind", "source"), ALL)
def test_shapes_are_told_by_names_that_the_parser_looks_for(kind: str, source: str) -> None:
    told, parsers = KINDS[kind]
    sender = told[source]
    assert sender.shapes
    missing = {name for shape in sender.shapes for name in shape.has} - names_in(parsers[source])
    assert not missing, f"{source}: no parser looks for {missing}; correct `has` in {senders.FILE}"
    assert all(shape.has for shape in sender.shapes) or source == "wismo"


@pytest.mark.parametrize("source", load_senders().scans)
def test_the_tables_told_are_those_that_the_parser_reads(source: str) -> None:
    sender = load_senders().scans[source]
    assert sender.key
    assert (source == "wismo") == (not sender.tables)
    used = names_in(SCANS[source]) & set(table_names())
    assert set(sender.tables) <= used
    for name in sender.tables:
        assert load_table(name).rows or load_table(name).phrases


def test_no_table_of_codes_is_without_a_sender() -> None:
    read = {name for sender in load_senders().scans.values() for name in sender.tables}
    assert read == set(table_names()) - set(PAIRS)


@pytest.mark.parametrize("source", load_senders().scans)
def test_the_numbers_of_a_sender_add_up(source: str) -> None:
    one = coverage(source, load_senders().scans[source])
    assert sum(one.states.values()) + one.informational + one.silent + one.retractions == one.rows
    assert set(one.unreached_states) | one.states.keys() == (set(STATES[:-1]) if one.tables else set())
    assert set(one.unreached_reasons) <= set(REASONS)


def test_a_state_and_a_reason_that_no_row_reaches_are_named() -> None:
    one = coverage("bpost", load_senders().scans["bpost"])
    assert {"damaged", "returned"} <= set(one.unreached_states)
    assert "lost" in one.unreached_reasons
    assert "delivered" not in one.unreached_states


def test_what_is_left_out_is_in_no_table_and_reads_as_unmapped() -> None:
    assert check_senders() == []
    event = {"description": "OTHER", "eventDateAndTime": "2026-03-02T10:00:00+01:00"}
    parsed = parse_scans("dpd", dumps({"parcelNumber": "01234567890123", "parcelHistory": [event]}))
    assert not isinstance(parsed, Rejected)
    assert [scan.mapped for scan in parsed] == [False]


def test_a_code_left_out_that_has_a_row_is_named_by_file_and_line(monkeypatch: pytest.MonkeyPatch) -> None:
    table = load_table("dpd")
    monkeypatch.setitem(table.rows, "OTHER", next(iter(table.rows.values())))
    (problem,) = check_senders()
    place, _, said = problem.partition(": ")
    number = int(place.removeprefix(f"{senders.FILE}:"))
    text = senders.resources.files("rules.carriers").joinpath("senders.yaml").read_text("utf-8")
    assert text.splitlines()[number - 1].strip().startswith('"OTHER":')
    assert said == "dpd leaves out 'OTHER', and dpd.csv has it; keep one"
