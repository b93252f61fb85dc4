"""The clock of one partition: a watermark over marks, and an agenda of what waits for it.

A mark says: everything up to this time that came this way has been said. A partition's clock is the least of the
latest marks of its inputs, so no clock overtakes a backlog. An event stands behind the marks of its own input; it
applies when the clock has reached the latest of them, so no event overtakes the clock either. What has to wait, and
what falls due by time alone, stand in one time-sorted table.

Clocks of one hop that pass facts to each other are peers: each announces how far it has got, and none runs more than
some hours ahead of what the others announced. In daily work that never binds; in a replay it keeps them together.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from rules.pipeline.records import Rows
from schemas.codec import dumps, loads

GRID = timedelta(seconds=60)
"""Marks of a recording stand on the minute; what falls due between two of them waits for the later one."""

PEERS_LAG = timedelta(hours=6)
"""How far a clock may be ahead of what its peers have announced: what one passes to another counts only after that."""
ANNOUNCED_EVERY = timedelta(hours=1)

_SAID, _BEGAN = "said", "began"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DUE, _HELD = b"\x00", b"\x01"
_LOWEST, _HIGHEST = b"", b"\xfe"
_NEVER = 1 << 63


def micros(moment: datetime) -> int:
    """Microseconds since 1970, UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def micros_of(span: timedelta) -> int:
    """A span in microseconds."""
    return span // _MICROSECOND


def moment_of(microseconds: int) -> datetime:
    """The inverse of `micros`."""
    return _EPOCH + timedelta(microseconds=microseconds)


def on_grid(moment: datetime) -> datetime:
    """The first minute at or after `moment`."""
    over = (moment - _EPOCH) % GRID
    return moment if not over else moment + (GRID - over)


class Due(Struct, frozen=True):
    """A subject whose time has come; `now` is the minute it is decided at."""

    subject: str
    now: datetime


class Held(Struct, frozen=True):
    """An event that waited for the clock, and the mark it stood behind."""

    value: bytes
    after: datetime


Step = Due | Held


class PartitionClock:
    """The clock and the agenda of one partition of one hop; all its state is in `rows`."""

    def __init__(
        self,
        rows: Rows,
        partition: int,
        origins: frozenset[str],
        *,
        strict: bool,
        peers: frozenset[str] = frozenset(),
    ) -> None:
        self._rows = rows
        self._key = b"\xffclock:%d" % partition
        # Rows of all partitions of a worker may share one store: a row says whose it is.
        self._suffix = b"\x00" + partition.to_bytes(2, "big")
        self._origins = origins
        self._peers = peers
        self._strict = strict
        raw = rows.get(self._key)
        self._marks: dict[str, int] = loads(raw) if raw else {}
        self._now = self._least()
        self._unsaved = False
        self._from = _LOWEST
        """Where the steps go on: no row that has not been taken stands before."""
        self._first: int | None = None
        """No row of the agenda stands before that; None where that is not known."""

    @property
    def now(self) -> datetime | None:
        """The clock, or None until every input has sent a mark."""
        return moment_of(self._now) if self._now else None

    def barrier(self, origin: str) -> int:
        """The latest mark that came before whatever comes now from `origin`."""
        return self._marks.get(origin, 0)

    def must_wait(self, origin: str) -> bool:
        """Whether an event from `origin` has to wait for the clock.

        In strict order a whole minute waits until it is complete, so that its events apply in one fixed order.
        """
        return self._strict or self._now < self.barrier(origin)

    def hold(self, origin: str, order: str, value: bytes) -> None:
        """Put an event on the agenda, to apply in `order` among those behind the same mark."""
        self._add(self.barrier(origin), _HELD, order, value)

    def arm(self, subject: str, due: datetime) -> None:
        """Ask for `subject` at the first minute at or after `due`."""
        self._add(micros(on_grid(due)), _DUE, subject, b"1")

    def heal(self, subject: str, due: datetime) -> None:
        """Arm again what a crash between two tables may have lost; writes nothing where all is well."""
        if self._rows.get(self._row(micros(on_grid(due)), _DUE, subject)) is None:
            self.arm(subject, due)

    def disarm(self, subject: str, due: datetime) -> None:
        """Take back what `arm` asked for."""
        self._rows.delete(self._row(micros(on_grid(due)), _DUE, subject))

    def mark(self, origin: str, time: datetime) -> Iterator[Step]:
        """Take a mark in and yield, in order, all that may now happen.

        Marks may be lost or doubled: a time earlier than one already seen changes nothing, and after a gap each
        subject is still decided at its own minute.
        """
        at = micros(time)
        if origin not in self._origins | self._peers or at <= self._marks.get(origin, 0):
            return
        self._marks[origin] = at
        self._unsaved = True
        now = self._least()
        if now > self._now:
            self._now = now
            if self._first is None or self._first <= now:
                yield from self._steps()

    def announce(self) -> datetime | None:
        """The clock, where peers should hear that it has moved on; None where they heard lately."""
        if not self._now or self._now - self._marks.get(_SAID, 0) < micros_of(ANNOUNCED_EVERY):
            return None
        self._marks[_SAID] = self._now
        self._unsaved = True
        return moment_of(self._now)

    def save(self) -> None:
        """Write the marks to the rows: once a batch, since a mark that is lost does no harm within one."""
        if self._unsaved:
            self._rows.put(self._key, dumps(self._marks))
            self._unsaved = False

    def _steps(self) -> Iterator[Step]:
        # One step at a time: what a step arms may come before the next row. A row goes only after its step, so that
        # a crash in between finds it again; steps are safe to repeat.
        self._from, self._first = _LOWEST, None
        while rows := self._rows.range(self._from, _HIGHEST, 1):
            key, value = rows[0]
            at, kind, rest = int.from_bytes(key[:8], "big"), key[8:9], key[9:-3]
            if at > self._now:
                self._first = at
                return
            if kind == _HELD and self._strict and at >= self._now:
                return
            self._from = key
            if kind == _HELD:
                yield Held(value, moment_of(at))
            else:
                yield Due(rest.decode("utf-8", "surrogatepass"), moment_of(at))
            self._rows.delete(key)
        self._first = _NEVER

    def _add(self, at: int, kind: bytes, rest: str, value: bytes) -> None:
        if self._first is not None and at < self._first:
            self._first = at
        row = self._row(at, kind, rest)
        # Also what a step asks for at a time that has passed is found before the steps go on.
        self._from = min(self._from, row)
        self._rows.put(row, value)

    def _row(self, at: int, kind: bytes, rest: str) -> bytes:
        return at.to_bytes(8, "big") + kind + rest.encode("utf-8", "surrogatepass") + self._suffix

    def _least(self) -> int:
        if not self._origins <= self._marks.keys():
            return 0
        least = min((self._marks[origin] for origin in self._origins), default=0)
        if not self._peers or not least:
            return least
        began = self._marks.setdefault(_BEGAN, least)
        return min(least, micros_of(PEERS_LAG) + min(self._marks.get(peer, began) for peer in self._peers))
