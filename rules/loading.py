"""Reads policies and the twins of kinds; whatever is wrong is named with its file and line."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Final

import yaml

from rules.policy import Entry, PolicyBook, Scope
from rules.twin import Twin
from rules.values import LEAVES, parse
from schemas.words import KINDS, MESSAGE_CLASSES, OWNERS, POSTURES

DEFAULT: Final = "rules/policies/default.yaml"
_ENTRY: Final = frozenset(("name", "from", "until", "for", "values"))
_SCOPE: Final = frozenset(("carrier", "storefront"))
_STAMP: Final = "tag:yaml.org,2002:timestamp"


class PolicyError(ValueError):
    """A policy that must not be used; every line of the message is one problem by file and line."""


def load_policy(text: str | None = None, name: str = "policy") -> PolicyBook:
    """The policy in `text`, or the packaged one; raises `PolicyError` naming every problem as `file:line: what`."""
    if text is None:
        return _packaged()
    entries, problems = _read(text, name)
    if problems:
        raise PolicyError("\n".join(problems))
    return PolicyBook(entries, load_twins())


def check_policy(text: str | None = None, name: str = "policy") -> list[str]:
    """Every problem of a policy, as `file:line: what is wrong and what to do`; empty where all is well."""
    return _read(default_text(), DEFAULT)[1] if text is None else _read(text, name)[1]


@cache
def default_text() -> str:
    """The packaged policy as it is written."""
    return resources.files("rules.policies").joinpath("default.yaml").read_text(encoding="utf-8")


@cache
def _packaged() -> PolicyBook:
    return load_policy(default_text(), DEFAULT)


def _read(text: str, name: str) -> tuple[tuple[Entry, ...], list[str]]:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return (), [f"{name}:{mark.line + 1 if mark else 1}: no YAML: {getattr(error, 'problem', None) or error}"]
    if not isinstance(root, yaml.SequenceNode) or not root.value:
        return (), [f"{name}:1: write a list of dated entries, each with name, from and values"]
    problems: list[str] = []
    entries = [entry for node in root.value if (entry := _entry(node, name, problems)) is not None]
    if not problems:
        problems += _missing(entries[0], name, _line(root.value[0])) + _disorder(entries, root, name)
    return tuple(entries), problems


def _entry(node: yaml.Node, name: str, problems: list[str]) -> Entry | None:
    before = len(problems)
    fields = _mapping(node, name, _ENTRY, problems)
    for needed in ("name", "from", "values"):
        if needed not in fields:
            problems.append(f"{name}:{_line(node)}: the entry has no `{needed}`")
    scope = _mapping(fields["for"], name, _SCOPE, problems) if "for" in fields else {}
    begins, until = (_day(fields.get(key), name, problems) for key in ("from", "until"))
    values = dict(_values(fields["values"], "", name, problems)) if "values" in fields else {}
    if len(problems) > before or begins is None:
        return None
    scoped = Scope(**{key: str(value.value) for key, value in scope.items()})
    return Entry(str(fields["name"].value), begins, until, scoped, values)


def _mapping(node: yaml.Node, name: str, known: frozenset[str], problems: list[str]) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        problems.append(f"{name}:{_line(node)}: write a mapping with {', '.join(sorted(known))}")
        return {}
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if key.value not in known:
            problems.append(f"{name}:{_line(key)}: unknown field {key.value!r}; known are {', '.join(sorted(known))}")
        elif key.value in found:
            problems.append(f"{name}:{_line(key)}: {key.value!r} is there twice")
        found[key.value] = value
    return found


def _day(node: yaml.Node | None, name: str, problems: list[str]) -> date | None:
    if node is None:
        return None
    try:
        return date.fromisoformat(str(node.value))
    except ValueError:
        problems.append(f"{name}:{_line(node)}: {node.value!r} is no date; write e.g. 2026-01-01")
        return None


def _values(node: yaml.Node, path: str, name: str, problems: list[str]) -> Iterator[tuple[str, Any]]:
    """Dotted paths and values under a node; a leaf is what `rules.values` knows as one."""
    if path in LEAVES:
        try:
            yield path, parse(path, _plain(node))
        except ValueError as error:
            problems.append(f"{name}:{_line(node)}: {path}: {error}")
    elif not isinstance(node, yaml.MappingNode) or not any(
        leaf.startswith(f"{path}." if path else "") for leaf in LEAVES
    ):
        problems.append(f"{name}:{_line(node)}: {path or 'values'}: {_expected(path)}")
    else:
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                problems.append(f"{name}:{_line(key)}: {path}.{key.value} is there twice")
            seen.add(key.value)
            yield from _values(value, f"{path}.{key.value}" if path else str(key.value), name, problems)


def _expected(path: str) -> str:
    parent = path.rsplit(".", 1)[0] if "." in path else ""
    start = f"{parent}." if parent else ""
    known = sorted({leaf[len(start) :].split(".")[0] for leaf in LEAVES if leaf.startswith(start)})
    return f"no policy value has this name; known here are {', '.join(known)}"


def _plain(node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one) for one in node.value]
    return node.value


def _missing(first: Entry, name: str, line: int) -> list[str]:
    missing = sorted(LEAVES.keys() - first.values.keys())
    told = f"the first entry has to set every value; {', '.join(missing)} not set"
    return [f"{name}:{line}: {told}"] if missing else []


def _disorder(entries: list[Entry], root: yaml.SequenceNode, name: str) -> list[str]:
    problems = []
    for number in range(1, len(entries)):
        if entries[number].begins < entries[number - 1].begins:
            problems.append(
                f"{name}:{_line(root.value[number])}: entry {entries[number].version} begins before the one above it;"
                " entries are appended, so give it a later `from`"
            )
    versions = [entry.version for entry in entries]
    twice = sorted({version for version in versions if versions.count(version) > 1})
    return problems + [f"{name}:1: entry {version} is there twice" for version in twice]


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


@cache
def load_twins() -> dict[str, Twin]:
    """The twins of every kind that comes with the code; raises `ValueError` naming the file that is wrong."""
    folder = resources.files("rules.kinds")
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".yaml"))
    return {name.removesuffix(".yaml"): read_twin(name.removesuffix(".yaml")) for name in names}


def read_twin(kind: str) -> Twin:
    """The twin of one kind; raises `ValueError` naming the file."""
    fields = twin_fields(kind)
    fields.pop("cases", None)
    try:
        for name in ("watchers", "speaks_again"):
            fields[name] = tuple(fields.get(name) or ())
        twin = Twin(kind=kind, **fields)
    except TypeError as error:
        raise ValueError(f"rules/kinds/{kind}.yaml: {error}") from error
    if wrong := list(_wrong_words(twin)):
        raise ValueError(f"rules/kinds/{kind}.yaml: {'; '.join(wrong)}")
    return twin


def twin_fields(kind: str) -> dict[str, Any]:
    """The twin as it is written, its cases included."""
    text = resources.files("rules.kinds").joinpath(f"{kind}.yaml").read_text(encoding="utf-8")
    fields: dict[str, Any] = yaml.safe_load(text)
    return fields


def _wrong_words(twin: Twin) -> Iterator[str]:
    if twin.kind not in KINDS:
        yield f"{twin.kind} is no kind of exception"
    for word in (twin.owner, *twin.owners.values(), *twin.watchers):
        if word not in OWNERS:
            yield f"{word!r} is no owner; write one of {' '.join(OWNERS)}"
    for word in (twin.posture, *twin.postures.values(), *twin.texts):
        if word not in POSTURES:
            yield f"{word!r} is no posture; write one of {' '.join(POSTURES)}"
    if twin.message_class not in MESSAGE_CLASSES:
        yield f"{twin.message_class!r} is no message class; write one of {' '.join(MESSAGE_CLASSES)}"
    if not 0 <= twin.severity <= 50:
        yield "severity is a base of 0 to 50 points"
