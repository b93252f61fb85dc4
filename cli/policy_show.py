"""Prints policies: what holds with the entry that set it, and the history of entries."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from cli.output import line, messages
from rules.finding import plain
from rules.policy import Policy, PolicyBook, written
from schemas.words import KINDS


def print_policy(policy: Policy, begins: str = "", *, as_json: bool) -> bool:
    """Print every value whose path begins so, modes of kinds included; whether there was any."""
    modes = {f"kinds.{kind}": policy.mode(kind) for kind in KINDS}
    found = {path: limit for path, limit in (policy.limits | modes).items() if path.startswith(begins)}
    if as_json:
        for path, limit in found.items():
            line({"path": path, "value": shown(limit.value), "set_by": limit.path})
    elif found:
        table = Table("Value", "Is", "Set by", title=policy.version, title_justify="left", box=None)
        for path, limit in found.items():
            table.add_row(path, str(shown(limit.value)), _entry_of(limit.path, path))
        Console(soft_wrap=True).print(table)
    return bool(found)


def print_history(book: PolicyBook, *, as_json: bool) -> None:
    """Print every entry in the order of the file."""
    for number, entry in enumerate(book.entries):
        end = book.end(number)
        fields: dict[str, Any] = {
            "entry": entry.version,
            "for": entry.scope.named,
            "ends": None if end is None else written(end),
            "sets": list(entry.sets),
            "revokes": list(entry.revokes),
            "by": entry.by,
            "at": entry.at,
            "note": entry.note,
        }
        if as_json:
            line(fields)
            continue
        whom = ", ".join(f"{name} {value}" for name, value in entry.scope.named.items()) or "everybody"
        ended = f", until {written(end)}" if end is not None else ""
        who = "".join(f"  {said}" for said in (entry.by and f"by {entry.by}", entry.note) if said)
        what = f"revokes {', '.join(entry.revokes)}" if entry.revokes else f"{len(entry.sets)} values"
        Console(soft_wrap=True, highlight=False).print(f"{entry.version}  for {whom}{ended}: {what}{who}", markup=False)
    messages.print(f"{len(book.entries)} entries")


def shown(value: Any) -> Any:
    """A value as people write it, fit for JSON."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, ZoneInfo):
        return value.key
    if isinstance(value, tuple):
        return [list(one) if isinstance(one, tuple) else one for one in value]
    return plain(value) if isinstance(value, timedelta | datetime) else value


def _entry_of(where: str, path: str) -> str:
    """The entry alone where the rest only repeats the path."""
    return where.removesuffix(f":{path}")
