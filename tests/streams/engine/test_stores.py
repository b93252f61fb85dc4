"""Both stores keep rows per partition and the changelog offset with them."""

import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from rocksdict import Options, Rdict
from yarl import URL

from streams.engine.stores import MemoryRows, RocksRows, rows_of


class FakeRocks:
    offset_key = b"__faust\0offset__"
    url = URL("rocksdb://")

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.dbs: dict[int, Rdict] = {}

    def _db_for_partition(self, partition: int) -> Rdict:
        if partition not in self.dbs:
            self.dbs[partition] = Rdict(str(self.folder / str(partition)), Options(raw_mode=True))
        return self.dbs[partition]


def memory_store():
    return types.SimpleNamespace(data={}, _key_partition={}, url=URL("memory://"))


@pytest.fixture(params=["memory", "rocksdb"])
def rows(request, tmp_path) -> Iterator[MemoryRows | RocksRows]:
    store = memory_store() if request.param == "memory" else FakeRocks(tmp_path)
    yield rows_of(store, ordered=True)
    for db in getattr(store, "dbs", {}).values():
        db.close()


def test_rows_and_offset_are_written_together(rows) -> None:
    assert rows.offset(1) is None
    rows.write(1, [(b"a", b"1"), (b"b", b"2"), (b"c", b"")], 41)
    rows.write(1, [(b"a", None), (b"missing", None)], 43)
    assert [rows.get(1, key) for key in (b"a", b"b", b"c")] == [None, b"2", b""]
    assert (rows.offset(1), rows.offset(2)) == (43, None)


def test_partitions_do_not_see_each_other(rows) -> None:
    rows.write(1, [(b"a", b"1")], 0)
    rows.write(2, [(b"b", b"2")], 0)
    assert (rows.get(2, b"a"), rows.get(1, b"b")) == (None, None)
    assert list(rows.scan(1, b"\0", b"\xff")) == [(b"a", b"1")]


def test_scan_is_ordered_and_half_open(rows) -> None:
    rows.write(0, [(bytes([n]), b"v") for n in (9, 3, 7, 5, 1)], 5)
    assert [key for key, _ in rows.scan(0, b"\x03", b"\x09")] == [b"\x03", b"\x05", b"\x07"]
    rows.write(0, [(b"\x05", None), (b"\x04", b"v")], 7)
    assert [key for key, _ in rows.scan(0, b"\x03", b"\x09")] == [b"\x03", b"\x04", b"\x07"]


def test_the_offset_key_is_no_row(rows) -> None:
    rows.write(0, [(b"a", b"1")], 5)
    assert list(rows.scan(0, b"\0", b"\xff")) == [(b"a", b"1")]


def test_memory_keeps_what_faust_keeps_and_drops_what_left() -> None:
    store = memory_store()
    rows = MemoryRows(store, ordered=True)
    rows.write(0, [(b"a", b"1")], 3)
    rows.write(1, [(b"b", b"2")], 4)
    assert store.data == {b"a": b"1", b"b": b"2"}
    assert store._key_partition == {b"a": 0, b"b": 1}
    rows.drop([0])
    assert store.data == {b"b": b"2"}
    assert (rows.offset(0), rows.offset(1)) == (None, 4)
    assert list(rows.scan(0, b"\0", b"\xff")) == []
    rows.write(1, [(b"a", b"now here")], 5)
    assert rows.get(1, b"a") == b"now here"


def test_memory_refuses_a_key_of_two_partitions() -> None:
    rows = MemoryRows(memory_store(), ordered=False)
    rows.write(0, [(b"a", b"1")], 3)
    with pytest.raises(ValueError, match="is in partition 0, not in 1"):
        rows.write(1, [(b"a", b"2")], 3)


def test_other_stores_are_refused() -> None:
    with pytest.raises(ValueError, match="memory:// or rocksdb://"):
        rows_of(types.SimpleNamespace(url=URL("aerospike://")), ordered=False)
