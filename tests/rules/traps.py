"""Tells one history to the whole pipeline in every way it may arrive, from the bytes as senders write them."""

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from rules.loading import load_policy
from rules.pipeline.replay import Replay
from rules.state import Shipment
from schemas.codec import dumps, loads
from schemas.events import model_of
from schemas.recording import RawRecord
from schemas.words import DEAD_LETTERS, SHIPMENT_UPDATES

HEARD = datetime(2026, 3, 20, 12, tzinfo=UTC)
"""When the first message comes, unless a trap says otherwise: after all scans, which lie in early March."""
GAP = timedelta(seconds=7)
POLICY = load_policy()
Build = Callable[..., bytes]


class Message(NamedTuple):
    """A raw message and its sender."""

    source: str
    raw: bytes
    heard: datetime | None = None
    """When it came; None: shortly after the one before it."""


class Outcome(NamedTuple):
    """Where a shipment ended."""

    state: str
    flags: tuple[str, ...] = ()
    reason: str | None = None
    direction: str = "outbound"
    contradictions: tuple[str, ...] = ()


class Told:
    """What the pipeline made of messages, held to the contract."""

    def __init__(self, *messages: Message) -> None:
        replay, heard, records = Replay(POLICY), HEARD - GAP, []
        for message in messages:
            heard = message.heard or heard + GAP
            headers = {"source": message.source}
            records.append(
                RawRecord(topic="carrier-scans", key=None, headers=headers, value=message.raw, timestamp=heard)
            )
        last = max(record.timestamp for record in records)
        outs = list(replay.run(records, until=last + timedelta(minutes=2)))
        self.replay = replay
        self.updates = [_value(out) for out in outs if out.topic == SHIPMENT_UPDATES]
        self.dead_letters = [out for out in outs if out.topic == DEAD_LETTERS]
        self.cases = [
            (_value(out)["change"], _value(out)["kind"]) for out in outs if out.topic.startswith("exceptions-")
        ]
        self.ids = list(dict.fromkeys(value["shipment_id"] for value in self.updates))
        for update in self.updates:
            model_of(SHIPMENT_UPDATES).model_validate_json(dumps(update))

    def shipment(self, shipment_id: str | None = None) -> Shipment:
        found = self.replay.shipment(shipment_id or self.ids[0])
        assert found is not None
        return found

    def outcome(self, shipment_id: str | None = None) -> Outcome:
        life = self.shipment(shipment_id).life
        names = tuple(one.name for one in life.contradictions)
        return Outcome(life.state, life.flags, life.reason, life.direction, names)

    def events(self, shipment_id: str | None = None) -> list[tuple[str | None, str]]:
        """For each event its code and the state after it."""
        wanted = shipment_id or self.ids[0]
        return [(one["code"], one["current_state"]) for one in self.updates if one["shipment_id"] == wanted]


def _value(out: Any) -> dict[str, Any]:
    value: dict[str, Any] = loads(out.value)
    return value


def tell(source: str, build: Build, *events: Any) -> Told:
    """The whole history in one message."""
    return Told(Message(source, build(*events)))


def hold(
    source: str,
    build: Build,
    events: Sequence[Any],
    *,
    ends: Outcome,
    passes: list[tuple[str | None, str]],
    alone: bool = True,
) -> Told:
    """Hold one parcel's history, oldest scan first, to its end, however it arrives, and to its events.

    `passes`: code and state after it, for each scan in order of occurrence.
    `alone`: whether the scans end in the same state without the list they come in.
    """
    whole = tell(source, build, *events)
    assert whole.events() == passes
    assert whole.outcome() == ends
    if alone:
        each = Told(*(Message(source, build(one)) for one in events))
        assert each.events() == passes
    for name, lists in ways(events, alone=alone):
        _hold_to(whole, Told(*(Message(source, build(*listed)) for listed in lists)), name)
    return whole


def hold_messages(
    messages: Sequence[Message], *, ends: Outcome, passes: list[tuple[str | None, str]], shuffled: bool = True
) -> Told:
    """The same for messages that are given, of several senders perhaps; they come in any order and twice."""
    whole = Told(*messages)
    assert whole.events() == passes
    assert whole.outcome() == ends
    _hold_to(whole, Told(*messages, *messages), "sent again")
    if shuffled:
        for number, some in enumerate(itertools.islice(itertools.permutations(messages), 24)):
            _hold_to(whole, Told(*some), f"order {number}")
    return whole


def _hold_to(whole: Told, told: Told, name: str) -> None:
    """The same end, and every scan once, gapless, each event beginning where the one before it ended."""
    assert told.outcome() == whole.outcome(), name
    updates = told.updates
    assert sorted(str(one["code"]) for one in updates) == sorted(str(one["code"]) for one in whole.updates), name
    assert [one["sequence"] for one in updates] == list(range(1, len(updates) + 1)), name
    states = ["unknown", *(one["current_state"] for one in updates)]
    assert [one["previous_state"] for one in updates] == states[:-1], name
    assert states[-1] == whole.outcome().state, name


def ways(events: Sequence[Any], *, alone: bool) -> Iterator[tuple[str, list[list[Any]]]]:
    """Each way in which a history may arrive: a name, and the scans of each message, oldest first."""
    everything = list(events)
    growing = [everything[: count + 1] for count in range(len(everything))]
    yield "sent again", [everything, everything]
    yield "each twice in one message", [[one for one in everything for _ in range(2)]]
    yield "growing", growing
    yield "growing, newest first", growing[::-1]
    if not alone:
        return
    single = [[one] for one in everything]
    yield "one message a scan", single
    yield "newest first", single[::-1]
    yield "each twice", list(itertools.chain.from_iterable((one, one) for one in single))
    yield "alone, then the whole history", [*single, everything]
    yield "the whole history, then alone", [everything, *single[::-1]]
    for seed in range(4):
        shuffled = list(single)
        random.Random(seed).shuffle(shuffled)  # noqa: S311
        yield f"shuffled {seed}", shuffled
