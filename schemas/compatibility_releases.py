"""Releases of the contracts as folders, and what has been announced since."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field

from schemas.compatibility_rules import Change

FOLDER: Final = Path(__file__).parent / "releases"
ANNOUNCED: Final = "announced.yaml"
TOPICS: Final = "topics.json"
SUFFIX: Final = ".schema.json"

_Note = Annotated[str, Field(min_length=10)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    since: date
    """The first day on which it may be written, or on which it is no longer written."""
    note: _Note
    """What it means to subscribers, and what to do."""


class Words(_Entry):
    """New words of a closed vocabulary."""

    schemas: tuple[str, ...] = Field(min_length=1)
    properties: tuple[str, ...] = Field(min_length=1)
    values: tuple[str, ...] = Field(min_length=1)


class Retired(_Entry):
    """A contract or a topic whose window is over."""

    name: str


class Announced(BaseModel):
    """`announced.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: tuple[Words, ...] = ()
    retired: tuple[Retired, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """The contracts as they were on one day."""

    number: int
    schemas: dict[str, dict[str, Any]]
    topics: dict[str, Any]


def read_releases(folder: Path) -> list[Release]:
    """All releases, oldest first; raises `ValueError` naming a file that cannot be read."""
    numbers = sorted(int(path.name) for path in folder.glob("[0-9]*") if path.is_dir())
    return [_release(folder / str(number), number) for number in numbers]


def read_announced(folder: Path) -> Announced:
    """What is announced, nothing where there is no file; raises `ValueError` saying what is wrong in it."""
    path = folder / ANNOUNCED
    if not path.exists():
        return Announced()
    try:
        return Announced.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"schemas/releases/{ANNOUNCED}: {error}") from error


def write_release(folder: Path, number: int, schemas: dict[str, str], topics: dict[str, Any]) -> Path:
    """Freeze the contracts of today; a release that is there is never written over."""
    place = folder / str(number)
    place.mkdir(parents=True)
    for name, text in schemas.items():
        (place / name).write_text(text, encoding="utf-8")
    (place / TOPICS).write_text(json.dumps(topics, indent=2) + "\n", encoding="utf-8")
    return place


def excused(changes: Iterable[Change], announced: Announced) -> list[Change]:
    """The changes, those that were announced turned into what they are allowed as."""
    return [_excused(change, announced) for change in changes]


def _excused(change: Change, announced: Announced) -> Change:
    if change.code == "enum_widened" and any(_speaks_of(entry, change) for entry in announced.words):
        return replace(change, code="enum_announced")
    gone = {"schema_removed": change.schema, "topic_removed": change.pointer.rpartition("/")[2]}.get(change.code)
    if gone is not None and any(entry.name == gone for entry in announced.retired):
        return replace(change, code="retired")
    return change


def _speaks_of(entry: Words, change: Change) -> bool:
    before, _, after = change.pointer.rpartition("/properties/")
    named = after.partition("/")[0] if before or after != change.pointer else ""
    return change.schema in entry.schemas and named in entry.properties and change.word in entry.values


def _release(place: Path, number: int) -> Release:
    try:
        schemas = {path.name.removesuffix(SUFFIX): _read(path) for path in sorted(place.glob(f"*{SUFFIX}"))}
        return Release(number, schemas, _read(place / TOPICS))
    except (OSError, ValueError) as error:
        raise ValueError(f"schemas/releases/{number}: {error}; take the folder from the history") from error


def _read(path: Path) -> dict[str, Any]:
    loaded = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(loaded, dict):
        raise ValueError(f"{path.name} holds no object")
    return loaded
