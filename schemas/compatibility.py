"""`python -m schemas.compatibility`: holds the contracts against every release of their major version.

Prints one line a break and ends with 1 where there are any; `--all` prints what is allowed too; `--release` freezes the
contracts of today as the next release, if nothing breaks.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from schemas.compatibility_releases import (
    FOLDER,
    SUFFIX,
    Release,
    excused,
    read_announced,
    read_releases,
    write_release,
)
from schemas.compatibility_rules import Change, Side
from schemas.compatibility_topics import compare_topics, promised
from schemas.compatibility_walk import compare
from schemas.generate import ACCEPTED, generated
from schemas.topics import load_topics

Schemas = Mapping[str, dict[str, Any]]


def changes_since(release: Release, schemas: Schemas, topics: Mapping[str, Any]) -> list[Change]:
    """Every change since a release, allowed or not; announcements are not looked at."""
    changes: list[Change] = []
    for name in sorted({*release.schemas, *schemas}):
        side = Side.ACCEPTED if name in ACCEPTED else Side.PUBLISHED
        old, new = release.schemas.get(name), schemas.get(name)
        if old is None or new is None:
            code, word = ("schema_added", "new") if old is None else ("schema_removed", "gone")
            changes.append(Change(name, "", code, f"the schema is {word}", None, side))
        else:
            changes += compare(name, old, new, side)
    return changes + compare_topics(release.topics, topics)


def main(arguments: Sequence[str], folder: Path = FOLDER) -> int:
    """Compare, or freeze a release; 0 where all is allowed, 1 where something breaks, 2 on bad use or bad files."""
    if list(arguments) not in ([], ["--all"], ["--release"]):
        print("usage: python -m schemas.compatibility [--all | --release]", file=sys.stderr)
        return 2
    try:
        releases, announced = read_releases(folder), read_announced(folder)
        texts, topics = generated(), promised(load_topics())
        schemas = {name.removesuffix(SUFFIX): json.loads(text) for name, text in texts.items()}
        found = {release.number: excused(changes_since(release, schemas, topics), announced) for release in releases}
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if not releases and "--release" not in arguments:
        print(f"{folder.name}/: no release to compare with; make one with --release", file=sys.stderr)
        return 2
    broken = _told(found, everything="--all" in arguments)
    if broken or "--release" not in arguments:
        return 1 if broken else 0
    return _released(folder, found, texts, topics)


def _told(found: Mapping[int, list[Change]], *, everything: bool) -> bool:
    shown: set[Change] = set()
    for number, changes in found.items():
        for change in changes:
            # The same break of several releases is told once, against the oldest.
            if change not in shown and (change.breaking or everything):
                print(f"{'BREAKS' if change.breaking else 'allowed'} since release {number}: {change.line()}")
                shown.add(change)
    breaks = sum(change.breaking for change in shown)
    allowed = {change for changes in found.values() for change in changes if not change.breaking}
    told = f"{len(found)} release{'' if len(found) == 1 else 's'} compared: {breaks} breaking, {len(allowed)} allowed"
    print(told, file=sys.stderr)
    return breaks > 0


def _released(folder: Path, found: Mapping[int, list[Change]], texts: dict[str, str], topics: dict[str, Any]) -> int:
    last = max(found, default=0)
    if last and not found[last]:
        print(f"nothing has changed since release {last}", file=sys.stderr)
        return 0
    print(write_release(folder, last + 1, texts, topics).name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
