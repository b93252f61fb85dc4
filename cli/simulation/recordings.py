"""A whole recording: every message of every household, written and in order of time."""

from collections.abc import Callable, Iterator

from cli.simulation import labels
from cli.simulation.households import Households
from cli.simulation.spool import in_order
from cli.simulation.things import Message, Trouble
from cli.simulation.timing import utc_text
from cli.simulation.world import World
from schemas.codec import dumps

Noted = Callable[[Trouble], None]


def lines(world: World, shipments: int, note: Noted) -> Iterator[bytes]:
    """The recording's lines by time; every trouble goes to `note` before the first line comes."""
    return in_order(_written(world, shipments, note))


def messages(world: World, shipments: int, note: Noted) -> Iterator[Message]:
    """The messages, order by order."""
    great: list[Trouble] = []
    for story in Households(world, shipments).stories():
        for trouble in story.troubles:
            if trouble.because is not None:
                great.append(trouble)
            note(trouble)
        yield from story.messages
    for trouble in labels.of_world(world, great):
        note(trouble)


def _written(world: World, shipments: int, note: Noted) -> Iterator[tuple[int, bytes]]:
    for message in messages(world, shipments, note):
        yield message.timestamp, write(message)


def write(message: Message) -> bytes:
    """One line; the same bytes as `schemas.recording.write_record` gives for the same record."""
    headers = {"source": message.source}
    if message.history:
        headers["wismo-import"] = "1"
    record = {
        "topic": message.topic,
        "key": message.key,
        "headers": headers,
        "value": message.value,
        "timestamp": utc_text(message.timestamp),
    }
    return dumps(record) + b"\n"
