"""Golden examples: one folder an event type, one JSON file an event as subscribers get it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "examples"


@dataclass(frozen=True, slots=True)
class Example:
    """One golden event."""

    type: str
    """Its CloudEvents type, else the name of its folder: a contract."""
    name: str
    place: str
    """Folder and file, for messages."""
    headers: dict[str, str]
    key: str | None
    value: Any

    def node(self) -> dict[str, Any]:
        """The example as a message of an AsyncAPI document words it."""
        return {"name": self.name, "headers": self.headers, "payload": self.value}


def load_examples(folder: Path = FOLDER) -> list[Example]:
    """All examples by folder and file name, none where there is no folder; raises `ValueError` naming a bad file."""
    return [_example(path) for path in sorted(folder.glob("*/*.json"))]


def _example(path: Path) -> Example:
    place = f"{path.parent.name}/{path.name}"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        headers = {str(name): str(value) for name, value in told["headers"].items()}
        type_ = headers.get("ce_type", path.parent.name)
        return Example(type_, f"{path.parent.name}-{path.stem}", place, headers, told["key"], told["value"])
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        shape = '{"headers": {...}, "key": "...", "value": {...}}'
        raise ValueError(f"schemas/examples/{place}: {error!r}; an example is {shape}") from error
