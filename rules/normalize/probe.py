"""Watches lookups that no table answers: by which keys a message asks, and what a row for one of them would change.

Proposals use it; the service never does. A scan's printed code does not say its key (AfterShip asks for `tag:...`,
UPS for three keys in turn), so the keys are taken from the parser itself.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rules.normalize.tables import Row

Asked = tuple[str, str]
"""A table's name and a key that it does not have."""


class Probe:
    """What was asked in vain, in order, and the rows assumed to be there."""

    def __init__(self, assumed: "Mapping[Asked, Row]") -> None:
        self.asked: dict[Asked, None] = {}
        self._assumed = assumed

    def missed(self, table: str, key: str, text: str | None) -> "Row | None":
        """Note the lookup, and answer it with the assumed row."""
        asked = (table, _text_key(text) if key == "*" else key)
        if asked[1]:
            self.asked[asked] = None
        return self._assumed.get(asked)


WATCHING: ContextVar[Probe | None] = ContextVar("wismo_probe", default=None)


@contextmanager
def watching(assumed: "Mapping[Asked, Row] | None" = None) -> Iterator[Probe]:
    """Watch the lookups of the `with` block, as if the assumed rows were there."""
    probe = Probe(assumed or {})
    before = WATCHING.set(probe)
    try:
        yield probe
    finally:
        WATCHING.reset(before)


def _text_key(text: str | None) -> str:
    # Where there is no code, the row is one for the beginning of the text.
    return f"*~^{text.lower()}" if text else ""
