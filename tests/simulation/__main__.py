"""`python -m tests.simulation --seed N [--trace]`: run a seed again; without a seed, many of them."""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import sys
import time
import warnings


def main() -> int:
    """0: every run was good; 1: something was lost, doubled or stuck."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="run this one")
    parser.add_argument("--seeds", default="0:100", help="run FIRST:LAST (LAST is left out); default %(default)s")
    parser.add_argument("--plant", default="", help="with this planted bug, see plants.py")
    parser.add_argument("--trace", action="store_true", help="say what happens, to stderr")
    parser.add_argument("--no-shrink", action="store_true", help="report the seed as it failed")
    parser.add_argument("--stop", action="store_true", help="stop at the first failure")
    parser.add_argument("--hunt", default="", help="planted bugs, a,b,c: the first seed that finds each, as JSON lines")
    args = parser.parse_args()
    _same_everywhere()
    logging.disable(logging.CRITICAL)
    gc.set_threshold(50_000, 20, 50)  # as the engine has it
    # What a killed process left half done is no news.
    warnings.simplefilter("ignore", RuntimeWarning)
    sys.unraisablehook = lambda problem: None
    from tests.simulation.campaign import hunted, report, seeds_of
    from tests.simulation.seams import seams

    gc.freeze()  # what is loaded by now stays
    first, last = (int(part) for part in args.seeds.split(":"))
    chosen = [args.seed] if args.seed is not None else list(range(first, last))
    started = time.perf_counter()
    failed = 0
    with seams():
        if args.hunt:
            for plant in args.hunt.split(","):
                print(json.dumps(hunted(plant, chosen)), flush=True)
            return 0
        for result in seeds_of(chosen, args.plant, trace=_say if args.trace else None):
            if result.wrong:
                failed += 1
                report(result, args.plant, shrink=not args.no_shrink)
                if args.stop:
                    break
    seconds = time.perf_counter() - started
    print(f"{len(chosen)} seeds, {failed} failed, {seconds:.1f} s", file=sys.stderr)
    return 1 if failed else 0


def _same_everywhere() -> None:
    """Faust keeps partitions in sets: their order must not hang on the process that runs the seed."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]])


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
