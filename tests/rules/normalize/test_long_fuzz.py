"""Each sender's messages, bent for as long as asked: facts or a refusal, the same twice, and once in the history.

`make fuzz` gives every sender a minute (`WISMO_FUZZ_SECONDS`); without the variable a moment.
`WISMO_FUZZ_SEED` repeats a run; a failure prints the message that made it.
"""

import copy
import os
import random
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from rules.loading import load_policy
from rules.normalize import SCANS, parse_scans
from rules.pipeline.replay import Replay
from schemas.facts import Rejected
from schemas.recording import RawRecord
from schemas.words import SHIPMENT_UPDATES
from tests.rules.normalize.payloads import dump
from tests.rules.normalize.test_normalize_fuzz import ALL_HISTORIES, check, paths

SECONDS = float(os.environ.get("WISMO_FUZZ_SECONDS", "0.1"))
SEED = os.environ.get("WISMO_FUZZ_SEED", "1")
HEARD = datetime(2026, 3, 20, 12, tzinfo=UTC)
POLICY = load_policy()
JUNK: list[object] = [
    None,
    True,
    0,
    -1,
    10**20,
    1.5,
    "",
    " ",
    "0",
    "Z",
    "\u202f",
    "ä" * 300,
    [],
    {},
    [[]],
    [{}],
    {"a": []},
]
TIMES: list[object] = [
    "1900-01-01T00:00:00Z",
    "0001-01-01T00:00:00",
    "9999-12-31T23:59:59+14:00",
    "2026-02-30",
    "2026-03-08T02:30:00",
    "20260302",
    "240000",
    "25:61",
    "/Date(-62135596800000)/",
    "March 0, 2026",
    1772441225,
    -1,
]
Bend = Callable[[object, random.Random], None]


def _places(document: object, dice: random.Random) -> tuple[dict[str, object] | list[object], str | int]:
    *way, last = dice.choice(paths(document)[1:])
    parent = document
    for step in way:
        parent = parent[step]  # type: ignore[index]
    assert isinstance(parent, dict | list)
    return parent, last


def _set(document: object, dice: random.Random, value: object) -> None:
    parent, last = _places(document, dice)
    parent[last] = value  # type: ignore[index, call-overload]


def junk(document: object, dice: random.Random) -> None:
    _set(document, dice, copy.deepcopy(dice.choice(JUNK)))


def odd_time(document: object, dice: random.Random) -> None:
    _set(document, dice, dice.choice(TIMES))


def gone(document: object, dice: random.Random) -> None:
    parent, last = _places(document, dice)
    del parent[last]  # type: ignore[arg-type]


def moved(document: object, dice: random.Random) -> None:
    """One place takes what another holds."""
    source, at = _places(document, dice)
    _set(document, dice, copy.deepcopy(source[at]))  # type: ignore[index, call-overload]


def doubled(document: object, dice: random.Random) -> None:
    parent, last = _places(document, dice)
    if isinstance(parent, list):
        parent.insert(dice.randrange(len(parent) + 1), copy.deepcopy(parent[int(last)]))


def shuffled(document: object, dice: random.Random) -> None:
    parent, _ = _places(document, dice)
    if isinstance(parent, list):
        dice.shuffle(parent)


BENDS: tuple[Bend, ...] = (junk, odd_time, gone, moved, doubled, shuffled)


def bent(raw: bytes, dice: random.Random) -> bytes:
    """The message, its structure or its bytes bent one to four times."""
    if raw[:1] == b"<":
        for _ in range(dice.randrange(1, 5)):
            raw = _bent_xml(raw, dice)
        return raw
    if dice.random() < 0.1:
        at = dice.randrange(len(raw))
        return raw[:at] + bytes(dice.randrange(256) for _ in range(dice.randrange(3))) + raw[at + 1 :]
    document = orjson.loads(raw)
    for _ in range(dice.randrange(1, 5)):
        if len(paths(document)) > 1:
            dice.choice(BENDS)(document, dice)
    try:
        return dump(document)
    except TypeError:
        return raw  # an integer that JSON cannot carry


def _bent_xml(raw: bytes, dice: random.Random) -> bytes:
    texts = [*re.finditer(rb">([^<>]*)<", raw), *re.finditer(rb'="([^"<>]*)"', raw)]
    if not texts:
        return raw
    found = dice.choice(texts)
    attribute = raw[found.start() : found.start() + 1] == b"="
    said = str(dice.choice([*TIMES, "", "<a/>", "ä" * 300, dice.choice(texts)[1].decode("utf-8", "replace")])).encode()
    if attribute:
        said = said.replace(b"<", b"&lt;").replace(b'"', b"&quot;")
    elif dice.random() < 0.2:
        element = re.search(rb"<([\w:]+)>[^<>]*</\1>|<[\w:]+ [^<>]*/>", raw[dice.randrange(len(raw)) :])
        return raw.replace(element[0], element[0] * dice.randrange(3), 1) if element else raw
    return raw[: found.start(1)] + said + raw[found.end(1) :]


def tell_twice(source: str, raw: bytes) -> None:
    """The message goes through the whole pipeline; told again it says nothing new."""
    replay = Replay(POLICY)
    for again in range(2):
        heard = HEARD + timedelta(seconds=again)
        record = RawRecord(topic="carrier-scans", key=None, headers={"source": source}, value=raw, timestamp=heard)
        outs = list(replay.run([record]))
        assert not again or not [out for out in outs if out.topic == SHIPMENT_UPDATES]


@pytest.mark.parametrize("source", sorted(set(SCANS) & set(ALL_HISTORIES)))
def test_bent_messages(source: str) -> None:
    dice, until = random.Random(f"{source}/{SEED}"), time.monotonic() + SECONDS  # noqa: S311
    count = usable = 0
    while time.monotonic() < until or (not usable and count < 100):
        raw = bent(dice.choice(ALL_HISTORIES[source]), dice)
        count += 1
        try:
            first = parse_scans(source, raw)
            check(first)
            assert first == parse_scans(source, raw)
            if not isinstance(first, Rejected) and first:
                usable += 1
                tell_twice(source, raw)
        except Exception as error:
            pytest.fail(f"{type(error).__name__}: {error} for {source} message {raw!r}")
    assert usable
    print(f"{source}: {count} messages, {usable} of them usable")
