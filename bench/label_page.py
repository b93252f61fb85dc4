"""`docs/labels.md`: the scores of the kinds as a page: `python -m bench.label_page SCORES --date DAY`.

SCORES is what `python -m bench.labels` printed.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

PAGE: Final = Path(__file__).parents[1] / "docs/labels.md"
RECALL, PRECISION = 0.99, 0.95
"""What is aimed at, of what shows in the data."""
_COLUMNS: Final = "labels shows found hidden missed recall cases natural false precision".split()
_RULES: Final = {
    "told_twice": "a customer told the same twice",
    "sent_over_tickets": "a message, but of class `critical`, over an open ticket",
}
_TEXT: Final = """# Kinds against labels

`wismo simulate --labels` writes down the cause of each trouble that it makes, never a threshold: a parcel that is lost,
an address that is wrong. `bench/label_truth.py` measures, with plain code of its own, which of these causes show in the
data: a scan tells of it, or a silence passes the shipped threshold, while that is still the latest news.

- **shows**: labels whose cause shows; **found**: those with a case; **hidden**: those for which a greater case or an
  incident speaks; **recall** counts both.
- **natural**: cases without a label whose cause shows all the same, such as a weekend's parcel that stands still a
  little too long; **false**: cases with neither. **Precision** is the share that is not false.

An incident's label is a cause without a place, a storm or a hub that is closed, until the last parcel that it struck
moves again. It shows where enough of these stand still at one place of one carrier, and a case is of it that began in
its time at a place where some of them stood (`bench/label_incidents.py`).

A label that does not show is no miss: most parcels that are late by an hour are delivered before anybody can know, and
a first failed attempt that is told of when the parcel is out again makes no second one of the next.
"""


def page(rows: list[dict[str, Any]], command: str, day: str) -> str:
    """The page."""
    kinds = [row for row in rows if "kind" in row]
    rules = {row["rule"]: row["broken"] for row in rows if "rule" in row}
    told = "".join(f"| {_RULES[name]} | {count} | 0 |\n" for name, count in rules.items())
    below = [row["kind"] for row in kinds if _below(row)]
    return (
        f"{_TEXT}\nWritten by `python -m bench.label_page` from `{command}`, {day}.\n"
        f"Aimed at: recall {RECALL}, precision {PRECISION}, and nothing of the two below."
        f" Below their bar: {', '.join(below) or 'none'}.\n\n"
        f"| rule | broken | aim |\n|---|---:|---:|\n{told}\n"
        f"| kind | {' | '.join(_COLUMNS)} |\n|---|{'---:|' * len(_COLUMNS)}\n{''.join(_lines(kinds))}"
    )


def _lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        cells = ["-" if row[name] is None else str(row[name]) for name in _COLUMNS]
        yield f"| {row['kind']} | {' | '.join(cells)} |\n"


def _below(row: dict[str, Any]) -> bool:
    return (row["recall"] or 1) < RECALL or (row["precision"] or 1) < PRECISION


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(prog="python -m bench.label_page", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("scores", type=Path)
    parser.add_argument("--command", default="python -m bench.labels")
    parser.add_argument("--date", required=True)
    asked = parser.parse_args()
    rows = [json.loads(line) for line in asked.scores.read_text(encoding="utf-8").splitlines()]
    PAGE.write_text(page(rows, asked.command, asked.date), encoding="utf-8")


if __name__ == "__main__":
    main()
