"""What changed about the values that one alternative of a schema allows: type, words, bounds, patterns."""

from collections.abc import Iterator
from typing import Any, Final

from schemas.compatibility_nodes import Place, type_of
from schemas.compatibility_rules import Verdict

_LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_OPAQUE: Final = ("pattern", "format", "multipleOf", "uniqueItems", "contentEncoding", "contentMediaType")


def value_changes(old: Place, new: Place) -> Iterator[Verdict]:
    """Pointer, code and words of each change; a type that changed altogether hides the rest."""
    types = list(_types(old, new))
    yield from types
    if any(code == "type_changed" for _, code, *_ in types):
        return
    yield from _words(old, new)
    for keyword in (*_LOWER, *_UPPER):
        yield from _bound(old, new, keyword)
    for keyword in _OPAQUE:
        yield from _opaque(old, new, keyword)


def _types(old: Place, new: Place) -> Iterator[Verdict]:
    before, after = type_of(old.node), type_of(new.node)
    if before == after:
        return
    what = f"the type was {before or 'any'} and is {after or 'any'}"
    if before is None or (before, after) == ("number", "integer"):
        yield Verdict(f"{old.pointer}/type", "type_narrowed", what)
    elif after is None or (before, after) == ("integer", "number"):
        yield Verdict(f"{old.pointer}/type", "type_widened", what)
    else:
        yield Verdict(f"{old.pointer}/type", "type_changed", what)


def _words(old: Place, new: Place) -> Iterator[Verdict]:
    before, after = _allowed(old.node), _allowed(new.node)
    pointer = f"{old.pointer}/{'const' if 'const' in old.node else 'enum'}"
    if before is None or after is None:
        if before is not after:
            code = "constraint_added" if before is None else "constraint_removed"
            yield Verdict(
                pointer, code, "the allowed values are listed now" if before is None else "any value is allowed now"
            )
        return
    if "const" in old.node and "const" in new.node:
        if before != after:
            yield Verdict(pointer, "const_changed", f"the only value was {before[0]!r} and is {after[0]!r}")
        return
    for value in (value for value in before if value not in after):
        yield Verdict(pointer, "enum_narrowed", f"{value!r} is no longer allowed")
    for value in (value for value in after if value not in before):
        yield Verdict(pointer, "enum_widened", f"{value!r} is new", str(value))


def _allowed(node: dict[str, Any]) -> list[Any] | None:
    return [node["const"]] if "const" in node else node.get("enum")


def _bound(old: Place, new: Place, keyword: str) -> Iterator[Verdict]:
    before, after = old.node.get(keyword), new.node.get(keyword)
    if before == after:
        return
    narrower = before is None or (after is not None and (after > before) == (keyword in _LOWER))
    code = "bound_narrowed" if narrower else "bound_widened"
    yield Verdict(f"{old.pointer}/{keyword}", code, f"`{keyword}` was {_or_none(before)} and is {_or_none(after)}")


def _opaque(old: Place, new: Place, keyword: str) -> Iterator[Verdict]:
    before, after = old.node.get(keyword), new.node.get(keyword)
    if before == after:
        return
    code = "constraint_added" if before is None else "constraint_removed" if after is None else "constraint_changed"
    yield Verdict(f"{old.pointer}/{keyword}", code, f"`{keyword}` was {_or_none(before)} and is {_or_none(after)}")


def _or_none(value: Any) -> str:
    return "not there" if value is None else repr(value)
