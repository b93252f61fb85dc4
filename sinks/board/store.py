"""Writes the board: a batch of records becomes one transaction that also holds the offsets it has applied."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast

import msgspec
import redis
from redis.client import Pipeline

from schemas.codec import dumps, rfc3339
from schemas.dead_letters import Source
from sinks.board.batch import Batch, decode, fold_in
from sinks.board.feeds import surplus
from sinks.board.keys import LAYOUT, Keys
from sinks.board.projection import Projection, project
from sinks.board.views import DeadGroup, Feed, QueueRow, View

_VIEW: Final = msgspec.json.Decoder(View)
_FEED: Final = msgspec.json.Decoder(Feed)
_GROUP: Final = msgspec.json.Decoder(DeadGroup)
_ENCODE: Final = msgspec.json.Encoder().encode
_AT_ONCE: Final = 1000


class BoardLostError(RuntimeError):
    """The board in Redis is not the one that was being written: build it anew."""


class BoardStore:
    """The writer of a board."""

    def __init__(self, client: redis.Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._generation = b""

    def open(self, cluster: str) -> bool:
        """Go on with the board that is there; False where there is none, or it is of another layout or cluster."""
        raw = cast("bytes | None", self._client.get(self._keys.generation))
        if raw is None or not raw.decode().startswith(f"{LAYOUT}/{cluster}/"):
            return False
        self._generation = raw
        return True

    def begin(self, cluster: str) -> None:
        """Drop the board and begin an empty one; pages say that it is being built until `caught_up`."""
        for found in self._client.scan_iter(match=_literal(self._keys.root) + "*", count=_AT_ONCE):
            self._client.unlink(found)
        self._generation = f"{LAYOUT}/{cluster}/{uuid.uuid4().hex}".encode()
        self._client.hset(self._keys.meta, "rebuilding", "1")
        self._client.set(self._keys.generation, self._generation)

    def caught_up(self) -> None:
        """Say that the board shows all there is."""
        if self._client.hdel(self._keys.meta, "rebuilding"):
            self._client.publish(self._keys.changes, dumps({"topics": [], "subjects": [], "many": True}))

    def require(self) -> None:
        """Raise `BoardLostError` where Redis no longer holds this board."""
        if self._client.get(self._keys.generation) != self._generation:
            raise BoardLostError("Redis lost the board, or another one was begun")

    def applied(self) -> dict[tuple[str, int], int]:
        """The last offset applied of each partition."""
        return _offsets(self._client.hgetall(self._keys.applied))

    def apply(self, records: Sequence[Source]) -> Batch | None:
        """Apply records and remember their offsets, all or nothing; None where another writer came in between.

        Records applied before are left out, so that nothing counts twice.

        Raises:
            BoardLostError: where Redis no longer holds this board.
        """
        keys = self._keys
        with self._client.pipeline() as pipe:
            pipe.watch(keys.generation, keys.applied)  # type: ignore[no-untyped-call]
            if pipe.get(keys.generation) != self._generation:
                raise BoardLostError("Redis lost the board, or another one was begun")
            applied = _offsets(pipe.hgetall(keys.applied))
            batch = decode([r for r in records if r.offset > applied.get((r.topic, r.partition), -1)])
            if not batch.records:
                return batch
            self._load(pipe, batch)
            fold_in(batch)
            pipe.multi()
            self._write(pipe, batch)
            try:
                pipe.execute()
            except redis.WatchError:
                return None
        return batch

    def _load(self, pipe: Pipeline, batch: Batch) -> None:
        """Read what the batch concerns; before `multi` a watching pipeline answers at once."""
        keys, subjects, carriers = self._keys, batch.subjects, batch.carriers
        for subject, raw in _many(pipe.mget([keys.view(s) for s in subjects]) if subjects else [], subjects):
            batch.views[subject] = _VIEW.decode(raw) if raw else None
            batch.before[subject] = project(batch.views[subject])
        for carrier, raw in _many(pipe.hmget(keys.feeds, carriers) if carriers else [], carriers):
            batch.feeds[carrier] = _FEED.decode(raw) if raw else Feed(carrier=carrier)
        if batch.dead_letters:
            groups = cast("dict[bytes, bytes]", pipe.hgetall(keys.dead))
            batch.dead = {name.decode(): _GROUP.decode(raw) for name, raw in groups.items()}

    def _write(self, pipe: Pipeline, batch: Batch) -> None:
        keys = self._keys
        for subject, view in batch.views.items():
            self._write_view(pipe, subject, view, batch.before[subject])
        _set(pipe, keys.feeds, {carrier: _ENCODE(feed) for carrier, feed in batch.feeds.items()})
        _set(pipe, keys.dead, {name: _ENCODE(batch.dead[name]) for name in batch.dead_changed})
        if over := surplus(batch.dead):
            pipe.hdel(keys.dead, *over)
        _set(pipe, keys.applied, {f"{r.topic}/{r.partition}": str(r.offset) for r in batch.records})
        _set(pipe, keys.topics, batch.newest())
        if batch.clock is not None:
            pipe.zadd(keys.clock, {"clock": batch.clock.timestamp()}, gt=True)
        _set(pipe, keys.meta, {"written_at": rfc3339(datetime.now(UTC))})
        pipe.publish(keys.changes, dumps(batch.notice()))

    def _write_view(self, pipe: Pipeline, subject: str, view: View | None, before: Projection) -> None:
        keys, after = self._keys, project(view)
        if view is None:
            pipe.delete(keys.view(subject))
        else:
            pipe.set(keys.view(subject), _ENCODE(view))
        for name in before.index - after.index:
            pipe.srem(keys.index(name), subject)
        for name in after.index - before.index:
            pipe.sadd(keys.index(name), subject)
        for name in before.counts.keys() | after.counts.keys():
            if change := after.counts[name] - before.counts[name]:
                pipe.hincrby(keys.counts, name, change)
        self._write_rows(pipe, before.rows, after.rows)

    def _write_rows(self, pipe: Pipeline, before: dict[str, QueueRow], after: dict[str, QueueRow]) -> None:
        keys = self._keys
        for case_id, old in before.items():
            if case_id not in after or after[case_id].case.owner != old.case.owner:
                pipe.delete(keys.row(case_id))
                pipe.zrem(keys.queue(old.case.owner, "score"), case_id)
                pipe.zrem(keys.queue(old.case.owner, "opened"), case_id)
        for case_id, row in after.items():
            if row != before.get(case_id):
                pipe.set(keys.row(case_id), _ENCODE(row))
                pipe.zadd(keys.queue(row.case.owner, "score"), {case_id: row.case.score})
                pipe.zadd(keys.queue(row.case.owner, "opened"), {case_id: row.case.since.timestamp()})


def _many(raw: Any, names: list[str]) -> list[tuple[str, bytes | None]]:
    return list(zip(names, cast("list[bytes | None]", raw), strict=True))


def _set(pipe: Pipeline, key: str, mapping: Mapping[str, str | bytes]) -> None:
    if mapping:
        pipe.hset(key, mapping=cast("dict[Any, Any]", mapping))


def _offsets(raw: Any) -> dict[tuple[str, int], int]:
    found = {}
    for place, offset in cast("dict[bytes, bytes]", raw).items():
        topic, _, partition = place.decode().rpartition("/")
        found[topic, int(partition)] = int(offset)
    return found


def _literal(text: str) -> str:
    """A text as a pattern of SCAN that matches only itself."""
    return "".join(f"\\{char}" if char in "*?[]\\" else char for char in text)
