"""Where the checker sees no break, a validator agrees: values that one side may write are read by the other."""

from typing import Any

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.compatibility_rules import Side
from schemas.compatibility_walk import compare

Node = dict[str, Any]

_BOUND = st.integers(0, 3)
_TEXT = st.fixed_dictionaries(
    {"type": st.just("string")},
    optional={
        "minLength": _BOUND,
        "maxLength": _BOUND,
        "enum": st.lists(st.sampled_from(["", "x", "xy"]), min_size=1, unique=True),
        "pattern": st.sampled_from(["^x", "y$"]),
    },
)
_NUMBER = st.fixed_dictionaries(
    {"type": st.sampled_from(["integer", "number"])}, optional={"minimum": _BOUND, "exclusiveMaximum": _BOUND}
)
_ONE: st.SearchStrategy[Node] = st.one_of(
    _TEXT, _NUMBER, st.just({"type": "boolean"}), st.just({}), st.just({"const": 1})
)
_ANY = st.one_of(
    _ONE,
    _ONE.map(lambda node: {"anyOf": [node, {"type": "null"}]}),
    st.lists(_ONE, min_size=2, max_size=2).map(lambda nodes: {"anyOf": nodes}),
    _ONE.map(lambda node: {"type": "array", "items": node}),
)
_SCHEMAS = st.dictionaries(st.sampled_from("ab"), _ANY, min_size=1).flatmap(
    lambda fields: st.fixed_dictionaries(
        {
            "type": st.just("object"),
            "properties": st.just(fields),
            "required": st.lists(st.sampled_from(sorted(fields)), unique=True),
        },
        optional={"additionalProperties": st.just(False)},
    )
)
_VALUES: list[Any] = ["", "x", "xy", "zzzz", 0, 1, 2, 3, 1.5, True, None, [], ["x"], [1], [None, 2.5], {}]
_RECORDS: list[Node] = [
    {name: value for name, value in (("a", a), ("b", b)) if value != "absent"}
    for a in [*_VALUES, "absent"]
    for b in [*_VALUES, "absent"]
]


def unread(writer: Node, reader: Node) -> list[Node]:
    """What one side may write, by its own fields only, and the other refuses."""
    may, reads = jsonschema.Draft202012Validator(writer), jsonschema.Draft202012Validator(reader)
    written = (value for value in _RECORDS if set(value) <= set(writer["properties"]) and may.is_valid(value))
    return [value for value in written if not reads.is_valid(value)]


def breaks(old: Node, new: Node, side: Side) -> list[str]:
    return [change.code for change in compare("c", old, new, side) if change.breaking]


def hold(old: Node, new: Node) -> None:
    if not breaks(old, new, Side.ACCEPTED):
        assert unread(old, new) == []
    if not breaks(old, new, Side.PUBLISHED):
        assert unread(old, new) == []
        assert unread(new, old) == []


@settings(max_examples=100)
@given(_SCHEMAS, _SCHEMAS)
def test_what_is_allowed_is_read(old: Node, new: Node) -> None:
    hold(old, new)


@settings(max_examples=300)
@given(_SCHEMAS, _ANY, st.booleans())
def test_a_small_change_that_is_allowed_is_read(old: Node, node: Node, required: bool) -> None:
    changed = {
        **old,
        "properties": {**old["properties"], "a": node},
        "required": ["a"] if required else old["required"],
    }
    hold(old, changed)
    hold(changed, old)


@settings(max_examples=50)
@given(_SCHEMAS)
def test_the_same_schema_has_no_change(schema: Node) -> None:
    assert [compare("c", schema, schema, side) for side in Side] == [[], []]
