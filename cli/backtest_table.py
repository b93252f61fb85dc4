"""A backtest for people: tables of counts, then examples of each kind of difference with their reasons."""

import sys
from collections.abc import Iterator
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from cli.backtest_words import MEASURES, TITLES, case_line, limits_line, message_line, number, why_lines

_WIDE: Final = 10_000


def show(told: dict[str, Any]) -> None:
    """Print a report on standard output."""
    # A file or a pipe has no width to wrap at.
    width = None if sys.stdout.isatty() else _WIDE
    console = Console(highlight=False, emoji=False, width=width)
    head = told["recording"]
    console.print(f"[bold]{escape(head['name'])}[/]  {head['records']} records, {head['from']} to {head['to']}")
    for side, policy in told["policies"].items():
        console.print(f"{side}: {escape(policy['name'])} ({escape(', '.join(policy['entries']))})")
    for table in tables(told):
        console.print(table)
    for tree in trees(told):
        console.print(tree)
    if not told["different"]:
        console.print("[bold]No difference.[/]")


def tables(told: dict[str, Any]) -> Iterator[Table]:
    """Every table of the report."""
    yield _compared("Cases", ((MEASURES[name], *pair) for name, pair in _both(told["cases"], "all")))
    for group in ("kind", "owner", "severity", "posture"):
        yield _grouped(told["cases"], group)
    yield _compared("Messages", message_rows(told["messages"]))
    yield _compared("Before the customer's ticket", ticket_rows(told["tickets"]))


def _both(sides: dict[str, Any], name: str) -> Iterator[tuple[str, tuple[Any, Any]]]:
    old, new = sides["old"][name], sides["new"][name]
    for key in dict.fromkeys((*old, *new)):
        yield key, (old.get(key, 0), new.get(key, 0))


def _compared(title: str, rows: Any) -> Table:
    table = Table("", "old", "new", "change", title=title, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, old, new in rows:
        table.add_row(escape(name), number(old), number(new), change(old, new))
    return table


def _grouped(cases: dict[str, Any], group: str) -> Table:
    names = ("opened", "cleared_itself", "noise", "before_ticket")
    table = Table(group, *(f"{MEASURES[name]}" for name in names), title=f"Cases by {group}: old / new")
    table.title_justify = "left"
    for word, (old, new) in _both(cases, f"by_{group}"):
        cells = ((old[name] if old else 0, new[name] if new else 0) for name in names)
        table.add_row(word, *(f"{one} / {other}" if one != other else str(one) for one, other in cells))
    return table


def message_rows(messages: dict[str, Any]) -> Iterator[tuple[str, int, int]]:
    """Fates, each with its reasons."""
    old, new = messages["old"], messages["new"]
    for fate in ("send", "held", "dropped", "suppressed"):
        yield fate, old[fate], new[fate]
        reasons = [name for name in (*old["by_reason"], *new["by_reason"]) if name.startswith(f"{fate}/")]
        for name in sorted(set(reasons)):
            yield f"  {name.partition('/')[2]}", old["by_reason"].get(name, 0), new["by_reason"].get(name, 0)
    yield "letters to customers (a digest is one)", old["letters"], new["letters"]
    for reason, (before, after) in _both(messages, "held_on_the_way"):
        yield f"held for a while: {reason}", before, after


def ticket_rows(tickets: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """How many cases came first, and by how many hours."""
    old, new = tickets["old"], tickets["new"]
    yield f"tickets with a case before them, of {tickets['all']}", old["foreseen"], new["foreseen"]
    yield "cases before the ticket", old["cases_before"], new["cases_before"]
    yield "cases after the ticket", old["cases_after"], new["cases_after"]
    for name, title in (("q1", "first quartile"), ("median", "median"), ("q3", "third quartile")):
        before, after = ((side["lead_hours"] or {}).get(name) for side in (old, new))
        yield f"hours before it, {title}", before, after


def change(old: Any, new: Any) -> str:
    """The change from old to new; nothing where there is none."""
    return "" if old is None or new is None or old == new else f"{new - old:+g}"


def trees(told: dict[str, Any]) -> Iterator[Tree]:
    """Every kind of difference that there is, with its examples."""
    for what, found in told["differences"].items():
        if not found["count"]:
            continue
        kinds = ", ".join(f"{kind} {n}" for kind, n in found["by_kind"].items())
        tree = Tree(f"[bold]{TITLES[what]}[/]: {found['count']} ({escape(kinds)})")
        for example in found["examples"]:
            branch = tree.add(f"{escape(example['subject'])}  {example['kind']}  {example['at']}")
            for text in told_example(example):
                branch.add(escape(text))
        yield tree


def told_example(example: dict[str, Any]) -> Iterator[str]:
    """An example in lines: what each policy did, on what evidence, and why the other did not."""
    for side in ("old", "new"):
        course = example[side]
        if course is None:
            yield f"{side}: none"
        elif "fate" in course:
            yield f"{side}: {message_line(course)}"
        else:
            yield f"{side}: {case_line(course)}"
            for fact in course["evidence"]:
                yield f"  {limits_line(fact['fact'], fact)}"
    yield from why_lines(example)
