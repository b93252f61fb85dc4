"""What the carrier tables cover, sender by sender: for `wismo check --carriers`."""

import msgspec
from rich.console import Console
from rich.table import Table

from cli.output import line, messages
from rules.normalize.senders import Coverage, coverage, load_senders

_COLUMNS = ("sender", "rows", "state", "info", "silent", "undo", "dated", "out", "gaps", "checked")
_LEGEND = """\
state: rows that have one; info: change nothing; silent: change nothing and say why; undo: retractions
dated: valid for a time; out: left out on purpose; gaps: known ones (docs/carriers.md); checked: the oldest row
Reasons that no row reaches are in --json."""


def print_coverage(*, as_json: bool) -> None:
    """One line a sender of scans; reasons that no row of it reaches are in the JSON."""
    found = [coverage(source, sender) for source, sender in load_senders().scans.items()]
    if as_json:
        for one in found:
            line(msgspec.to_builtins(one))
        return
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in _COLUMNS:
        table.add_column(name, no_wrap=True)
    table.add_column("states without a row", overflow="fold")
    for one in found:
        table.add_row(*_cells(one))
    Console(emoji=False).print(table, markup=False)
    messages.print(_LEGEND)


def _cells(one: Coverage) -> tuple[str, ...]:
    if not one.tables:
        return (one.source, *("" for _ in _COLUMNS[1:]), "its words are ours")
    counts = (one.rows, sum(one.states.values()), one.informational, one.silent, one.retractions)
    rare = (one.dated, one.left_out, len(one.gaps))
    told = (*map(str, counts), *(str(count or "") for count in rare), one.oldest or "")
    return (one.source, *told, " ".join(one.unreached_states))
