"""Appends to a policy: a candidate's entries when it is promoted, a revocation when that is taken back.

What stands in the file stays, byte for byte; the new text only follows it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import yaml

from rules.loading import PolicyError, load_policy, read_entries
from rules.policy import Entry, written

_STAMP: Final = "tag:yaml.org,2002:timestamp"
_TEXT: Final = "tag:yaml.org,2002:str"


@dataclass(frozen=True, slots=True)
class Change:
    """Who changes a policy, when, from when on, and why."""

    by: str
    at: datetime
    begins: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Appended:
    """A policy with more in it."""

    text: str
    """The whole file."""
    added: str
    """What was appended."""
    entries: tuple[Entry, ...]
    """The new entries as they now read."""


def promote(live: tuple[str, str], candidate: tuple[str, str], change: Change) -> Appended:
    """The live policy with the candidate's entries at its end, in force from `change.begins` or their own later `from`.

    Args:
        live: text and name of the live policy's file.
        candidate: text and name of the candidate's; it builds on the live policy, or begins with all of its entries.
        change: who, when, from when on and why.

    Raises:
        PolicyError: where one of them is bad, the candidate was not made from this live policy, or adds nothing.
    """
    book = load_policy(*live)
    entries, problems = read_entries(*candidate, book)
    if problems:
        raise PolicyError("\n".join(problems))
    for known, entry in zip(book.entries, entries, strict=False):
        if not _same(known, entry):
            raise PolicyError(
                f"{candidate[1]}:{entry.line}: {entry.version} is not what the live policy says there; take the live "
                "policy as it is now and put your entries after it, or begin with `extends: live`"
            )
    count = len(entries) - len(book.entries)
    if count <= 0:
        raise PolicyError(f"{candidate[1]}: nothing to promote, the live policy already says all of this")
    nodes = _nodes(candidate[0])[-count:]
    return _append(live, [_dated(node, change) for node in nodes])


def rollback(live: tuple[str, str], change: Change, versions: tuple[str, ...] = ()) -> Appended:
    """The live policy with the last promoted entries revoked from `change.begins` on, or those of `versions`.

    Raises:
        PolicyError: where the policy is bad, nothing was promoted, or what is named cannot be revoked.
    """
    book = load_policy(*live)
    revoked = {version for entry in book.entries for version in entry.revokes}
    chosen = versions or _last_promoted([entry for entry in book.entries[1:] if entry.version not in revoked])
    if not chosen:
        raise PolicyError(f"{live[1]}: no promoted entry is left to take back; name entries with --entry")
    for entry in book.entries:
        if entry.version in chosen and entry.revokes:
            raise PolicyError(
                f"{live[1]}:{entry.line}: {entry.version} revokes others: promote what is to hold instead"
            )
    fields = {
        "name": _scalar("rollback"),
        "revokes": yaml.SequenceNode(_LIST, [_scalar(one) for one in chosen], flow_style=True),
    }
    node = yaml.MappingNode(_MAP, [(_scalar(name), value) for name, value in fields.items()], flow_style=False)
    return _append(live, [_dated(node, change)])


_MAP: Final = "tag:yaml.org,2002:map"
_LIST: Final = "tag:yaml.org,2002:seq"


def _last_promoted(entries: list[Entry]) -> tuple[str, ...]:
    promoted = [entry for entry in entries if entry.at is not None and entry.sets]
    last = max((entry.at for entry in promoted if entry.at), default=None)
    return tuple(entry.version for entry in promoted if entry.at == last)


def _same(one: Entry, other: Entry) -> bool:
    def plain(entry: Entry) -> tuple[Any, ...]:
        return entry.version, entry.until, entry.scope, entry.values, entry.modes, entry.revokes

    return plain(one) == plain(other)


def _nodes(text: str) -> list[yaml.Node]:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.SequenceNode)
    return list(root.value)


def _dated(node: yaml.Node, change: Change) -> yaml.Node:
    """The entry as it was written, with its own `from` only where that lies later, and who appended it when and why."""
    fields = {key.value: value for key, value in node.value}
    begins = load_begins(fields.get("from"), change.begins)
    said = {"from": _stamp(begins), "by": _scalar(change.by), "at": _stamp(change.at), "note": _scalar(change.note)}
    order = ("name", "from", "until", "for", "by", "at", "note", "revokes", "kinds", "values")
    fields = {**fields, **said}
    pairs = [(_scalar(name), fields[name]) for name in order if name in fields]
    return yaml.MappingNode(_MAP, pairs, flow_style=False)


def load_begins(node: yaml.Node | None, least: datetime) -> datetime:
    """When an entry begins: by its own `from`, but not before `least`."""
    if node is None:
        return least
    text = str(node.value)
    own = datetime.fromisoformat(text if len(text) > 10 else f"{text}T00:00:00Z")
    return max(own, least)


def _append(live: tuple[str, str], nodes: list[yaml.Node]) -> Appended:
    text, name = live
    root = yaml.SequenceNode(_LIST, nodes, flow_style=False)
    added = yaml.serialize(root, Dumper=yaml.SafeDumper, allow_unicode=True, width=120)
    joined = f"{text}{'' if text.endswith(chr(10)) else chr(10)}{added}"
    try:
        book = load_policy(joined, name)
    except PolicyError as error:
        raise PolicyError(f"what would be appended does not fit:\n{error}") from error
    return Appended(joined, added, book.entries[-len(nodes) :])


def _scalar(text: str) -> yaml.Node:
    return yaml.ScalarNode(_TEXT, text)


def _stamp(moment: datetime) -> yaml.Node:
    return yaml.ScalarNode(_STAMP, written(moment))
