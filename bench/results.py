"""Where measurements go: one JSON line each on standard output, and a file that the report is made of."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

RESULTS: Final = Path(__file__).parent / "results.json"


def say(measurement: str, command: str, **figures: Any) -> None:
    """Print one measurement and keep it in place of the last one of the same name."""
    rounded = {key: _rounded(value) for key, value in figures.items()}
    day = datetime.now(UTC).date().isoformat()
    row = {"measurement": measurement, "at": day, "command": command, "load": round(os.getloadavg()[1], 1), **rounded}
    print(json.dumps(row), flush=True)
    kept = load()
    kept[measurement] = row
    RESULTS.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def load() -> dict[str, dict[str, Any]]:
    """All measurements kept, by name."""
    if not RESULTS.exists():
        return {}
    kept: dict[str, dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return kept


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3 if abs(value) < 10 else 1)
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list) else value
