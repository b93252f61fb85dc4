"""Reads the entries of a policy file; whatever is wrong is named with its file and line."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any, Final

import yaml

from rules.policy import ALL, LAYERS, MODES, Entry, Scope
from rules.values import LEAVES, parse
from schemas.codec import parse_rfc3339
from schemas.words import CARRIERS, KINDS, SERVICE_LEVELS

_ENTRY: Final = ("name", "from", "until", "for", "values", "kinds", "revokes", "by", "at", "note")
_SETS: Final = ("values", "kinds", "revokes")
_TEXTS: Final = ("name", "by", "note")
BASES: Final = ("packaged", "live")
"""What a file may build on: the packaged policy, or, for a candidate, the live one."""


class PolicyFile:
    """One policy file as it is read: its entries, and every problem as `file:line: what`."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.problems: list[str] = []
        self.extends: str | None = None
        """The word after `extends` where the file builds on another policy."""
        self.entries: list[Entry] = []
        root = self._composed(text)
        if root is not None:
            nodes = self._without_base(root.value)
            self.entries = [entry for node in nodes if (entry := self._entry(node)) is not None]
            if not nodes and not self.problems:
                self.note(1, "the file has no entry")

    def note(self, line: int, what: str) -> None:
        """Add a problem."""
        self.problems.append(f"{self.name}:{line}: {what}")

    def _composed(self, text: str) -> yaml.SequenceNode | None:
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            self.note(mark.line + 1 if mark else 1, f"no YAML: {getattr(error, 'problem', None) or error}")
            return None
        if not isinstance(root, yaml.SequenceNode) or not root.value:
            self.note(1, "write a list of dated entries, each with name, from and values")
            return None
        return root

    def _without_base(self, nodes: list[yaml.Node]) -> list[yaml.Node]:
        first = nodes[0]
        if not isinstance(first, yaml.MappingNode) or [key.value for key, _ in first.value] != ["extends"]:
            return nodes
        base = first.value[0][1]
        self.extends = str(base.value)
        if self.extends not in BASES:
            self.note(_line(base), f"no policy is called {self.extends!r}; write one of {', '.join(BASES)}")
        return nodes[1:]

    def _entry(self, node: yaml.Node) -> Entry | None:
        before = len(self.problems)
        fields = self._mapping(node, _ENTRY)
        missing = [f"`{needed}`" for needed in ("name", "from") if needed not in fields]
        if not any(name in fields for name in _SETS):
            missing.append("`values`, `kinds` or `revokes`")
        for needed in missing if isinstance(node, yaml.MappingNode) else ():
            self.note(_line(node), f"the entry has no {needed}")
        texts = {name: self._text(fields[name]) for name in _TEXTS if name in fields}
        scope = self._scope(fields.get("for"))
        moments = {name: self._moment(fields[name]) for name in ("from", "until", "at") if name in fields}
        values = dict(self._values(fields["values"], "")) if "values" in fields else {}
        modes = self._modes(fields["kinds"]) if "kinds" in fields else {}
        revokes = self._versions(fields["revokes"]) if "revokes" in fields else ()
        begins = moments.get("from")
        if len(self.problems) > before or begins is None:
            return None
        return Entry(
            name=texts["name"], begins=begins, until=moments.get("until"), scope=scope, values=values, modes=modes,
            revokes=revokes, by=texts.get("by"), at=moments.get("at"), note=texts.get("note"), line=_line(node),
        )  # fmt: skip

    def _mapping(self, node: yaml.Node, known: tuple[str, ...]) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            self.note(_line(node), f"write a mapping with {', '.join(known)}")
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if key.value not in known:
                self.note(_line(key), f"unknown field {key.value!r}; known are {', '.join(known)}")
            elif key.value in found:
                self.note(_line(key), f"{key.value!r} is there twice")
            found[key.value] = value
        return found

    def _text(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            self.note(_line(node), "write a text")
            return ""
        return str(node.value)

    def _moment(self, node: yaml.Node) -> datetime | None:
        try:
            text = str(node.value)
            if len(text) <= 10:
                return datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC)
            return parse_rfc3339(text)
        except ValueError:
            told = "is no date; write e.g. 2026-01-01, or 2026-01-01T14:30:00Z"
            self.note(_line(node), f"{node.value!r} {told}")
            return None

    def _scope(self, node: yaml.Node | None) -> Scope:
        fields = self._mapping(node, LAYERS) if node is not None else {}
        named = {name: self._text(value) for name, value in fields.items() if name in LAYERS}
        if node is not None and not fields:
            self.note(_line(node), f"`for` names nobody; write some of {', '.join(LAYERS)}, or leave it out")
        level, carrier = named.get("service_level"), named.get("carrier")
        if level is not None and level not in SERVICE_LEVELS:
            told = f"{level!r} is no service level, so this reaches nobody; write one of {', '.join(SERVICE_LEVELS)}"
            self.note(_line(fields["service_level"]), told)
        if carrier is not None and not _is_slug(carrier):
            told = f"{carrier!r} is no carrier's slug, so this reaches nobody; write e.g. {', '.join(CARRIERS[:4])}"
            self.note(_line(fields["carrier"]), told)
        return Scope(**named)

    def _modes(self, node: yaml.Node) -> dict[str, str]:
        modes: dict[str, str] = {}
        if not isinstance(node, yaml.MappingNode) or not node.value:
            self.note(_line(node), f"write kinds and what to do with each: {', '.join(MODES)}")
            return modes
        for key, value in node.value:
            if key.value not in (*KINDS, ALL):
                self.note(_line(key), f"{key.value!r} is no kind of exception; known are {ALL}, {', '.join(KINDS)}")
            elif key.value in modes:
                self.note(_line(key), f"kinds.{key.value} is there twice")
            if value.value not in MODES:
                self.note(_line(value), f"kinds.{key.value}: {value.value!r} is none of {', '.join(MODES)}")
            modes[key.value] = str(value.value)
        return modes

    def _versions(self, node: yaml.Node) -> tuple[str, ...]:
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self.note(_line(node), "write a list of entries as name@from")
            return ()
        return tuple(self._text(one) for one in node.value)

    def _values(self, node: yaml.Node, path: str) -> Iterator[tuple[str, Any]]:
        """Dotted paths and values under a node; a leaf is what `rules.values` knows as one."""
        if path in LEAVES:
            try:
                yield path, parse(path, _plain(node))
            except ValueError as error:
                self.note(_line(node), f"{path}: {error}")
        elif not isinstance(node, yaml.MappingNode) or not any(
            leaf.startswith(f"{path}." if path else "") for leaf in LEAVES
        ):
            self.note(_line(node), f"{path or 'values'}: {_expected(path)}")
        else:
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    self.note(_line(key), f"{path}.{key.value} is there twice")
                seen.add(key.value)
                yield from self._values(value, f"{path}.{key.value}" if path else str(key.value))


def _is_slug(text: str) -> bool:
    return text == text.lower() and not any(char.isspace() for char in text)


def _expected(path: str) -> str:
    parent = path.rsplit(".", 1)[0] if "." in path else ""
    start = f"{parent}." if parent else ""
    known = sorted({leaf[len(start) :].split(".")[0] for leaf in LEAVES if leaf.startswith(start)})
    return f"no policy value has this name; known here are {', '.join(known)}"


def _plain(node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one) for one in node.value]
    return node.value


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
