"""The consumer group as the broker keeps it: members, generations, sessions and commits."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count

from aiokafka.errors import CommitFailedError

from streams.engine.tp import TP

REBALANCE_SECONDS = 30.0

Joined = tuple[str, int, frozenset[TP], frozenset[TP]]
"""Member, generation, partitions to work on, partitions to keep a copy of."""


@dataclass(slots=True)
class Member:
    name: str
    seen: float
    answer: Callable[[Joined], None] | None = None


@dataclass(slots=True)
class Group:
    """One group over all topics; a partition number is one thing, as topics with one count and readers are."""

    partitions: int
    sources: tuple[str, ...]
    changelogs: tuple[str, ...]
    standbys: bool
    session: float
    dice: random.Random
    members: dict[str, Member] = field(default_factory=dict)
    generation: int = 0
    preparing_since: float | None = None
    committed: dict[TP, int] = field(default_factory=dict)
    owners: dict[int, str] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def join(self, name: str | None, now: float, answer: Callable[[Joined], None]) -> None:
        """A member, new without a name, wants to be part of the next generation."""
        if name is None or name not in self.members:
            name = f"member-{next(self._numbers)}"
        self.members[name] = Member(name, now, answer)
        if self.preparing_since is None:
            self.preparing_since = now
        self.tick(now)

    def leave(self, name: str | None, now: float) -> None:
        """A member says that it goes."""
        if name is not None and self.members.pop(name, None) is not None:
            self.preparing_since = self.preparing_since or now
            self.tick(now)

    def heartbeat(self, name: str, generation: int, now: float) -> str:
        """`ok`, `rebalance` or `unknown`."""
        self.tick(now)
        member = self.members.get(name)
        if member is None or generation != self.generation:
            return "unknown"
        member.seen = now
        return "ok" if self.preparing_since is None else "rebalance"

    def commit(self, name: str, generation: int, offsets: Mapping[TP, int], now: float) -> None:
        """Store offsets of a member of this generation.

        Raises:
            CommitFailedError: the group has moved on without this member.
        """
        self.tick(now)
        if name not in self.members or generation != self.generation:
            raise CommitFailedError("the group has already rebalanced")
        self.committed.update(offsets)

    def tick(self, now: float) -> None:
        """Drop who is silent; begin the next generation when all have joined."""
        for member in list(self.members.values()):
            silent = member.answer is None and now - member.seen > self.session
            late = self.preparing_since is not None and now - self.preparing_since > REBALANCE_SECONDS
            if silent or (late and member.answer is None):
                del self.members[member.name]
                self.preparing_since = self.preparing_since or now
        waiting = [member for member in self.members.values() if member.answer is not None]
        if self.preparing_since is not None and len(waiting) == len(self.members):
            self._begin(now)

    def _begin(self, now: float) -> None:
        self.preparing_since = None
        self.generation += 1
        self.owners = self._assign()
        names = sorted(self.members)
        for name in names:
            member = self.members[name]
            mine = {p for p, owner in self.owners.items() if owner == name}
            after = {p for p, owner in self.owners.items() if names[names.index(owner) - 1] == name} - mine
            actives = frozenset(TP(topic, p) for topic in (*self.sources, *self.changelogs) for p in mine)
            copies = frozenset(TP(topic, p) for topic in self.changelogs for p in after if self.standbys)
            answer, member.answer, member.seen = member.answer, None, now
            assert answer is not None
            answer((name, self.generation, actives, copies))

    def _assign(self) -> dict[int, str]:
        names = sorted(self.members)
        if not names:
            return {}
        self.dice.shuffle(names)
        kept = {p: owner for p, owner in self.owners.items() if owner in self.members and self.dice.random() < 0.6}
        return {p: kept.get(p, names[p % len(names)]) for p in range(self.partitions)}
