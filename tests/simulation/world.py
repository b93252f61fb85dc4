"""Virtual time, the processes in it, and the faults that strike at their durable effects."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any

from tests.simulation.loop import ProcessLoop
from tests.simulation.plan import Fault, Plan

STEP_SECONDS = 0.0005
"""Mean time that one turn of a process's loop takes."""


class Process:
    """One worker process of one host; the host's disk outlives it."""

    def __init__(self, world: World, host: str, number: int) -> None:
        self.world = world
        self.host = host
        self.name = f"{host}.{number}"
        self.alive = True
        self.frozen_until = 0.0
        self.pause = 0.0
        """Seconds for which it is to stop as soon as it may."""
        self.may_pause: Callable[[], bool] = lambda: True
        self.loop = ProcessLoop(world)
        self.ended = ""

    def die(self, why: str) -> None:
        """As SIGKILL does it: no line of its code runs any more."""
        if self.alive:
            self.alive = False
            self.ended = why
            self.world.note(self.name, "ends", why)
            self.world.on_death(self)


class World:
    """Everything random comes from the seed, so a seed is a run."""

    def __init__(self, plan: Plan, *, trace: Callable[[str], None] | None = None) -> None:
        self.plan = plan
        self.now = 0.0
        self.dice = random.Random(f"schedule/{plan.seed}")
        self.processes: list[Process] = []
        self.dead: list[Process] = []  # kept, so that no finalizer of theirs runs in another's step
        self.moments: Counter[str] = Counter()
        self.struck: list[Fault] = []
        self.steps = 0
        self.on_death: Callable[[Process], None] = lambda process: None
        self._trace = trace
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    # -- time

    def after(self, seconds: float, work: Callable[[], None]) -> None:
        """Do something later, outside of every process."""
        heapq.heappush(self._events, (self.now + seconds, next(self._order), work))

    def lag(self, mean: float = 0.004) -> float:
        """How long something takes on the way; now and then much longer than usual."""
        return min(self.dice.expovariate(1 / mean), 25 * mean)

    def run(self, is_done: Callable[[], bool], deadline: float) -> bool:
        """Go on until it is done; False when the deadline came first."""
        try:
            return self._run(is_done, deadline)
        finally:
            for process in (*self.processes, *self.dead):
                process.alive = False  # from here on what is collected says and does nothing
            self._trace = None

    def _run(self, is_done: Callable[[], bool], deadline: float) -> bool:
        coming, processes = self._events, self.processes
        while (now := self.now) < deadline:
            if coming and coming[0][0] <= now:
                heapq.heappop(coming)[2]()
                continue
            ready = [one for one in processes if one.frozen_until <= now and one.loop.is_due()]
            if ready:
                self._step(ready[0] if len(ready) == 1 else self.dice.choice(ready))
            elif is_done():
                return True
            elif not self._sleep():
                return False
        return False

    def _step(self, process: Process) -> None:
        self.steps += 1
        self.now += 2 * STEP_SECONDS * self.dice.random()
        process.loop.step()
        if process.pause:
            self._pause(process)
        if not process.alive and process in self.processes:
            self.bury(process)

    def bury(self, process: Process) -> None:
        """Take a dead process off the list."""
        if process in self.processes:
            self.processes.remove(process)
            self.dead.append(process)

    def _sleep(self) -> bool:
        times = [self._events[0][0]] if self._events else []
        for process in self.processes:
            wakes = process.loop.wakes_at()
            if wakes is not None:
                times.append(max(wakes, process.frozen_until))
        if not times:
            return False
        self.now = max(self.now, min(times))
        return True

    # -- faults

    def moment(self, process: Process, kind: str, apply: Callable[[], Any]) -> tuple[bool, Any]:
        """Something durable is about to happen; returns whether it did, and what came of it."""
        if not process.alive:
            return False, None
        self.moments[kind] += 1
        fault = next((one for one in self.plan.faults if one.strikes(kind, self.moments[kind])), None)
        if fault is None:
            return True, apply()
        self.struck.append(fault)
        if fault.action == "crash" and fault.before:
            process.die(f"crash before {kind} {self.moments[kind]}")
            return False, None
        result = apply()
        if fault.action == "crash":
            process.die(f"crash after {kind} {self.moments[kind]}")
        else:
            process.pause = fault.seconds
            self._pause(process)
        return True, result

    def _pause(self, process: Process) -> None:
        if self.plan.pause_anywhere or process.may_pause():
            self.note(process.name, f"frozen for {process.pause:.1f} s")
            process.frozen_until, process.pause = self.now + process.pause, 0.0

    def note(self, *what: object) -> None:
        """A line of the trace."""
        if self._trace is not None:
            self._trace(f"{self.now:9.4f} {' '.join(str(one) for one in what)}")
