"""Where the marks of a plot stand; the page draws them as SVG."""

from collections.abc import Sequence
from typing import Any, Final

Row = tuple[str, int, int]
"""A label, and the counts of the old and the new policy."""

_LABELS: Final = 170
_BARS: Final = 380
_ROW: Final = 34
_BAR: Final = 13
_PLOT: Final = (600, 200)
_EDGE: Final = 34


def bars(rows: Sequence[Row]) -> dict[str, Any]:
    """Horizontal bars in pairs, each with its count at its end."""
    most = max((count for _, *counts in rows for count in counts), default=0) or 1
    drawn = []
    for number, (label, *counts) in enumerate(rows):
        top = number * _ROW
        pair = [
            {"side": side, "y": top + index * _BAR, "width": round(count / most * _BARS, 1), "count": count}
            for index, (side, count) in enumerate(zip(("old", "new"), counts, strict=True))
        ]
        drawn.append({"label": label, "y": top + _BAR + 3, "pair": pair})
    height = max(_ROW, len(rows) * _ROW)
    return {"rows": drawn, "height": height, "width": _LABELS + _BARS + 60, "x": _LABELS, "thick": _BAR - 2}


def lines(rows: Sequence[Row]) -> dict[str, Any]:
    """Two lines over the days, with the least and the greatest day and count at the edges."""
    width, height = _PLOT
    most = max((count for _, *counts in rows for count in counts), default=0) or 1
    step = (width - 2 * _EDGE) / max(1, len(rows) - 1)

    def points(counts: Sequence[int]) -> list[tuple[float, float]]:
        heights = (count / most * (height - 2 * _EDGE) for count in counts)
        return [(round(_EDGE + n * step, 1), round(height - _EDGE - up, 1)) for n, up in enumerate(heights)]

    drawn = {"old": points([old for _, old, _ in rows]), "new": points([new for *_, new in rows])}
    ends = (rows[0][0], rows[-1][0]) if rows else ("", "")
    return {"width": width, "height": height, "edge": _EDGE, "most": most, "points": drawn, "ends": ends}
