"""A worker reads by the operator's own tables too, and does not start with wrong ones."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from rules.loading import load_policy
from rules.normalize.tables import COLUMNS, add_rows, load_table
from schemas.words import DEAD_LETTERS
from sinks.settings import SettingsError, load_settings
from streams import worker
from streams.app import build_app
from streams.carrier_tables import TableFiles
from streams.engine.records import InRecord
from streams.hops import Handlers
from streams.metrics import Metrics
from tests.rules.normalize.carrier_payloads import gls

HEAD = ",".join(COLUMNS)
MOON = "MOON,delayed,,,,no,On the moon,a letter,2026-11-22"


@pytest.fixture(autouse=True)
def packaged_only() -> Iterator[None]:
    yield
    add_rows({})


def test_the_worker_takes_the_rows_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "gls.csv").write_text(f"{HEAD}\n{MOON}\n", encoding="utf-8")
    (tmp_path / "README.txt").write_text("why these rows", encoding="utf-8")
    settings = load_settings(kafka_bootstrap_servers="nowhere:9092", carrier_tables=tmp_path)
    build_app(settings, Metrics(CollectorRegistry()))
    assert load_table("gls").find("MOON") is not None


def test_the_worker_does_not_start_with_a_wrong_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gls.csv").write_text(f"{HEAD}\n{MOON.replace('delayed', 'late')}\n", encoding="utf-8")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "nowhere:9092")
    monkeypatch.setenv("WISMO_CARRIER_TABLES", str(tmp_path))
    monkeypatch.setenv("WISMO_DATA_DIR", str(tmp_path / "data"))
    assert worker.main() == 2
    assert f"{tmp_path}/gls.csv:2: state 'late' is not one of" in capsys.readouterr().err


def test_a_table_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "gls.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"WISMO_CARRIER_TABLES: .* cannot be read \(not UTF-8\)"):
        load_settings(carrier_tables=tmp_path).carrier_files()


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_row_is_seen_without_a_restart(tmp_path: Path) -> None:
    clock = Clock()
    files = TableFiles(load_settings(carrier_tables=tmp_path).carrier_files, tmp_path, clock)
    (tmp_path / "gls.csv").write_text(f"{HEAD}\n{MOON}\n", encoding="utf-8")
    files.look()
    assert load_table("gls").find("MOON") is None
    clock.now = 1.0
    files.look()
    assert load_table("gls").find("MOON") is not None
    (tmp_path / "gls.csv").unlink()
    clock.now = 2.0
    files.look()
    assert load_table("gls").find("MOON") is None


def test_a_table_that_goes_bad_leaves_the_last_good_one_in_use(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock, table = Clock(), tmp_path / "gls.csv"
    table.write_text(f"{HEAD}\n{MOON}\n", encoding="utf-8")
    files = TableFiles(load_settings(carrier_tables=tmp_path).carrier_files, tmp_path, clock)
    for broken in (f"{HEAD}\n{MOON.replace('delayed', 'late')}\n".encode(), b"\xff\xfe", b""):
        table.write_bytes(broken)
        clock.now += 1
        files.look()
        assert load_table("gls").find("MOON") is not None
    assert caplog.text.count("those before stay in use") == 3
    assert f"{table}:2: state 'late' is not one of" in caplog.text


def test_the_router_looks_before_it_reads(tmp_path: Path) -> None:
    settings = load_settings(kafka_bootstrap_servers="nowhere:9092", carrier_tables=tmp_path)
    clock = Clock()
    tables = TableFiles(settings.carrier_files, tmp_path, clock)
    metrics = Metrics(CollectorRegistry())
    handlers = Handlers(partitions=1, strict=False, policy=load_policy(), metrics=metrics, tables=tables)
    value = gls(("MOON", "2026-03-02T10:46:14+0100"))
    record = InRecord("carrier-scans", 0, 0, 1_772_452_800_000, b"k", value, (("source", b"gls"),))
    assert DEAD_LETTERS in {out.topic for out in handlers.route([record], {})}
    (tmp_path / "gls.csv").write_text(f"{HEAD}\n{MOON}\n", encoding="utf-8")
    clock.now = 1.0
    assert DEAD_LETTERS not in {out.topic for out in handlers.route([record], {})}
