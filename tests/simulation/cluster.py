"""One run of a plan: the cluster, its supervisor, the feed, and the end."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from schemas.words import LINK_EVENTS, RAW_TOPICS, SHIPMENT_EVENTS
from streams.app import APP_ID
from streams.engine.tp import TP
from streams.hops import DUE, LINKS, LINKS_DUE, SHIPMENTS
from tests.simulation.broker import Broker
from tests.simulation.disk import Disk
from tests.simulation.feed import Feed, feed_of
from tests.simulation.group import Group
from tests.simulation.plan import SESSION_SECONDS, Happening, Plan
from tests.simulation.worker import Worker
from tests.simulation.world import Process, World

OUTPUTS = (
    "shipments",
    "shipment-updates",
    "customer-messages",
    "exceptions-fulfillment",
    "exceptions-support",
    "exceptions-finance",
    "exceptions-operations",
    "dead-letters",
)
CHANGELOGS = tuple(f"{APP_ID}-{table}-changelog" for table in (LINKS, LINKS_DUE, SHIPMENTS, DUE))
SOURCES = (*RAW_TOPICS, LINK_EVENTS, SHIPMENT_EVENTS)
FEED_SECONDS = 2.5
PATIENCE = 500.0
"""Virtual seconds after which a run counts as stuck."""


@dataclass(slots=True)
class Ran:
    """What is left of a run, for the oracle."""

    plan: Plan
    feed: Feed
    broker: Broker
    world: World
    finished: bool
    deaths: list[str]
    rebalances: int
    owners: dict[int, str]
    apps: dict[str, Any]
    """The apps of the workers that live at the end."""

    @property
    def steady(self) -> bool:
        """Nothing was killed, paused or moved: then nothing may have been repeated."""
        return not self.deaths and self.rebalances == 1 and not self.world.struck

    def apps_of(self, partition: int) -> list[Any]:
        """Who works on a partition."""
        place = TP(SHIPMENT_EVENTS, partition)
        return [
            app
            for member, app in self.apps.items()
            if member == self.owners.get(partition) and place in app.consumer.ledger.epochs()
        ]


class Cluster:
    """Workers on hosts, restarted when they end, over one broker."""

    def __init__(self, plan: Plan, trace: Callable[[str], None] | None = None) -> None:
        self.plan = plan
        self.world = World(plan, trace=trace)
        self.world.on_death = self._restart_later
        self.broker = Broker((*SOURCES, *OUTPUTS, *CHANGELOGS), plan.partitions)
        self.group = Group(
            plan.partitions, SOURCES, CHANGELOGS, plan.store == "rocksdb", SESSION_SECONDS, random.Random(plan.seed)
        )
        self.feed = feed_of(plan)
        self._disks: dict[str, Disk] = {}
        self._workers: dict[str, Worker] = {}
        self._starts = 0
        self._asked = 0.0
        self._pending = 0  # feed and happenings to come

    def run(self) -> Ran:
        """From the first worker's start until everything is worked off."""
        for number in range(self.plan.workers):
            self._later(self.world.dice.uniform(0, 3) if number else 0.0, lambda n=number: self._start(f"host{n}"))
        self._feed()
        for one in self.plan.happenings:
            self._later(one.at, lambda one=one: self._happen(one))
        self._tick()
        finished = self.world.run(self._is_done, PATIENCE)
        deaths = [f"{process.name} {process.ended}" for process in self.world.dead]
        workers = [self._workers[process.name] for process in self.world.processes]
        apps = {worker._client.member or "": worker.app for worker in workers}
        owners = self.group.owners if self.group.preparing_since is None else {}
        return Ran(self.plan, self.feed, self.broker, self.world, finished, deaths, self.group.generation, owners, apps)

    def _later(self, seconds: float, work: Callable[[], None]) -> None:
        self._pending += 1

        def done() -> None:
            self._pending -= 1
            work()

        self.world.after(seconds, done)

    def _tick(self) -> None:
        self.group.tick(self.world.now)
        self.world.after(0.5, self._tick)

    def _is_done(self) -> bool:
        if self._pending or not self.world.processes or self.world.now < self._asked + 0.25:
            return False
        if any(process.frozen_until > self.world.now for process in self.world.processes):
            return False  # what it does when it goes on belongs to the run
        self._asked = self.world.now
        logs = self.broker.logs
        return all(
            self.group.committed.get(tp, 0) >= logs[tp].end
            for tp in (TP(topic, p) for topic in SOURCES for p in range(self.plan.partitions))
        )

    # -- workers

    def _start(self, host: str) -> None:
        self._starts += 1
        process = Process(self.world, host, self._starts)
        self.world.processes.append(process)
        self._workers[process.name] = Worker(process, self.broker, self.group, self._disks.setdefault(host, {}))

    def _restart_later(self, process: Process) -> None:
        self.broker.watchers[:] = [w for w in self.broker.watchers if w.__self__._network.process.alive]  # type: ignore[attr-defined]
        self._later(0.0, lambda: self.world.bury(process))
        self._later(self.world.dice.choice((0.2, 1.0, 5.0)), lambda: self._start(process.host))

    # -- what comes from outside

    def _feed(self) -> None:
        dice = self.world.dice
        for tp, rows in sorted(self.feed.rows.items()):
            delay, done = dice.choice((0.0, 0.0, 3.0)), 0
            while done < len(rows):
                part = rows[done : done + dice.randint(8, 100)]
                when = 0.5 + delay + FEED_SECONDS * done / len(rows)
                self._later(when, lambda tp=tp, part=part: self._write(tp, part))
                done += len(part)

    def _write(self, tp: TP, rows: list) -> None:  # type: ignore[type-arg]
        log = self.broker.logs[tp]
        log.append(rows, "sender")
        log.replicate(log.end)
        self.broker.tell(tp)

    def _happen(self, one: Happening) -> None:
        self.world.note("world:", one)
        {"join": self._join, "leave": self._leave, "outage": self._outage, "clean": self._clean}.get(
            one.what, self._fail_over
        )(one)

    def _join(self, one: Happening) -> None:
        # A host of its own: two processes cannot open one database.
        self._start(f"new{self._starts}")

    def _outage(self, one: Happening) -> None:
        topics = (*OUTPUTS[:4], LINK_EVENTS, SHIPMENT_EVENTS, *CHANGELOGS)
        for partition in range(self.plan.partitions):
            log = self.broker.logs[TP(topics[one.which % len(topics)], partition)]
            log.closed_until = self.world.now + one.seconds

    def _clean(self, one: Happening) -> None:
        for topic in CHANGELOGS:
            for partition in range(self.plan.partitions):
                self.broker.logs[TP(topic, partition)].clean()

    def _fail_over(self, one: Happening) -> None:
        for log in self.broker.logs.values():
            log.fail_over()

    def _leave(self, one: Happening) -> None:
        living = [process for process in self.world.processes if process.alive]
        if living:
            process = living[one.which % len(living)]
            self.group.leave(self._workers[process.name]._client.member, self.world.now)
            process.die("stopped")


def run(plan: Plan, trace: Callable[[str], None] | None = None) -> Ran:
    """Run a plan."""
    return Cluster(plan, trace).run()
