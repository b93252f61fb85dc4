"""Golden examples as messages of the AsyncAPI document: one folder a contract, one JSON file an event."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from schemas.dead_letters import ERRORS

FOLDER: Final = Path(__file__).parent / "examples"


@dataclass(frozen=True, slots=True)
class Example:
    """One golden event."""

    contract: str
    """The name of its folder."""
    name: str
    headers: dict[str, str]
    key: str | None
    value: Any

    @property
    def place(self) -> str:
        """Folder and file."""
        return f"{self.contract}/{self.name}.json"

    @property
    def type(self) -> str:
        """What it is an example of: a CloudEvents type, or a reason why a record was parked."""
        return self.headers.get("ce_type") or self.headers.get(f"{ERRORS}reason") or self.contract

    def node(self) -> dict[str, Any]:
        """The example as a message of an AsyncAPI document words it."""
        return {"name": self.name, "headers": self.headers, "payload": self.value}


def load_examples(folder: Path = FOLDER) -> list[Example]:
    """All examples by folder and file name, none where there is no folder; raises `ValueError` naming a bad file."""
    return [_example(path) for path in sorted(folder.glob("*/*.json"))]


def _example(path: Path) -> Example:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        headers = {str(name): str(value) for name, value in told["headers"].items()}
        return Example(path.parent.name, path.stem, headers, told["key"], told["value"])
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        shape = '{"headers": {...}, "key": "...", "value": {...}}'
        place = f"{path.parent.name}/{path.name}"
        raise ValueError(f"schemas/examples/{place}: {error!r}; an example is {shape}") from error
