"""`python -m schemas.generate`: writes the JSON Schemas of the contracts; `--check` names those that have drifted."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from schemas import events, raw

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_RAW: Final[dict[str, type[BaseModel]]] = {
    "raw-scan": raw.RawScan,
    "raw-order": raw.RawOrder,
    "raw-ticket": raw.RawTicket,
    "operator-action": raw.RawAction,
}
_FOLDER: Final = Path(__file__).parent / "generated"


def generated() -> dict[str, str]:
    """File names and texts of all schemas."""
    models: dict[str, type[BaseModel]] = {**_RAW, **events.MODELS}
    return {f"{name}.schema.json": _text(name, model) for name, model in models.items()}


def drift(folder: Path) -> list[str]:
    """What is missing, different or too much in a folder, one line each."""
    wanted = generated()
    there = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.schema.json"))}
    problems = [f"{name}: missing" for name in wanted if name not in there]
    problems += [f"{name}: differs from its model" for name in wanted if name in there and there[name] != wanted[name]]
    return problems + [f"{name}: no model makes it" for name in there if name not in wanted]


def write(folder: Path) -> None:
    """Write every schema, and remove those that no model makes any more."""
    folder.mkdir(exist_ok=True)
    wanted = generated()
    for path in folder.glob("*.schema.json"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


def main(arguments: Sequence[str], folder: Path = _FOLDER) -> int:
    """Write the schemas, or with `--check` compare them; 1 where they differ, 2 on a wrong argument."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m schemas.generate [--check]", file=sys.stderr)
        return 2
    if not arguments:
        write(folder)
        return 0
    problems = drift(folder)
    for problem in problems:
        print(f"schemas/generated/{problem}; run python -m schemas.generate", file=sys.stderr)
    return 1 if problems else 0


def _text(name: str, model: type[BaseModel]) -> str:
    mode: Any = "validation" if name in _RAW else "serialization"
    schema = {"$schema": _DIALECT, "$id": f"urn:wismo:schema:{name}:1", **model.model_json_schema(mode=mode)}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
