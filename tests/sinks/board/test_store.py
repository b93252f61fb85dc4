"""The board in a real Redis: repeats, crashes, two writers, loss."""

import asyncio
import random
import uuid
from typing import Any

import pytest
import redis
from redis.asyncio import Redis

from schemas.dead_letters import Source
from sinks.board.keys import Keys
from sinks.board.read import BoardReader
from sinks.board.store import BoardLostError, BoardStore
from tests.sinks.samples import Log

SHIPMENT = "ups:1Z1"


@pytest.fixture
def client(redis_url: str) -> redis.Redis:
    return redis.Redis.from_url(redis_url)


@pytest.fixture
def keys() -> Keys:
    return Keys(f"t-{uuid.uuid4().hex}:")


@pytest.fixture
def store(client: redis.Redis, keys: Keys) -> BoardStore:
    made = BoardStore(client, keys)
    made.begin("cluster-1")
    return made


def read(url: str, keys: Keys, *calls: str) -> list[Any]:
    async def ask() -> list[Any]:
        client = Redis.from_url(url)
        reader = BoardReader(client, keys)
        try:
            return [await getattr(reader, name)() for name in calls]
        finally:
            await client.aclose()

    return asyncio.run(ask())


def everything(client: redis.Redis, keys: Keys) -> dict[bytes, Any]:
    """The board as it lies in Redis, less what says when it was written."""
    found: dict[bytes, Any] = {}
    for key in client.scan_iter(match=keys.root + "*"):
        if key in (keys.generation.encode(), keys.meta.encode()):
            continue
        kind = client.type(key)
        if kind == b"string":
            found[key] = client.get(key)
        elif kind == b"hash":
            found[key] = {name: value for name, value in client.hgetall(key).items() if value != b"0"}
        elif kind == b"set":
            found[key] = client.smembers(key)
        else:
            found[key] = client.zrange(key, 0, -1, withscores=True)
    return found


def a_day() -> list[Source]:
    log, rng, records = Log(), random.Random(7), []
    for number in range(40):
        subject = f"ups:1Z{number % 12}"
        log.later(minutes=5)
        state = rng.choice(["in_transit", "attempted", "delivered"])
        records += [
            log.update(subject, state, order_id=f"A-{number % 5}"),
            log.state(subject, state, order_id=f"A-{number % 5}"),
        ]
        if number % 3 == 0:
            records.append(log.case(rng.choice(["support", "operations"]), subject, f"c{number}"))
        if number % 9 == 0:
            records.append(
                log.case("support", subject, f"c{number}", change="resolved", resolved_at=log.now.isoformat())
            )
        if number % 5 == 0:
            records += [log.message(subject, f"m{number}"), log.dead("undecodable", str(number % 2))]
    return records


def test_a_batch_is_on_the_board_with_its_offsets(store: BoardStore, keys: Keys, redis_url: str) -> None:
    log = Log()
    store.apply([log.state(SHIPMENT, "attempted"), log.case("support", SHIPMENT, "c1"), log.dead()])
    (rows, total), counts, [group], standing = read(redis_url, keys, "queue", "counts", "dead_groups", "standing")
    assert [(row.case.case_id, row.state) for row in rows] == [("c1", "attempted")]
    assert (total, counts["owner", "support", "urgent"], group.count) == (1, 1, 1)
    assert (standing.built, standing.rebuilding, standing.clock) == (True, True, log.now)
    assert store.applied() == {("shipments", 0): 0, ("exceptions-support", 0): 0, ("dead-letters", 0): 0}


def test_however_it_is_cut_and_repeated_the_board_is_the_same(client: redis.Redis) -> None:
    day = a_day()
    boards = []
    for seed in range(6):
        keys, rng = Keys(f"t-{uuid.uuid4().hex}:"), random.Random(seed)
        store = BoardStore(client, keys)
        store.begin("x")
        at = 0
        while at < len(day):
            size = rng.randrange(1, 20)
            back = rng.randrange(0, min(at, 10) + 1)  # A crash: some records are read again.
            store.apply(day[at - back : at + size])
            at += size
        boards.append({key[len(keys.root) :]: value for key, value in everything(client, keys).items()})
    assert all(board == boards[0] for board in boards)


def test_a_rebuild_gives_the_same_board(store: BoardStore, client: redis.Redis, keys: Keys) -> None:
    day = a_day()
    store.apply(day)
    before = everything(client, keys)
    store.begin("cluster-1")
    assert everything(client, keys) == {}
    store.apply(day)
    assert everything(client, keys) == before


