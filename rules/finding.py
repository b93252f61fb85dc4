"""What a kind finds, and the evidence it rests on."""

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from rules.policy import Limit
from schemas.codec import rfc3339


class Evidence(Struct, frozen=True):
    """One observed fact, the limit it was held against, and the policy entry that set the limit."""

    fact: str
    observed: Any
    limit: Any = None
    policy: str | None = None

    def plain(self) -> dict[str, Any]:
        """As it is published: spans in hours, times in RFC 3339."""
        return {
            "fact": self.fact,
            "observed": plain(self.observed),
            "limit": plain(self.limit),
            "policy": self.policy,
        }


class Finding(Struct, frozen=True):
    """A cause that is there now."""

    evidence: tuple[Evidence, ...]
    stage: str = "found"
    """Which step of the kind: a new stage is evidence that matters."""
    mark: str = ""
    """What of the evidence counts beside the step, such as how often: a new mark is told of too."""
    last_chance: bool = False
    """After this nothing can be mended any more."""
    watch: bool = False
    """Only a warning: opened with severity watch."""
    since: datetime | None = None
    """When the cause happened, where that is known."""
    review: str | None = None
    """Why a person has to look, where the kind itself asks for one."""
    due_by: datetime | None = None
    """By when the owner should have acted, where the kind itself says so."""
    by_clock: bool = False
    """Time alone brought it, so only a mark may open its case; of a kind that scans may bring at once too."""


class Check(Struct, frozen=True):
    """One condition of a kind: what was seen, what it is held against, and whether it holds.

    A kind fires where all of its checks hold; the first that does not is why it stays quiet.
    """

    fact: str
    observed: Any
    limit: Any
    policy: str | None
    """The policy entry that set the limit, or None where the catalogue itself sets it."""
    holds: bool

    def plain(self) -> dict[str, Any]:
        """As it is published: spans in hours, times in RFC 3339."""
        told = {"fact": self.fact, "observed": plain(self.observed), "limit": plain(self.limit), "policy": self.policy}
        return {**told, "holds": self.holds}


def held_against(fact: str, observed: Any, limit: Limit) -> Evidence:
    """Evidence with a limit of the policy."""
    return Evidence(fact, observed, limit.value, limit.path)


def plain(value: Any) -> Any:
    """A value fit for JSON and for people."""
    if isinstance(value, timedelta):
        return f"{round(value / timedelta(hours=1), 2):g}h"
    if isinstance(value, datetime):
        return rfc3339(value)
    return value
