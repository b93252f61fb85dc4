"""Measure, print one JSON line each, and rewrite docs/performance.md: `python -m bench [PART...]`.

`core`, `backtest`, `profile` and `timers` need nothing; `engines`, `service` and `comebacks` start an Apache Kafka
(Java 17 and Maven, or Docker); `report` only rewrites the page. Without a word: all, at the sizes that the report
names.
"""

import argparse

PARTS = ("core", "backtest", "profile", "timers", "engines", "service", "comebacks", "report")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="what to measure; default: everything")
    parser.add_argument("--full", action="store_true", help="full sizes: a backlog of and up to 1,000,000 shipments")
    asked = parser.parse_args()
    for part in asked.parts or PARTS:
        _run(part, asked.full)


def _run(part: str, full: bool) -> None:
    # Imported late: the core needs no Kafka client, the report no rules.
    if part == "core":
        from bench.core import measure

        measure()
    elif part == "backtest":
        from bench.backtesting import measure as backtest

        backtest()
    elif part == "profile":
        from bench.profile import measure as profile

        profile()
    elif part == "timers":
        from bench.timers import measure as timers

        timers(full=full)
    elif part == "comebacks":
        from bench.comebacks import measure as comebacks

        comebacks(full=full)
    elif part == "engines":
        from bench.engines.__main__ import run

        run()
    elif part == "service":
        from bench.service import measure as service

        service(full=full)
    else:
        from bench.report import write

        write()


if __name__ == "__main__":
    main()
