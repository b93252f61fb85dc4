"""Chance that gives the same answers on every machine: only uniform draws and exact arithmetic."""

import random
from collections.abc import Sequence
from typing import TypeVar

_T = TypeVar("_T")


class Dice:
    """Draws from one named stream; the same name gives the same draws."""

    # `choice`, `shuffle` and the logarithms behind `gauss` may differ between versions and C libraries;
    # `random()` of a generator seeded with a text may not.
    __slots__ = ("_draw",)

    def __init__(self, name: str) -> None:
        self._draw = random.Random(name).random

    def chance(self, probability: float) -> bool:
        """Whether something of this probability happens."""
        return self._draw() < probability

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included, all equally likely."""
        return low + int(self._draw() * (high - low + 1))

    def skewed(self, low: int, high: int) -> int:
        """A whole number, small ones much more likely: most delays are short and a few are long."""
        share = self._draw()
        return low + int(share * share * share * (high - low))

    def pick(self, items: Sequence[_T]) -> _T:
        """One of the items, all equally likely."""
        return items[int(self._draw() * len(items))]

    def weigh(self, items: Sequence[tuple[_T, int]]) -> _T:
        """One of the items, as likely as its weight says."""
        mark = self._draw() * sum(weight for _, weight in items)
        for item, weight in items:
            mark -= weight
            if mark < 0:
                return item
        return items[-1][0]
