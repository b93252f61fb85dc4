"""What is remembered of a carrier, its parcels under way and its places."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar

import msgspec
from msgspec import Struct

from rules.feeds import Silence
from rules.pipeline.records import Rows
from rules.pipeline.shelf import Shelf

Kept = TypeVar("Kept")


class Flight(Struct, omit_defaults=True, kw_only=True):
    """A parcel under way: its row is small, as there is one for each."""

    at: datetime
    """When its latest scan that says a state happened."""
    place: str | None = None
    over: bool = False
    """Arrived: kept for a while, so that an older scan told later does not set it off again."""
    still: bool = False
    """Counted as standing still at its place."""
    quiet: bool = False
    """Counted as standing still in its carrier's row; rows of before that was counted are not."""
    armed: datetime | None = None
    until: datetime


class Day(Struct, array_like=True):
    """One day of a place or a carrier."""

    arrivals: int = 0
    stills: int = 0


class Hub(Struct, omit_defaults=True, kw_only=True):
    """A place of a carrier."""

    still: dict[str, datetime] = {}
    """The parcels that stand still here, by shipment id, and since when that is known."""
    days: dict[date, Day] = {}
    incident: str | None = None
    since: datetime | None = None
    told: int = 0
    """How many parcels the incident's last fact spoke of."""
    usual: float = 0.0
    """The usual share when the incident was found."""


class Carrier(Struct, omit_defaults=True, kw_only=True):
    """A carrier's feed."""

    heard_at: datetime
    counted: str = ""
    """The last message counted: what a crash repeats counts once."""
    in_flight: int = 0
    quiet: int = 0
    """How many of these stand still: lost, at a counter, delayed. Nobody waits for a word of them."""
    silent_from: datetime | None = None
    by_history: bool = False
    """Whether it is its own history that calls it silent."""
    silences: tuple[Silence, ...] = ()
    slot: datetime | None = None
    """The half hour that is being counted."""
    count: int = 0
    got: float = 0.0
    """Messages of about the last day, older ones fading, and below what the same half hours brought in past weeks."""
    usual: float = 0.0
    days: dict[date, Day] = {}
    armed: datetime | None = None

    @property
    def level(self) -> float:
        """How much of the usual comes these days: parcels that are left when business ends, or in trouble, say less."""
        return min(1.0, self.got / self.usual) if self.usual else 1.0

    @property
    def moving(self) -> int:
        """The parcels that a feed which works would tell of."""
        return max(0, self.in_flight - self.quiet)


class Heard(Struct, omit_defaults=True):
    """The last hour in which each carrier was heard, as every partition knows it."""

    hours: dict[str, datetime] = {}


class Rates(Struct, omit_defaults=True):
    """Each half hour of the week: messages, parcels in flight, in how many weeks."""

    slots: dict[int, tuple[int, int, int]] = {}


def shelf(rows: Rows | None, type_: type[Kept]) -> Shelf[Kept]:
    """The rows of one kind as objects."""
    decode: Callable[[bytes], Kept] = msgspec.json.Decoder(type_).decode
    return Shelf(rows, decode, msgspec.json.encode)