def test_a_crash_in_the_middle_leaves_nothing(
    store: BoardStore, client: redis.Redis, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log()
    store.apply([log.state(SHIPMENT, "in_transit")])
    before = everything(client, keys)

    def die(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(store, "_write_rows", die)
        with pytest.raises(ConnectionError):
            store.apply([log.case("support", SHIPMENT, "c1")])
    assert everything(client, keys) == before


def test_a_second_writer_is_noticed_and_nothing_counts_twice(
    store: BoardStore, client: redis.Redis, keys: Keys
) -> None:
    other = BoardStore(client, keys)
    assert other.open("cluster-1")
    record = Log().case("support", SHIPMENT, "c1")
    store.apply([record])
    batch = other.apply([record])
    assert batch is not None
    assert batch.records == []
    assert client.hget(keys.counts, "kind|stalled") == b"1"


def test_a_writer_that_comes_in_between_makes_the_other_try_again(
    store: BoardStore, client: redis.Redis, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log()
    record, others = log.case("support", SHIPMENT, "c1"), log.state("ups:2", "in_transit")
    usual = store._write_rows

    def meanwhile(*arguments: Any) -> None:
        other = BoardStore(client, keys)
        other.open("cluster-1")
        with monkeypatch.context() as patch:
            patch.setattr(store, "_write_rows", usual)
            other.apply([others])
        usual(*arguments)

    monkeypatch.setattr(store, "_write_rows", meanwhile)
    assert store.apply([record]) is None
    monkeypatch.undo()
    assert store.apply([record]) is not None


def test_a_lost_board_is_noticed_before_anything_is_written(store: BoardStore, client: redis.Redis, keys: Keys) -> None:
    for key in client.scan_iter(match=keys.root + "*"):
        client.delete(key)
    with pytest.raises(BoardLostError):
        store.apply([Log().state(SHIPMENT, "in_transit")])
    with pytest.raises(BoardLostError):
        store.require()
    assert everything(client, keys) == {}


def test_the_board_of_another_cluster_is_not_gone_on_with(store: BoardStore, client: redis.Redis, keys: Keys) -> None:
    assert not BoardStore(client, keys).open("cluster-2")
    assert BoardStore(client, keys).open("cluster-1")


def test_beginning_drops_only_the_board(store: BoardStore, client: redis.Redis, keys: Keys) -> None:
    client.set(keys.prefix + "ledger:log:entry:1", b"kept")
    store.begin("cluster-1")
    assert client.get(keys.prefix + "ledger:log:entry:1") == b"kept"


def test_a_tombstone_takes_everything_of_a_shipment_away(store: BoardStore, client: redis.Redis, keys: Keys) -> None:
    log = Log()
    store.apply([log.state(SHIPMENT, "delivered", order_id="A-1"), log.case("support", SHIPMENT, "c1")])
    store.apply([log.record("shipments", SHIPMENT, None)])
    left = {key[len(keys.root) :] for key, value in everything(client, keys).items() if value}
    assert left == {b"applied", b"topics", b"clock"}


def test_a_case_that_changes_owner_changes_queues(store: BoardStore, keys: Keys, redis_url: str) -> None:
    log = Log()
    store.apply([log.case("operations", SHIPMENT, "c1")])
    store.apply([log.later(hours=1).case("support", SHIPMENT, "c1", previous_owner="operations")])
    [(rows, total)] = read(redis_url, keys, "queue")
    assert ([row.case.owner for row in rows], total) == (["support"], 1)


def test_the_clock_is_that_of_what_was_heard_not_of_the_notifier(store: BoardStore, keys: Keys, redis_url: str) -> None:
    log = Log()
    heard = log.now
    store.apply([log.state(SHIPMENT, "in_transit"), log.later(days=200).event("notification-receipts", SHIPMENT)])
    [standing] = read(redis_url, keys, "standing")
    assert standing.clock == heard


def test_pages_are_told_of_a_change(store: BoardStore, client: redis.Redis, keys: Keys) -> None:
    listener = client.pubsub()  # type: ignore[no-untyped-call]
    listener.subscribe(keys.changes)
    listener.get_message(timeout=1)
    store.apply([Log().case("support", SHIPMENT, "c1")])
    message = listener.get_message(timeout=2)
    assert message is not None
    assert message["data"] == b'{"many":false,"subjects":["ups:1Z1"],"topics":["exceptions-support"]}'
    listener.close()
