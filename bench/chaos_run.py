"""One crash campaign: workers, notifier and board on a real Kafka and Redis, a recording fed, and things killed."""

import http.client
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import redis
from confluent_kafka import KafkaException

from bench.chaos_phase import Phase, PhaseReader
from cli.children import Child, ChildError
from cli.drain import OUTPUTS, READ_BY
from cli.embedded import LOOPBACK, free_port, redis_program
from cli.feed import Fed, Feeder
from cli.service import get
from schemas.recording import RawRecord
from schemas.words import LINK_EVENTS, RAW_TOPICS, SHIPMENT_EVENTS
from sinks.board.keys import Keys
from sinks.kafka import KafkaUnavailableError, producer
from sinks.progress import Place, Progress, Reached, uncommitted
from tests.service.harness import Bench

SINKS = {"notifier": "sinks.notifier", "board": "sinks.board"}
STAGES = (tuple(RAW_TOPICS), (LINK_EVENTS,), (SHIPMENT_EVENTS,))
_AIMED_WITHIN = 45.0
_STUCK_AFTER = 180.0


class StuckError(AssertionError):
    """Nothing moved any more although records were left; the message says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to happen; the same seed gives the same recording and the same choices, not the same moments."""

    kills: int = 3
    workers: int = 2
    in_recovery: int = 1
    """Least number of kills that hit a worker reading its state back."""
    in_rebalance: int = 0
    """Least number of kills that hit a worker between two assignments."""
    broker_kills: int = 0
    """Restarts of the broker after SIGKILL."""
    broker_stops: int = 0
    """Restarts of the broker after SIGTERM."""
    redis_restarts: int = 0
    """Kills of a Redis that keeps nothing, so that it comes back empty."""
    sinks: bool = True
    seed: int = 11


@dataclass(slots=True)
class Told:
    """What happened, to be printed."""

    kills: list[tuple[float, str, str, int]] = field(default_factory=list)
    """When, who, in which phase, and how many workers ran then."""
    notes: list[tuple[float, str]] = field(default_factory=list)
    exits: Counter[str] = field(default_factory=Counter)
    """Who ended by itself and was started again."""
    assignments: int = 0
    seconds: float = 0.0

    def phases(self) -> Counter[str]:
        """Kills by phase."""
        return Counter(phase for _, _, phase, _ in self.kills)


class Redis:
    """A Redis that keeps nothing, on one port through all its lives."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.port = folder, free_port()
        self.url = f"redis://{LOOPBACK}:{self.port}/0"
        self._child: Child | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = ["--bind", LOOPBACK, "--port", str(self.port), "--save", "", "--appendonly", "no"]
        command = [redis_program(), *options, "--dir", str(self._folder)]
        self._child = Child("redis", command, folder=self._folder, env={"PATH": os.environ["PATH"], "LC_ALL": "C"})
        deadline = time.monotonic() + 15
        with redis.Redis(LOOPBACK, self.port, socket_timeout=1) as client:
            while True:
                try:
                    client.ping()
                    return
                except redis.RedisError:
                    self._child.require_alive()
                    assert time.monotonic() < deadline, "Redis does not answer"
                    time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL."""
        if self._child is not None:
            self._child.kill()


