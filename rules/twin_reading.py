"""Reads the twins of kinds; whatever is wrong is named with its file."""

from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from importlib import resources
from typing import Any, Final

import yaml

from rules.twin import Twin
from schemas.words import KINDS, MESSAGE_CLASSES, OWNERS, POSTURES


@cache
def load_twins() -> dict[str, Twin]:
    """The twins of every kind that comes with the code; raises `ValueError` naming the file that is wrong."""
    return {kind: read_twin(kind) for kind in twin_names()}


def twin_names() -> list[str]:
    """The kinds that have a twin beside them."""
    folder = resources.files("rules.kinds")
    return sorted(file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml"))


def read_twin(kind: str) -> Twin:
    """The twin of one kind; raises `ValueError` naming the file."""
    return twin_of(kind, twin_text(kind))


def twin_text(kind: str) -> str:
    """The twin of one kind as its file has it."""
    return resources.files("rules.kinds").joinpath(f"{kind}.yaml").read_text(encoding="utf-8")


def twin_fields(kind: str) -> dict[str, Any]:
    """The twin as it is written, its cases included."""
    found: dict[str, Any] = yaml.safe_load(twin_text(kind))
    return found


def twin_of(kind: str, text: str) -> Twin:
    """The twin that a text describes; raises `ValueError` naming the file and, where one is known, the line."""
    if problems := check_twin(kind, text):
        raise ValueError("\n".join(problems))
    said = {name: value for name, value in yaml.safe_load(text).items() if name != "cases"}
    plain: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in said.items()}
    return Twin(kind=kind, **plain)


def check_twins() -> list[str]:
    """Every problem of the twins, as `file:line: what`; empty where all is well."""
    return [problem for kind in twin_names() for problem in check_twin(kind, twin_text(kind))]


def check_twin(kind: str, text: str) -> list[str]:
    """Every problem of one twin, as `file:line: what`."""
    name = f"rules/kinds/{kind}.yaml"
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        said = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return [f"{name}:{mark.line + 1 if mark else 1}: no YAML: {getattr(error, 'problem', None) or error}"]
    if not isinstance(said, dict) or not isinstance(root, yaml.MappingNode):
        return [f"{name}:1: write a mapping with title, owner, severity and the others"]
    lines = {key.value: key.start_mark.line + 1 for key, _ in root.value}
    return [f"{name}:{lines.get(field, 1)}: {what}" for field, what in _problems(kind, said)]


def _problems(kind: str, said: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Fields and what is wrong with them."""
    known = {one.name: one for one in fields(Twin) if one.name != "kind"}
    if kind not in KINDS:
        yield "", f"{kind} is no kind of exception"
    for field in sorted(said.keys() - known.keys() - {"cases"}):
        yield field, f"unknown field {field!r}; known are {', '.join(known)}"
    for field, one in known.items():
        needed = one.type in (str, int, "str", "int") and field != "message_class"
        if needed and field not in said:
            yield field, f"{field} is not set"
        elif field in said and not _fits(one.type, said[field]):
            yield field, f"{field} is {said[field]!r}; write a {_plainly(one.type)}"
    yield from _wrong_words(said)


def _wrong_words(said: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for field, what, allowed in _WORDS:
        value = said.get(field)
        for word in value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]:
            if isinstance(word, str) and word not in allowed:
                yield field, f"{word!r} is no {what}; write one of {' '.join(allowed)}"
    for word in said["texts"] if isinstance(said.get("texts"), dict) else ():
        if word not in POSTURES:
            yield "texts", f"{word!r} is no posture; write one of {' '.join(POSTURES)}"
    if isinstance(said.get("severity"), int) and not 0 <= said["severity"] <= 50:
        yield "severity", "severity is a base of 0 to 50 points"


_WORDS: Final = (
    ("owner", "owner", OWNERS),
    ("owners", "owner", OWNERS),
    ("watchers", "owner", OWNERS),
    ("posture", "posture", POSTURES),
    ("postures", "posture", POSTURES),
    ("message_class", "message class", MESSAGE_CLASSES),
)
"""Fields whose words, alone, in a list or by stage, are of a closed vocabulary."""


def _fits(type_: object, value: object) -> bool:
    text = str(type_)
    if "dict" in text:
        return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
    if "tuple" in text:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return isinstance(value, int if "int" in text else str) and not isinstance(value, bool)


def _plainly(type_: object) -> str:
    text = str(type_)
    names = {"dict": "mapping of texts", "tuple": "list of texts", "int": "whole number"}
    return next((said for word, said in names.items() if word in text), "text")
