"""`python -m schemas.generate`: writes the JSON Schemas of the contracts and the AsyncAPI document over them.

`--check` names those that have drifted.
"""

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from schemas import events, raw
from schemas.asyncapi import as_yaml, document
from schemas.asyncapi_examples import load_examples
from schemas.explanation import Explanation
from schemas.topics import load_topics

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ACCEPTED: Final[dict[str, type[BaseModel]]] = {
    "raw-scan": raw.RawScan,
    "raw-order": raw.RawOrder,
    "raw-ticket": raw.RawTicket,
    "operator-action": raw.RawAction,
}
"""What senders write; everything else is written by us."""
_FOLDER: Final = Path(__file__).parent / "generated"
_SUFFIX: Final = ".schema.json"
_MAJOR: Final = re.compile(r"-v[2-9]\d*$")
ASYNCAPI: Final = "asyncapi.yaml"


def generated() -> dict[str, str]:
    """File names and texts of all JSON Schemas."""
    models: dict[str, type[BaseModel]] = {**ACCEPTED, **events.MODELS}
    return {f"{name}{_SUFFIX}": _text(name, model) for name, model in models.items()}


def published() -> dict[str, str]:
    """File names and texts of everything that is generated: the JSON Schemas and the AsyncAPI document.

    What `wismo explain --json` says has its schema here too; it is printed, not published on a topic.
    """
    texts = generated()
    schemas = {name.removesuffix(_SUFFIX): json.loads(text) for name, text in texts.items()}
    texts[f"explanation{_SUFFIX}"] = _text("explanation", Explanation)
    return {**texts, ASYNCAPI: as_yaml(document(schemas, load_topics(), load_examples()))}


def drift(folder: Path) -> list[str]:
    """What is missing, different or too much in a folder, one line each."""
    wanted = published()
    there = {path.name: path.read_text(encoding="utf-8") for path in _made(folder)}
    problems = [f"{name}: missing" for name in wanted if name not in there]
    problems += [f"{name}: differs from its model" for name in wanted if name in there and there[name] != wanted[name]]
    return problems + [f"{name}: no model makes it" for name in there if name not in wanted]


def write(folder: Path) -> None:
    """Write everything, and remove those that no model makes any more."""
    folder.mkdir(exist_ok=True)
    wanted = published()
    for path in _made(folder):
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


def _made(folder: Path) -> list[Path]:
    return [*sorted(folder.glob(f"*{_SUFFIX}")), *sorted(folder.glob("*.yaml"))]


def _text(name: str, model: type[BaseModel]) -> str:
    mode: Any = "validation" if name in ACCEPTED else "serialization"
    schema = _open(model.model_json_schema(mode=mode))
    # `exception-v2` is the second major version of `exception`.
    contract, major = name.rsplit("-v", 1) if _MAJOR.search(name) else (name, "1")
    identity = {"$schema": _DIALECT, "$id": f"urn:wismo:schema:{contract}:{major}"}
    return json.dumps({**identity, **schema}, indent=2, ensure_ascii=False) + "\n"


def _open(node: Any) -> Any:
    """Our models refuse what they do not name, but a reader must not: it would refuse the next optional field."""
    if isinstance(node, list):
        return [_open(part) for part in node]
    if not isinstance(node, dict):
        return node
    return {name: _open(part) for name, part in node.items() if (name, part) != ("additionalProperties", False)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
