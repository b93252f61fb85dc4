"""Many seeds, and the smallest run that still shows what a failed one showed."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass

from tests.simulation.cluster import run
from tests.simulation.oracle import check
from tests.simulation.plan import Plan, draw, smaller
from tests.simulation.plants import LIMITS, PLANTS

SHRINK_RUNS = 60
KNOWN = {**PLANTS, **LIMITS}


@dataclass(slots=True)
class Result:
    """A plan and what was wrong with its run."""

    plan: Plan
    wrong: list[str]
    deaths: list[str]


def seeds_of(seeds: Iterable[int], plant: str, trace: Callable[[str], None] | None = None) -> Iterator[Result]:
    """Run seeds one after the other."""
    for seed in seeds:
        plan = draw(seed)
        yield tried(KNOWN[plant].bend(plan) if plant else plan, plant, trace)


def tried(plan: Plan, plant: str = "", trace: Callable[[str], None] | None = None) -> Result:
    """Run a plan and ask the oracle; an error of the simulation itself is a finding too."""
    try:
        with KNOWN[plant].planted() if plant else nullcontext():
            ran = run(plan, trace)
        return Result(plan, check(ran), ran.deaths)
    except Exception:
        return Result(plan, [f"the simulation raised:\n{traceback.format_exc()}"], [])


def hunted(plant: str, seeds: Iterable[int]) -> dict[str, object]:
    """The first seed in which a planted bug shows, and what is wrong with the same plan without it."""
    for result in seeds_of(seeds, plant):
        if result.wrong:
            found = {"seed": result.plan.seed, "wrong": result.wrong[:3], "deaths": result.deaths}
            return {"plant": plant, **found, "without": tried(result.plan).wrong}
    return {"plant": plant, "seed": None}


def shrunk(result: Result, plant: str) -> Result:
    """The same kind of failure with fewer faults and records, as far as a few tries go."""
    left = SHRINK_RUNS
    better = True
    while better and left > 0:
        better = False
        for plan in smaller(result.plan):
            if left <= 0:
                break
            left -= 1
            smaller_one = tried(plan, plant)
            if smaller_one.wrong:
                result, better = smaller_one, True
                break
    return result


def report(result: Result, plant: str, *, shrink: bool) -> None:
    """Print what failed and the one command that shows it again."""
    seed = result.plan.seed
    print(f"seed {seed} failed")
    for line in result.wrong[:6]:
        print(f"  {line}")
    print(f"  again: python -m tests.simulation --seed {seed}{f' --plant {plant}' if plant else ''} --trace")
    if shrink:
        least = shrunk(result, plant)
        print(f"  smallest: {least.plan}")
        print(f"  ends: {least.deaths}")
        for line in least.wrong[:3]:
            print(f"    {line}")
