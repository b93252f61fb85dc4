"""The plots of docs/performance.md: `python -m bench.plots RESULTS FOLDER`, run where matplotlib is."""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
# Same results, same bytes: no random ids, and no date below.
matplotlib.rcParams.update({"svg.hashsalt": "wismo", "svg.fonttype": "none", "font.size": 9})

from matplotlib import pyplot  # noqa: E402 - the backend comes first

_ENGINES = {"wismo": "this service", "loop": "loop", "quix": "Quix", "bytewax": "Bytewax", "faust": "stock Faust"}


def engines(rows: dict[str, Any], folder: Path) -> None:
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(7, 2.2))
    for axes, mode in ((left, "real"), (right, "empty")):
        found = {name: rows.get(f"engines/{mode}/{engine}") for engine, name in _ENGINES.items()}
        costs = {name: row["us_cpu_per_record"] for name, row in found.items() if row}
        axes.bar_label(axes.barh(list(costs), list(costs.values()), color="#4477aa"), fmt="%.0f", padding=2)
        axes.set_title(f"{mode} rules: us CPU a record")
        axes.invert_yaxis()
        axes.margins(x=0.15)
        axes.spines[["top", "right"]].set_visible(False)
    _save(figure, folder / "performance-engines.svg")


def in_flight(rows: dict[str, Any], folder: Path) -> None:
    found = sorted(
        (row for name, row in rows.items() if name.startswith("in-flight/")), key=lambda row: row["shipments"]
    )
    figure, axes = pyplot.subplots(figsize=(4.5, 2.2))
    axes.plot([row["shipments"] for row in found], [row["us_cpu_per_record"] for row in found], marker="o")
    axes.set(xscale="log", ylim=0, xlabel="live shipments", ylabel="us CPU a record")
    axes.spines[["top", "right"]].set_visible(False)
    _save(figure, folder / "performance-in-flight.svg")


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main(results: str, folder: str) -> None:
    rows = json.loads(Path(results).read_text(encoding="utf-8"))
    engines(rows, Path(folder))
    in_flight(rows, Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
