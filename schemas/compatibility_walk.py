"""Two JSON Schemas side by side: every difference that matters to a reader or a writer, as a verdict."""

from collections.abc import Iterator
from typing import Any, Final

from schemas.compatibility_nodes import ANNOTATIONS, Place, alternatives, paired, type_of
from schemas.compatibility_rules import Change, Side, Verdict
from schemas.compatibility_values import value_changes

_OBJECT: Final = frozenset(("properties", "required", "additionalProperties"))
_VALUES: Final = frozenset(
    """type enum const pattern format multipleOf uniqueItems contentEncoding contentMediaType minimum maximum
    exclusiveMinimum exclusiveMaximum minLength maxLength minItems maxItems minProperties maxProperties""".split()
)
_HANDLED: Final = ANNOTATIONS | _OBJECT | _VALUES | {"items", "default", "$ref", "anyOf", "oneOf"}


def compare(name: str, old: dict[str, Any], new: dict[str, Any], side: Side) -> list[Change]:
    """What changed from `old` to `new`, outermost first; raises `ValueError` on a reference out of the schema."""
    verdicts = [*_identity(old, new), *_Walk().node(Place("", old, old), Place("", new, new))]
    return [Change(name, *verdict, side) for verdict in verdicts]


def _identity(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Verdict]:
    for keyword, code in (("$id", "id_changed"), ("$schema", "dialect_changed")):
        if old.get(keyword) != new.get(keyword):
            yield Verdict(f"/{keyword}", code, f"`{keyword}` was {old.get(keyword)!r} and is {new.get(keyword)!r}")


class _Walk:
    """Follows both schemas; each pair of definitions is compared once, so that a schema may name itself."""

    def __init__(self) -> None:
        self._seen: set[tuple[str | None, ...]] = set()

    def node(self, old: Place, new: Place) -> Iterator[Verdict]:
        yield from _default(old, new)
        if self._passed("node", old.pointer, new.pointer):
            return
        both, gone, come = paired(alternatives(old), alternatives(new))
        for before, after in both:
            yield from self._leaf(before, after)
        for place in gone:
            code = "nullable_removed" if type_of(place.node) == "null" else "type_narrowed"
            yield Verdict(place.pointer, code, f"{type_of(place.node) or 'any value'} is no longer allowed")
        for place in come:
            code = "nullable_added" if type_of(place.node) == "null" else "type_widened"
            yield Verdict(old.pointer, code, f"{type_of(place.node) or 'any value'} is now allowed too")

    def _passed(self, *pair: str | None) -> bool:
        passed = pair in self._seen
        self._seen.add(pair)
        return passed

    def _leaf(self, old: Place, new: Place) -> Iterator[Verdict]:
        if self._passed(old.pointer, type_of(old.node), new.pointer, type_of(new.node)):
            return
        values = list(value_changes(old, new))
        yield from values
        if any(code == "type_changed" for _, code, *_ in values):
            return
        yield from self._fields(old, new)
        yield from self._rest(old, new)
        yield from self._items(old, new)
        for keyword in sorted({*old.node, *new.node} - _HANDLED):
            if old.node.get(keyword) != new.node.get(keyword) and not keyword.startswith("x-"):
                yield Verdict(f"{old.pointer}/{keyword}", "keyword_changed", f"`{keyword}` changed")

    def _fields(self, old: Place, new: Place) -> Iterator[Verdict]:
        before, after = old.node.get("properties", {}), new.node.get("properties", {})
        must, now_must = set(old.node.get("required", ())), set(new.node.get("required", ()))
        for name in before:
            pointer = old.below("properties", name).pointer
            if name not in after:
                yield Verdict(pointer, "property_removed", f"`{name}` is gone{_renamed(name, before, after)}")
                continue
            if name in now_must - must:
                yield Verdict(pointer, "required_added", f"`{name}` is now required")
            if name in must - now_must:
                yield Verdict(pointer, "required_removed", f"`{name}` is no longer required")
            yield from self.node(old.below("properties", name), new.below("properties", name))
        for name in after:
            if name not in before:
                yield Verdict(f"{old.pointer}/properties/{name}", *_added(name, old, name in now_must))
        for name in sorted(now_must - must - {*before, *after}):
            yield Verdict(f"{old.pointer}/required", "required_added", f"`{name}` is now required")

    def _rest(self, old: Place, new: Place) -> Iterator[Verdict]:
        before, after = _others(old), _others(new)
        pointer = f"{old.pointer}/additionalProperties"
        if isinstance(before, dict) and isinstance(after, dict):
            yield from self.node(old.below("additionalProperties"), new.below("additionalProperties"))
        elif before == after:
            return
        elif before is False and after is True:
            yield Verdict(
                pointer, "additional_properties_opened", "fields without a name in the schema are now allowed"
            )
        elif after is not True and before is not False:
            yield Verdict(
                pointer, "additional_properties_closed", "fields without a name in the schema are now refused or typed"
            )
        else:
            yield Verdict(pointer, "additional_properties_widened", "fields without a name in the schema may hold more")

    def _items(self, old: Place, new: Place) -> Iterator[Verdict]:
        if "items" in old.node and "items" in new.node:
            yield from self.node(old.below("items"), new.below("items"))
        elif "items" in new.node:
            yield Verdict(f"{old.pointer}/items", "constraint_added", "the items now have a schema")
        elif "items" in old.node:
            yield Verdict(f"{old.pointer}/items", "constraint_removed", "the items have no schema any more")


def _default(old: Place, new: Place) -> Iterator[Verdict]:
    if "default" in old.node and "default" in new.node and old.node["default"] != new.node["default"]:
        what = f"the default was {old.node['default']!r} and is {new.node['default']!r}"
        yield Verdict(f"{old.pointer}/default", "default_changed", what)


def _added(name: str, old: Place, required: bool) -> tuple[str, str]:
    if required:
        return "required_added", f"`{name}` is new and required"
    if _others(old) is False:
        return "property_added_to_closed", f"`{name}` is new"
    return "property_added", f"`{name}` is new and optional"


def _others(place: Place) -> Any:
    # {} allows everything, as true does; nothing is not said, so everything is.
    said = place.node.get("additionalProperties", True)
    return True if said == {} else said


def _renamed(name: str, before: dict[str, Any], after: dict[str, Any]) -> str:
    def shape(node: Any) -> Any:
        return {key: part for key, part in node.items() if key not in ANNOTATIONS} if isinstance(node, dict) else node

    twins = [other for other in after if other not in before and shape(after[other]) == shape(before[name])]
    return f" (`{twins[0]}` is new and looks the same; a rename is a removal)" if len(twins) == 1 else ""
