"""Nodes of a JSON Schema: where they are, what a reference leads to, which alternatives they allow."""

from dataclasses import dataclass
from typing import Any, Final

ANNOTATIONS: Final = frozenset(
    "title description examples deprecated readOnly writeOnly $comment $id $schema $defs".split()
)
"""What says nothing about which values are valid."""


@dataclass(frozen=True, slots=True)
class Place:
    """A node, its JSON pointer, and the schema it is of."""

    pointer: str
    node: dict[str, Any]
    root: dict[str, Any]

    def below(self, *path: str | int) -> "Place":
        """A node under this one, references followed."""
        node: Any = self.node
        pointer = self.pointer
        for part in path:
            node = node[part]
            pointer += "/" + str(part).replace("~", "~0").replace("/", "~1")
        return resolved(Place(pointer, _plain(node), self.root))


def resolved(place: Place) -> Place:
    """Where a reference leads; raises `ValueError` where it leaves the schema or goes in a circle."""
    passed: set[str] = set()
    while (ref := place.node.get("$ref")) is not None:
        name = str(ref).removeprefix("#/$defs/")
        if ref in passed or name == ref or name not in place.root.get("$defs", {}):
            raise ValueError(f"{place.pointer}/$ref: {ref!r} leads nowhere; only #/$defs/ of the same schema is read")
        passed.add(ref)
        # Draft 2020-12 reads the keywords beside a reference too.
        beside = {key: part for key, part in place.node.items() if key != "$ref"}
        place = Place(f"/$defs/{name}", {**_plain(place.root["$defs"][name]), **beside}, place.root)
    return place


def alternatives(place: Place) -> list[Place]:
    """What a node allows, one place an alternative: `anyOf`, `oneOf` and lists of types flattened."""
    place = resolved(place)
    for keyword in ("anyOf", "oneOf"):
        if keyword in place.node:
            beside = {key: part for key, part in place.node.items() if key not in (keyword, "default", *ANNOTATIONS)}
            branches = [place.below(keyword, index) for index in range(len(place.node[keyword]))]
            merged = (Place(branch.pointer, {**beside, **branch.node}, place.root) for branch in branches)
            return [one for branch in merged for one in alternatives(branch)]
    types = place.node.get("type")
    if isinstance(types, list):
        return [Place(place.pointer, {**place.node, "type": type_}, place.root) for type_ in types]
    return [place]


def paired(old: list[Place], new: list[Place]) -> tuple[list[tuple[Place, Place]], list[Place], list[Place]]:
    """Alternatives that belong together, those that are gone, and those that have come."""
    both: list[tuple[Place, Place]] = []
    for same in (_equal, _same_name, _same_type, _neither_null):
        for before in list(old):
            after = next((candidate for candidate in new if same(before, candidate)), None)
            if after is not None:
                both.append((before, after))
                old, new = _without(old, before), _without(new, after)
    return both, old, new


def type_of(node: dict[str, Any]) -> str | None:
    """The node's one type, or None where it takes any."""
    return node.get("type")


def _equal(old: Place, new: Place) -> bool:
    return old.node == new.node


def _same_name(old: Place, new: Place) -> bool:
    named = old.pointer.startswith("/$defs/") or "title" in old.node
    return named and (old.pointer, old.node.get("title")) == (new.pointer, new.node.get("title"))


def _same_type(old: Place, new: Place) -> bool:
    return type_of(old.node) == type_of(new.node)


def _neither_null(old: Place, new: Place) -> bool:
    return "null" not in (type_of(old.node), type_of(new.node))


def _without(places: list[Place], place: Place) -> list[Place]:
    return [one for one in places if one is not place]


def _plain(node: Any) -> dict[str, Any]:
    if isinstance(node, bool):
        return {} if node else {"not": {}}
    return dict(node)
