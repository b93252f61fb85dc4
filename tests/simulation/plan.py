"""What a seed stands for: the recording, the cluster and the faults of one run."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

MOMENTS = ("output", "changelog", "store", "commit", "assigned", "revoked", "recovery", "fetch")
"""What faults strike at. `output` and `changelog` are requests the broker takes; `recovery` is a changelog read.

Not drawn, for plants alone: `part` is a request of rows that is full, so that more of its write is to come; `request`
comes between the engine's last look at its lease and a request of rows.
"""

RECORDINGS = (
    *(27, 42, 55, 121, 136, 190, 203, 224, 288, 339, 340, 436, 471, 472, 521, 524, 549, 690),
    *(1079, 1082, 1312, 1320, 1424, 1552, 1798, 2014, 2072, 2089, 2221, 2271, 2319, 2337),
)
"""Seeds of small recordings that lead to many kinds of cases and messages within few days: to what comes of an hour
in which nothing is said no fault is new.
"""
WHOLE = 1000
"""So many rows go into one request: a table's rows of a batch are written all or none."""
SESSION_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Fault:
    """At the `count`-th moment of a kind, its process is killed (before or after the effect) or paused."""

    action: str
    moment: str
    count: int
    before: bool = False
    seconds: float = 0.0

    def strikes(self, moment: str, count: int) -> bool:
        return self.moment == moment and self.count == count


@dataclass(frozen=True, slots=True)
class Happening:
    """Something from outside: a topic that takes nothing, a worker that comes or goes, a cleaning, another leader."""

    what: str
    at: float
    seconds: float = 0.0
    which: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. `faults` and `happenings` are what shrinking takes away first."""

    seed: int
    recording: int = RECORDINGS[0]
    records: int | None = None
    partitions: int = 2
    workers: int = 1
    store: str = "memory"
    strict: bool = True
    max_poll: int = 50
    fetch_seconds: float = 0.01
    """How long a fetch takes on average: what has come by then comes in one batch."""
    batch_rows: int = WHOLE
    lost_acks: float = 0.0
    doubled_raw: float = 0.0
    resent_raw: float = 0.0
    lost_marks: float = 0.0
    doubled_marks: float = 0.0
    poison: tuple[str, ...] = ()
    slow_partition: int | None = None
    pause_anywhere: bool = False
    """Whether a pause may also part the engine's last look at its lease from the request it sends then."""
    faults: tuple[Fault, ...] = ()
    happenings: tuple[Happening, ...] = field(default=())


def draw(seed: int) -> Plan:
    """The plan of a seed."""
    dice = random.Random(f"plan/{seed}")
    workers = dice.choices((1, 2, 3), (5, 4, 1))[0]
    return Plan(
        seed=seed,
        recording=dice.choice(RECORDINGS),
        partitions=dice.choices((1, 2, 3), (3, 6, 1))[0],
        workers=workers,
        store=dice.choice(("memory", "rocksdb")),
        strict=dice.random() < 0.8,
        max_poll=dice.choice((5, 25, 100, 400)),
        fetch_seconds=dice.choice((0.01, 0.04)),
        batch_rows=dice.choice((3, 10, WHOLE)),
        lost_acks=dice.choice((0, 0, 0.02, 0.1)),
        doubled_raw=dice.choice((0, 0.2)),
        resent_raw=dice.choice((0, 0.2)),
        lost_marks=dice.choice((0, 0, 0.2)),
        doubled_marks=dice.choice((0, 0.2)),
        poison=tuple(dice.sample(("router", "linker", "tracker", "garbage"), dice.choice((0, 0, 0, 1, 2)))),
        slow_partition=dice.choice((None, None, 0, 1)),
        faults=tuple(_fault(dice) for _ in range(dice.choices((0, 1, 2, 3, 5), (1, 4, 4, 2, 1))[0])),
        happenings=tuple(_happening(dice) for _ in range(dice.choices((0, 1, 2), (4, 4, 2))[0])),
    )


def _fault(dice: random.Random) -> Fault:
    moment = dice.choices(MOMENTS, (4, 5, 4, 2, 1, 1, 2, 1))[0]
    most = {"assigned": 4, "revoked": 4, "recovery": 30, "fetch": 60, "commit": 12}.get(moment, 60)
    frozen = dice.random() < 0.15
    return Fault(
        action="freeze" if frozen else "crash",
        moment=moment,
        count=dice.randint(1, most),
        before=dice.random() < 0.5,
        seconds=dice.uniform(0.5, 3 * SESSION_SECONDS) if frozen else 0.0,
    )


def _happening(dice: random.Random) -> Happening:
    what = dice.choice(("join", "leave", "outage", "clean", "failover"))
    return Happening(what, dice.uniform(0.5, 9), dice.choice((2.0, 8.0, 70.0)), dice.randrange(100))


def smaller(plan: Plan) -> list[Plan]:
    """Plans with one thing less, biggest steps first."""
    made = []
    if plan.happenings:
        made.append(replace(plan, happenings=()))
    made += [replace(plan, faults=_without(plan.faults, n)) for n in range(len(plan.faults))]
    made += [replace(plan, happenings=_without(plan.happenings, n)) for n in range(len(plan.happenings))]
    quiet = {"lost_acks": 0.0, "doubled_raw": 0.0, "resent_raw": 0.0, "lost_marks": 0.0, "doubled_marks": 0.0}
    made += [replace(plan, **{name: none}) for name, none in quiet.items() if getattr(plan, name)]  # type: ignore[arg-type]
    made += [replace(plan, poison=_without(plan.poison, n)) for n in range(len(plan.poison))]
    if plan.workers > 1:
        made.append(replace(plan, workers=plan.workers - 1))
    if plan.partitions > 1:
        made.append(replace(plan, partitions=plan.partitions - 1))
    if plan.slow_partition is not None:
        made.append(replace(plan, slow_partition=None))
    if plan.records is None or plan.records > 1:
        made += [replace(plan, records=many) for many in _fewer(plan.records)]
    return made


def _without(many: tuple, index: int) -> tuple:  # type: ignore[type-arg]
    return many[:index] + many[index + 1 :]


def _fewer(records: int | None) -> list[int]:
    if records is None:
        return [5, 10, 20, 40]
    return sorted({records // 2, records - 1} - {0})
