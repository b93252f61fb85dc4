"""Dated policy: what holds at a moment, and for every value the entry that set it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from rules.twin import Twin

Value = Any
"""A timedelta, an int, a float, a time of day, a zone name or a list of steps: `rules.loading` says which where."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A value of the policy and where it stands, e.g. `default@2026-01-01:stalled.silence.ground`."""

    value: Any
    path: str


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom an entry is; nothing named means for everybody."""

    carrier: str | None = None
    storefront: str | None = None

    def covers(self, carrier: str | None, storefront: str | None) -> bool:
        """Whether a shipment of that carrier and storefront falls under the entry."""
        return self.carrier in (None, carrier) and self.storefront in (None, storefront)


@dataclass(frozen=True, slots=True)
class Entry:
    """One dated entry; `values` maps dotted paths to values."""

    name: str
    begins: date
    until: date | None
    scope: Scope
    values: dict[str, Value]

    @property
    def version(self) -> str:
        """The entry's name and first day."""
        return f"{self.name}@{self.begins.isoformat()}"

    def holds_on(self, day: date) -> bool:
        """Whether the entry is in force that day."""
        return self.begins <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """What holds for one shipment at one moment. The book makes one of each, so caches may hold them by identity."""

    version: str
    """Every entry in force, oldest first, joined by `+`."""
    limits: dict[str, Limit]
    twins: dict[str, Twin]

    def limit(self, path: str) -> Limit:
        """The limit at a dotted path; raises `KeyError` on one that no policy may set."""
        return self.limits[path]

    def value(self, path: str) -> Any:
        """The bare value at a dotted path."""
        return self.limits[path].value

    def choice(self, path: str, name: str | None, otherwise: str) -> Limit:
        """The limit for a name under `path`, or that for `otherwise` where the policy has none for it."""
        found = self.limits.get(f"{path}.{name}")
        return found if found is not None else self.limits[f"{path}.{otherwise}"]


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """All entries, by their first day, and the twins of the kinds."""

    entries: tuple[Entry, ...]
    twins: dict[str, Twin]
    _days: dict[tuple[date, str | None, str | None], Policy] = field(default_factory=dict, repr=False, compare=False)
    _made: dict[tuple[int, ...], Policy] = field(default_factory=dict, repr=False, compare=False)

    def at(self, moment: datetime, carrier: str | None = None, storefront: str | None = None) -> Policy:
        """What holds at `moment` (by its UTC date) for a carrier and a storefront."""
        key = (moment.date(), carrier, storefront)
        found = self._days.get(key)
        if found is None:
            if len(self._days) >= _MOST_DAYS:
                self._days.clear()
            found = self._days[key] = self._resolve(*key)
        return found

    def _resolve(self, day: date, carrier: str | None, storefront: str | None) -> Policy:
        holding = tuple(
            number
            for number, entry in enumerate(self.entries)
            if number == 0 or (entry.holds_on(day) and entry.scope.covers(carrier, storefront))
        )
        if holding not in self._made:
            self._made[holding] = _merge([self.entries[number] for number in holding], self.twins)
        return self._made[holding]


_MOST_DAYS: Final = 4096


def _merge(entries: list[Entry], twins: dict[str, Twin]) -> Policy:
    limits = {
        path: Limit(value, f"{entry.version}:{path}") for entry in entries for path, value in entry.values.items()
    }
    return Policy("+".join(entry.version for entry in entries), limits, twins)