class Campaign:
    """Runs a plan; all processes are started from the thread that calls `run`."""

    def __init__(self, bench: Bench, plan: Plan, say: Callable[[str], None] = lambda line: None) -> None:
        self.bench, self.plan, self.told = bench, plan, Told()
        self._say = say
        self._dice = random.Random(plan.seed)
        self._redis = Redis(bench.folder) if plan.sinks else None
        self._names = [f"worker-{number}" for number in range(1, plan.workers + 1)]
        self._phases: dict[str, PhaseReader] = {}
        self._down: dict[str, float] = {}
        self._sinks: dict[str, tuple[Child, int]] = {}
        self._allowed = 0
        self.views: dict[str, bytes] = {}
        """The board's documents by subject, once all is worked off."""
        self._began = time.monotonic()

    def run(self, records: Sequence[RawRecord]) -> Fed:
        """Feed the records while things are killed, then wait until all is worked off."""
        try:
            return self._run(records)
        finally:
            for child, _ in self._sinks.values():
                child.kill()
            if self._redis is not None:
                self._redis.kill()
            self.told.seconds = self._now()

    def _run(self, records: Sequence[RawRecord]) -> Fed:
        if self._redis is not None:
            self._redis.start()
        for name in [*self._names, *(SINKS if self.plan.sinks else ())]:
            self._start(name)
        self._until(lambda: Phase.FLOWING in self._now_in(), "no worker became ready")
        fed: list[Fed] = []
        failed: list[BaseException] = []
        feeding = Thread(target=self._feed, args=(records, fed, failed), daemon=True)
        feeding.start()
        self._strike(len(records))
        self._allowed = len(records)
        self._lose_one_for_good()
        self._until(lambda: not feeding.is_alive(), "the feeder does not end")
        if failed:
            raise failed[0]
        self._drain()
        for name in self._phases:
            self._book(name)
        return fed[0]

    # -- what goes wrong

    def _strike(self, records: int) -> None:
        plan = self.plan
        others = ["kill broker"] * plan.broker_kills + ["stop broker"] * plan.broker_stops
        others += ["redis"] * plan.redis_restarts
        # In the middle: there is something to lose before and something to do after.
        at = {max(1, plan.kills * (number + 1) // (len(others) + 1)): what for number, what in enumerate(others)}
        while len(self.told.kills) < plan.kills or self._missing():
            done = len(self.told.kills)
            assert done < plan.kills + 20, f"the phases asked for were not hit: {self.told.phases()}"
            self._allowed = min(records, records * (done + 1) // (plan.kills + 1))
            if (what := at.pop(done, None)) is not None:
                self._break(what)
            self._kill(self._aim(done))
        for what in at.values():
            self._break(what)

    def _missing(self) -> list[Phase]:
        hit = self.told.phases()
        wanted = {Phase.RECOVERY: self.plan.in_recovery, Phase.REBALANCE: self.plan.in_rebalance}
        return [phase for phase, least in wanted.items() for _ in range(least - hit[phase])]

    def _aim(self, done: int) -> str:
        """Somebody to kill, in a phase that is still to be hit, or at a random moment."""
        missing = self._missing()
        left = self.plan.kills - done
        if not missing or self._dice.random() < 1 - len(missing) / max(left, 1):
            self._pause(self._dice.uniform(0.2, 6))
            self._until(lambda: bool(self._running()), "no worker runs")
            return self._dice.choice(self._running())
        wanted = self._dice.choice(missing)
        deadline = time.monotonic() + _AIMED_WITHIN
        while time.monotonic() < deadline:
            self._tend()
            found = [name for name in self._running() if self._phases[name].now() is wanted]
            if found:
                victim = self._dice.choice(found)
                time.sleep(self._dice.uniform(0, 0.3))
                if self._phases[victim].now() is wanted:
                    return victim
            time.sleep(0.005)
        return self._dice.choice(self._running() or self._names)

    def _kill(self, name: str) -> None:
        running = len(self._running())
        child, _ = self.bench.workers[name]
        if not child.alive:
            return
        child.kill()
        phase = self._phases[name].now()
        self.told.kills.append((self._now(), name, phase, running))
        self._say(f"{self._now():7.1f} s  kill {len(self.told.kills):2d}: {name} in {phase}, {running} running")
        # Back at once, or so late that the others have taken over what it had.
        self._down[name] = time.monotonic() + self._dice.choice(
            (0.0, self._dice.uniform(0, 4), self._dice.uniform(7, 12))
        )

    def _break(self, what: str) -> None:
        self._pause(self._dice.uniform(0.5, 2))
        began = time.monotonic()
        if what == "redis":
            assert self._redis is not None
            self._redis.kill()
            time.sleep(self._dice.uniform(0.5, 3))
            self._redis.start()
        else:
            broker = self.bench.broker
            end = broker.kill if what == "kill broker" else broker.stop
            assert end is not None and broker.restart is not None, f"{broker.kind} cannot be restarted"
            end()
            time.sleep(self._dice.uniform(0.5, 3))
            broker.restart()
        self._note(f"{what}: back after {time.monotonic() - began:.1f} s")

    def _lose_one_for_good(self) -> None:
        """With others left, one dies and never comes back: they have to end the work without it."""
        if self.plan.workers > 1:
            self._until(lambda: len(self._running()) == self.plan.workers, "not all workers run")
            name = self._names.pop(self._dice.randrange(len(self._names)))
            self.bench.workers[name][0].kill()
            self._note(f"{name} killed for good in {self._phases[name].now()}")

    # -- who runs

    def _start(self, name: str) -> None:
        log = self.bench.folder / f"{name}.log"
        if name in SINKS:
            assert self._redis is not None
            port = free_port()
            own = {f"WISMO_{name.upper()}_METRICS_PORT": str(port), "REDIS_URL": self._redis.url}
            env = {**os.environ, **self.bench.env, **own, "PYTHONUNBUFFERED": "1", "WISMO_LEDGER_LEASE_SECONDS": "10"}
            env["WISMO_DIGEST_SECONDS"] = "5"
            command = [sys.executable, "-m", SINKS[name]]
            self._sinks[name] = Child(name, command, folder=self.bench.folder, env=env), port
            return
        if name in self._phases:
            self._book(name)
        self._phases[name] = PhaseReader(log)
        self.bench.start(name)

    def _book(self, name: str) -> None:
        """Count what this life of a worker was given."""
        self._phases[name].now()
        self.told.assignments += self._phases[name].assignments

    def _tend(self) -> None:
        """Start what is due, and again what ended by itself, as a supervisor would."""
        for name in self._names:
            child, _ = self.bench.workers[name]
            if not child.alive and name not in self._down:
                self._ended(name, child)
                self._down[name] = time.monotonic() + 0.5
            if time.monotonic() >= self._down.get(name, float("inf")):
                del self._down[name]
                self._start(name)
        for name, (child, _) in list(self._sinks.items()):
            if not child.alive:
                self._ended(name, child)
                self._start(name)

    def _ended(self, name: str, child: Child) -> None:
        try:
            child.require_alive()
        except ChildError as error:
            self.told.exits[name.partition("-")[0]] += 1
            self._note(str(error).partition(";")[0])

    def _running(self) -> list[str]:
        return [name for name in self._names if self.bench.workers[name][0].alive]

    def _now_in(self) -> set[Phase]:
        return {self._phases[name].now() for name in self._running()}

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._tend()
            time.sleep(0.02)

    def _until(self, reached: Callable[[], bool], else_: str, patience: float = _STUCK_AFTER) -> None:
        deadline = time.monotonic() + patience
        while not reached():
            self._tend()
            if time.monotonic() > deadline:
                raise StuckError(else_)
            time.sleep(0.05)

    # -- what flows

    def _feed(self, records: Sequence[RawRecord], fed: list[Fed], failed: list[BaseException]) -> None:
        def gate(so_far: Fed) -> None:
            while so_far.records > self._allowed:
                time.sleep(0.02)

        try:
            fed.append(Feeder(producer(self.bench.settings), self.bench.partitions).feed(records, progress=gate))
        except BaseException as error:  # Raised again by the thread that waits.
            failed.append(error)

    def _drain(self) -> None:
        """Until every stage has committed all there is, stage after stage, and found nothing new."""
        for group, topics in [("wismo", stage) for stage in STAGES] * 2:
            self._drained(group, topics)
        if self.plan.sinks:
            for group, read in READ_BY.items():
                self._drained(group, tuple(sorted(set(OUTPUTS) & read)))
            # A board that was built anew is behind what it committed before.
            self._until(lambda: get(self._sinks["board"][1], "/readyz")[0] == http.client.OK, "the board is not whole")
            self.views = self._board()
        self._note("all worked off")

    def _drained(self, group: str, topics: tuple[str, ...]) -> None:
        places = [(topic, partition) for topic in topics for partition in range(self.bench.partitions)]
        # What is left may grow for minutes while earlier stages catch up: it stands still where nothing is committed.
        most, deadline = -1, time.monotonic() + _STUCK_AFTER
        with closing(Progress(self.bench.settings, group)) as asked:
            while (reached := _reached(asked, places)) is None or uncommitted(reached):
                done = sum(committed for committed, _ in (reached or {}).values())
                if done > most:
                    most, deadline = done, time.monotonic() + _STUCK_AFTER
                if time.monotonic() > deadline:
                    left = uncommitted(reached or {})
                    raise StuckError(f"{group} stands still, {left} behind on {', '.join(topics)}")
                self._pause(0.5)

    def _note(self, text: str) -> None:
        self.told.notes.append((self._now(), text))
        self._say(f"{self._now():7.1f} s  {text}")

    def _now(self) -> float:
        return time.monotonic() - self._began

    def _board(self) -> dict[str, bytes]:
        assert self._redis is not None
        root = Keys(self.bench.settings.redis_prefix).view("")
        with redis.Redis.from_url(self._redis.url) as client:
            names = [name.decode() for name in client.scan_iter(match=f"{root}*", count=1000)]
            return {name.removeprefix(root): raw for name, raw in zip(names, client.mget(names), strict=True) if raw}


def _reached(asked: Progress, places: Sequence[Place]) -> Reached | None:
    """How far a group is; None where the broker does not answer just now."""
    try:
        return asked.reached(places)
    except (KafkaException, KafkaUnavailableError):
        return None
