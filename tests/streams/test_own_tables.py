"""A worker reads by the operator's own tables too, and does not start with wrong ones."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from rules.normalize.tables import COLUMNS, add_rows, load_table
from sinks.settings import SettingsError, load_settings
from streams import worker
from streams.app import build_app
from streams.metrics import Metrics

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
