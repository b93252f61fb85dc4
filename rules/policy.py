"""Dated, layered policy: what holds at a moment and for whom, and for every value the entry that set it."""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from rules.twin import Twin
from schemas.codec import digest
from schemas.words import KINDS

Value = Any
"""A timedelta, an int, a float, a time of day, a zone name or a list of steps: `rules.loading` says which where."""

MODES: Final = ("live", "shadow", "off")
"""What may be done with a kind: decide and tell; decide and tell nobody; not even look."""
ALL: Final = "all"
"""In `kinds`: every kind that the same entry does not name."""
LAYERS: Final = ("storefront", "carrier", "service_level")
"""The fields of a scope, the weaker first: they settle which of two scopes with equally many fields wins."""


class Limit(Struct, frozen=True):
    """A value of the policy and where it stands, e.g. `default@2026-01-01:stalled.silence.ground`."""

    value: Any
    path: str


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom an entry is; nothing named means for everybody."""

    carrier: str | None = None
    storefront: str | None = None
    service_level: str | None = None

    @property
    def named(self) -> dict[str, str]:
        """The fields it names, the weaker layer first."""
        fields = {name: getattr(self, name) for name in LAYERS}
        return {name: value for name, value in fields.items() if value is not None}

    @property
    def rank(self) -> tuple[int, int]:
        """The larger wins: first how many fields it names, then the strongest layers among them."""
        named = self.named
        return len(named), sum(1 << LAYERS.index(name) for name in named)

    def covers(self, carrier: str | None, storefront: str | None, service_level: str | None = None) -> bool:
        """Whether a shipment of that carrier, storefront and service level falls under the entry."""
        return (
            self.carrier in (None, carrier)
            and self.storefront in (None, storefront)
            and self.service_level in (None, service_level)
        )


EVERYBODY: Final = Scope()


@dataclass(frozen=True, slots=True)
class Entry:
    """One dated entry; `values` maps dotted paths to values, `modes` kinds to what is done with them."""

    name: str
    begins: datetime
    until: datetime | None = None
    scope: Scope = EVERYBODY
    values: dict[str, Value] = field(default_factory=dict)
    modes: dict[str, str] = field(default_factory=dict)
    """`all` stands for every kind that is not named."""
    revokes: tuple[str, ...] = ()
    """Versions of earlier entries that hold no longer once this one begins."""
    by: str | None = None
    at: datetime | None = None
    """When it was appended."""
    note: str | None = None
    line: int = 1
    """Where it begins in its file."""

    @property
    def version(self) -> str:
        """The entry's name and first day, or first moment where it does not begin with its day."""
        return f"{self.name}@{written(self.begins)}"

    @property
    def sets(self) -> tuple[str, ...]:
        """The dotted paths it sets, modes of kinds included."""
        return (*self.values, *(f"kinds.{kind}" for kind in self.modes))


def written(moment: datetime) -> str:
    """A moment as a policy file writes it: as a date where a day begins."""
    text = moment.isoformat().replace("+00:00", "Z")
    return text[:10] if text.endswith("T00:00:00Z") else text


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """What holds for one shipment at one moment. The book makes one of each, so caches may hold them by identity."""

    version: str
    """Every entry in force, the weakest first, joined by `+`."""
    limits: dict[str, Limit]
    twins: dict[str, Twin]
    modes: dict[str, Limit] = field(default_factory=dict)
    """What the entries say of kinds; a kind that is not there is live."""
    off: frozenset[str] = frozenset()
    in_shadow: frozenset[str] = frozenset()
    not_live: frozenset[str] = frozenset()

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

    def mode(self, kind: str) -> Limit:
        """What is done with a kind, a word of `MODES`, and the entry that says so."""
        return self.modes.get(kind, _LIVE)


