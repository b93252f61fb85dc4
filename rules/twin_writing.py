"""Adds judged cases to the text of a twin; everything that stands in it stays, byte for byte."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import yaml

from rules.twin_orders import TwinCase
from schemas.codec import dumps, rfc3339

_ON_LINES: Final = ("scans", "tickets", "feeds")
_PLAIN: Final = re.compile(r"[A-Za-z_][\w./ -]*", re.ASCII)


def with_cases(kind: str, text: str, cases: Iterable[TwinCase]) -> str:
    """The twin with the cases at its end; one that stands there already is left out.

    Raises `ValueError` where a case was judged otherwise before, or `cases` is not what the twin ends with.
    """
    root = yaml.safe_load(text)
    if not isinstance(root, dict) or list(root)[-1:] != ["cases"] or not isinstance(root["cases"], list):
        raise ValueError(f"{kind}.yaml does not end with a list of cases; move `cases` to its end")
    known = {one["judged"]["case"]: one for one in root["cases"] if "judged" in one}
    added = []
    for case in cases:
        id_, before = case["judged"]["case"], known.get(case["judged"]["case"])
        if before is not None and before["judged"]["verdict"] != case["judged"]["verdict"]:
            raise ValueError(
                f"case {id_} was judged {before['judged']['verdict']} before: take {before['name']!r} out of"
                f" {kind}.yaml first"
            )
        if before is None:
            added.append(case_text(case))
    after = text + "".join(added) if text.endswith("\n") else "".join([text, "\n", *added])
    yaml.safe_load(after)
    return after


def case_text(case: TwinCase) -> str:
    """One case as a twin writes it: a field a line, scans each on their own."""
    lines = [f"  - name: {_flow(case['name'])}\n"]
    for field, value in case.items():
        if field == "name":
            continue
        if field in _ON_LINES:
            lines.append(f"    {field}:\n")
            lines += [f"      - {_flow(one)}\n" for one in value]
        else:
            lines.append(f"    {field}: {_flow(value)}\n")
    return "".join(lines)


def _flow(value: Any) -> str:
    """In one line, as people write it: no quotes where none are needed, times as times."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(name)}: {_flow(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(one) for one in value) + "]"
    if isinstance(value, datetime):
        return rfc3339(value)
    return _text(value) if isinstance(value, str) else dumps(value).decode()


def _text(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) and text.strip() == text and yaml.safe_load(text) == text
    return text if is_plain else dumps(text).decode()
