"""Writes judged cases into the twins, and shows what changed."""

from collections.abc import Iterable
from difflib import unified_diff
from pathlib import Path

from cli.output import fail, messages
from rules.twin_orders import TwinCase
from rules.twin_writing import with_cases

Judged = tuple[str, TwinCase]
"""A kind and the case that a verdict made."""


def keep(cases: Iterable[Judged], folder: Path, *, dry_run: bool) -> None:
    """Add each case to its twin; all files are worked out before the first is written."""
    by_kind: dict[str, list[TwinCase]] = {}
    for kind, case in cases:
        by_kind.setdefault(kind, []).append(case)
    changed = [_changed(folder / f"{kind}.yaml", kind, added) for kind, added in sorted(by_kind.items())]
    for path, before, after in changed:
        if before != after and not dry_run:
            _write(path, after)
        rows = unified_diff(before.splitlines(True), after.splitlines(True), f"{path} before", f"{path} after", n=1)
        messages.print("".join(rows) or f"{path}: nothing new", markup=False)


def _changed(path: Path, kind: str, added: list[TwinCase]) -> tuple[Path, str, str]:
    try:
        before = path.read_text(encoding="utf-8")
        return path, before, with_cases(kind, before, added)
    except (OSError, ValueError) as error:
        fail(f"{path}: {error}; nothing was written")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"{path}: {error}")
