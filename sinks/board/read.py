"""Reads the board for the web: what each page needs, in as few round trips as it takes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast

import msgspec
from redis.asyncio import Redis

from schemas.codec import parse_rfc3339
from schemas.words import OWNERS
from sinks.board.keys import Keys
from sinks.board.projection import searchable
from sinks.board.views import DeadGroup, Feed, QueueRow, View

MOST_ROWS: Final = 5000
"""Open cases that one page looks through; it says so where there are more."""
MOST_HITS: Final = 100

_VIEW: Final = msgspec.json.Decoder(View)
_ROW: Final = msgspec.json.Decoder(QueueRow)
_FEED: Final = msgspec.json.Decoder(Feed)
_GROUP: Final = msgspec.json.Decoder(DeadGroup)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the board itself is."""

    built: bool
    """Whether there is a board at all."""
    rebuilding: bool
    clock: datetime | None
    """The newest time at which an event was heard."""
    written_at: datetime | None


class BoardReader:
    """Reads, never writes."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def standing(self) -> Standing:
        """How the board is, for the stamp on each page."""
        async with self._client.pipeline(transaction=False) as pipe:
            pipe.exists(self._keys.generation)
            pipe.hgetall(self._keys.meta)
            pipe.zscore(self._keys.clock, "clock")
            there, meta, clock = cast("tuple[int, dict[bytes, bytes], float | None]", tuple(await pipe.execute()))
        written = meta.get(b"written_at")
        return Standing(
            built=bool(there),
            rebuilding=b"rebuilding" in meta,
            clock=None if clock is None else datetime.fromtimestamp(clock, UTC),
            written_at=parse_rfc3339(written.decode()) if written else None,
        )

    async def counts(self) -> dict[tuple[str, ...], int]:
        """All counters, by the words of their names."""
        raw = await self._hash(self._keys.counts)
        return {tuple(name.split("|")): int(value) for name, value in raw.items() if int(value)}

    async def queue(self, owners: Iterable[str] = OWNERS, order: str = "score") -> tuple[list[QueueRow], int]:
        """Open cases of some owners, the most severe or the oldest first, and how many there are in all."""
        rows: list[QueueRow] = []
        total = 0
        for owner in owners:
            key = self._keys.queue(owner, order)
            ids = cast("list[bytes]", await self._client.zrange(key, 0, MOST_ROWS - 1, desc=order == "score"))
            total += int(await self._client.zcard(key))
            rows += [_ROW.decode(raw) for raw in await self._get(self._keys.row(i.decode()) for i in ids) if raw]
        by_score = order == "score"
        rows.sort(key=lambda row: (-row.case.score if by_score else 0, row.case.since, row.case.case_id))
        return rows[:MOST_ROWS], total

    async def view(self, subject_id: str) -> View | None:
        """All about one subject."""
        raw = cast("bytes | None", await self._client.get(self._keys.view(subject_id)))
        return _VIEW.decode(raw) if raw else None

    async def search(self, text: str) -> list[View]:
        """Subjects by their id, an order, a customer or a tracking number."""
        text = text.strip()
        wanted = searchable(text)
        exact = [view for view in (await self.view(text), await self.view(_shipment(text))) if view]
        async with self._client.pipeline(transaction=False) as pipe:
            for what in ("order", "customer", "tracking"):
                pipe.smembers(self._keys.index(f"{what}:{wanted}"))
            found = cast("list[set[bytes]]", await pipe.execute())
        ids = sorted({i.decode() for members in found for i in members} - {view.id for view in exact})[:MOST_HITS]
        views = [_VIEW.decode(raw) for raw in await self._get(self._keys.view(i) for i in ids) if raw]
        return list({view.id: view for view in exact + views}.values())

    async def siblings(self, view: View) -> list[View]:
        """Other shipments of the same order."""
        if not view.order_id:
            return []
        name = self._keys.index(f"order:{searchable(view.order_id)}")
        ids = sorted(i.decode() for i in cast("set[bytes]", await self._client.smembers(name)))
        others = [i for i in ids if i != view.id][:20]
        return [_VIEW.decode(raw) for raw in await self._get(self._keys.view(i) for i in others) if raw]

    async def feeds(self) -> list[Feed]:
        """Carriers' feeds, by name."""
        raw = await self._hash(self._keys.feeds)
        return [_FEED.decode(raw[name]) for name in sorted(raw)]

    async def dead_groups(self) -> list[DeadGroup]:
        """Groups of dead letters, the newest first."""
        raw = await self._hash(self._keys.dead)
        groups = [_GROUP.decode(value) for value in raw.values()]
        return sorted(groups, key=lambda group: group.last_seen, reverse=True)

    async def topics(self) -> dict[str, datetime]:
        """The time of each topic's newest record."""
        return {topic: parse_rfc3339(at) for topic, at in (await self._hash(self._keys.topics)).items()}

    async def _hash(self, key: str) -> dict[str, str]:
        raw = cast("dict[bytes, bytes]", await cast("Any", self._client.hgetall(key)))
        return {name.decode(): value.decode() for name, value in raw.items()}

    async def _get(self, keys: Iterable[str]) -> list[bytes | None]:
        wanted = list(keys)
        return cast("list[bytes | None]", await self._client.mget(wanted)) if wanted else []


def _shipment(text: str) -> str:
    """A shipment id as people may type it: the carrier in any case, the number with blanks."""
    carrier, colon, number = text.partition(":")
    return f"{carrier.strip().lower()}:{searchable(number)}" if colon else searchable(text)
