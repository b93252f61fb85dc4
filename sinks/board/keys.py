"""The board's Redis keys: all under one prefix, so that the whole board can be dropped and built anew."""

from dataclasses import dataclass
from typing import Final

LAYOUT: Final = "3"
"""Raised when documents change so that old ones cannot be read; a board of another layout is rebuilt."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Names of keys, given the settings' prefix."""

    prefix: str

    @property
    def root(self) -> str:
        """What every key of the board begins with."""
        return f"{self.prefix}board:"

    @property
    def generation(self) -> str:
        """Which build of the board this is; gone when Redis lost it."""
        return self.root + "generation"

    @property
    def meta(self) -> str:
        """Hash: whether the board is being built, when it was last written."""
        return self.root + "meta"

    @property
    def clock(self) -> str:
        """Sorted set of one: the newest time at which an event was heard, as a score that only grows."""
        return self.root + "clock"

    @property
    def applied(self) -> str:
        """Hash: `topic/partition` to the last offset applied."""
        return self.root + "applied"

    @property
    def counts(self) -> str:
        """Hash: how many shipments and open cases, by what `projection.counts` tells apart."""
        return self.root + "counts"

    @property
    def topics(self) -> str:
        """Hash: topic to the time of its newest record."""
        return self.root + "topics"

    @property
    def feeds(self) -> str:
        """Hash: carrier to its feed."""
        return self.root + "feeds"

    @property
    def dead(self) -> str:
        """Hash: fingerprint to its group of dead letters."""
        return self.root + "dead"

    @property
    def changes(self) -> str:
        """Pub/sub channel: a short notice after each batch."""
        return self.root + "changes"

    def view(self, subject_id: str) -> str:
        """A subject's document."""
        return f"{self.root}view:{subject_id}"

    def row(self, case_id: str) -> str:
        """An open case as the queue shows it."""
        return f"{self.root}row:{case_id}"

    def queue(self, owner: str, order: str) -> str:
        """Sorted set of an owner's open cases, by `score` or `opened`."""
        return f"{self.root}queue:{owner}:{order}"

    def index(self, name: str) -> str:
        """Set of subject ids, by `order:...`, `customer:...` or `tracking:...`."""
        return f"{self.root}index:{name}"