_LIVE: Final = Limit("live", "no entry: kinds are live unless one says otherwise")
_MOST: Final = 4096


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """All entries as they stand in their file, and the twins of the kinds."""

    entries: tuple[Entry, ...]
    twins: dict[str, Twin]
    watched: bool = field(default=False, compare=False)
    """Whether entries may be appended while shipments live by it: then they are looked at daily for that."""
    fingerprint: str = field(default="", init=False)
    """The same for equal entries, and for no others."""
    _edges: list[datetime] = field(default_factory=list, repr=False, compare=False)
    _named: dict[str, frozenset[str]] = field(default_factory=dict, repr=False, compare=False)
    _spans: dict[tuple[int, str | None, str | None, str | None], Policy] = field(
        default_factory=dict, repr=False, compare=False
    )
    _made: dict[tuple[int, ...], Policy] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        told = [f"{entry.version} {entry.scope} {entry.until} {entry.values} {entry.modes}" for entry in self.entries]
        object.__setattr__(self, "fingerprint", digest("policy", *told, *(entry.revokes for entry in self.entries)))
        edges = {entry.begins for entry in self.entries}
        edges |= {end for number in range(len(self.entries)) if (end := self.end(number)) is not None}
        self._edges.extend(sorted(edges))
        for layer in LAYERS:
            self._named[layer] = frozenset(entry.scope.named.get(layer, "") for entry in self.entries) - {""}

    def at(
        self,
        moment: datetime,
        carrier: str | None = None,
        storefront: str | None = None,
        service_level: str | None = None,
    ) -> Policy:
        """What holds at `moment` for a carrier, a storefront and a service level."""
        named = self._named
        key = (
            bisect_right(self._edges, moment),
            carrier if carrier in named["carrier"] else None,
            storefront if storefront in named["storefront"] else None,
            service_level if service_level in named["service_level"] else None,
        )
        found = self._spans.get(key)
        if found is None:
            if len(self._spans) >= _MOST:
                self._spans.clear()
            found = self._spans[key] = self._resolve(moment, key[1:])
        return found

    def next_edge(self, moment: datetime) -> datetime | None:
        """When an entry next begins or ends after `moment`."""
        number = bisect_right(self._edges, moment)
        return self._edges[number] if number < len(self._edges) else None

    def end(self, number: int) -> datetime | None:
        """When the entry of that number ceases to hold: by its `until`, or because a later one revokes it."""
        entry = self.entries[number]
        ends = [other.begins for other in self.entries if entry.version in other.revokes]
        return min((end for end in (entry.until, *ends) if end is not None), default=None)

    def holding(self, moment: datetime, where: tuple[str | None, str | None, str | None]) -> tuple[int, ...]:
        """Numbers of the entries in force for a carrier, storefront and service level, the weakest first."""
        numbers = [
            number
            for number, entry in enumerate(self.entries)
            if number == 0 or (entry.sets and self._holds(number, moment) and entry.scope.covers(*where))
        ]
        return tuple(sorted(numbers, key=self._strength))

    def _holds(self, number: int, moment: datetime) -> bool:
        end = self.end(number)
        return self.entries[number].begins <= moment and (end is None or moment < end)

    def _strength(self, number: int) -> tuple[object, ...]:
        entry = self.entries[number]
        return (number > 0, *entry.scope.rank, entry.begins, number)

    def _resolve(self, moment: datetime, where: tuple[str | None, str | None, str | None]) -> Policy:
        holding = self.holding(moment, where)
        if holding not in self._made:
            self._made[holding] = _merge([self.entries[number] for number in holding], self.twins)
        return self._made[holding]


def _merge(entries: list[Entry], twins: dict[str, Twin]) -> Policy:
    limits = {
        path: Limit(value, f"{entry.version}:{path}") for entry in entries for path, value in entry.values.items()
    }
    modes: dict[str, Limit] = {}
    for entry in entries:
        if ALL in entry.modes:
            modes.update(dict.fromkeys(KINDS, Limit(entry.modes[ALL], f"{entry.version}:kinds.{ALL}")))
        named = {kind: mode for kind, mode in entry.modes.items() if kind != ALL}
        modes.update({kind: Limit(mode, f"{entry.version}:kinds.{kind}") for kind, mode in named.items()})
    off, in_shadow = (
        frozenset(kind for kind, mode in modes.items() if mode.value == word) for word in ("off", "shadow")
    )
    version = "+".join(entry.version for entry in entries)
    return Policy(version, limits, twins, modes, off, in_shadow, off | in_shadow)
