"""`wismo check --carriers` and the page generated from the same facts."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import carriers_doc
from cli.main import app
from rules.normalize import ORDERS, SCANS, TICKETS
from rules.normalize.tables import COLUMNS, add_rows

HEAD = ",".join(COLUMNS)


def check(*arguments: str, **env: str) -> tuple[int, str, str]:
    try:
        result = CliRunner().invoke(app, ["check", *arguments], env={"COLUMNS": "160", **env})
        return result.exit_code, result.stdout, result.stderr
    finally:
        add_rows({})


def test_every_sender_of_scans_has_a_line() -> None:
    code, out, _ = check("--carriers")
    assert code == 0
    assert {line.split()[0] for line in out.splitlines()[1:]} == SCANS.keys()
    code, out, _ = check("--carriers", "--json")
    rows = {row["source"]: row for row in map(json.loads, out.splitlines())}
    assert rows.keys() == SCANS.keys()
    assert rows["bpost"]["states"]["delivered"] == 1
    assert "damaged" in rows["bpost"]["unreached_states"]
    assert rows["dhl_ecommerce"]["dated"] > 0
    assert rows["dpd"]["left_out"] == 1


def test_own_tables_are_covered_too(tmp_path: Path) -> None:
    row = "MOON,damaged,,,,no,On the moon,a letter,2020-01-31"
    (tmp_path / "bpost.csv").write_text(f"{HEAD}\n{row}\n", encoding="utf-8")
    _, out, _ = check("--carriers", "--json", WISMO_CARRIER_TABLES=str(tmp_path))
    (bpost,) = [one for one in map(json.loads, out.splitlines()) if one["source"] == "bpost"]
    assert bpost["states"]["damaged"] == 1
    assert (bpost["oldest"], "a letter" in bpost["sources"]) == ("2020-01-31", True)


def test_a_wrong_table_is_named_by_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "bpost.csv").write_text(f"{HEAD}\nMOON,moved,,,,no,On the moon,a letter,2020-01-31\n", encoding="utf-8")
    code, out, said = check("--carriers", WISMO_CARRIER_TABLES=str(tmp_path))
    assert (code, out) == (1, "")
    assert f"{tmp_path}/bpost.csv:2: state 'moved' is not one of" in said.replace("\n", "")


def test_no_line_number_becomes_a_picture(tmp_path: Path) -> None:
    rows = [f"A{at},delivered,,,,no,On the moon,a letter,2020-01-31" for at in range(98)]
    text = "\n".join((HEAD, *rows, "MOON,moved,,,,no,On the moon,a letter,2020-01-31"))
    (tmp_path / "bpost.csv").write_text(text, encoding="utf-8")
    assert f"{tmp_path}/bpost.csv:100: state 'moved'" in check(WISMO_CARRIER_TABLES=str(tmp_path))[2].replace("\n", "")


def test_json_alone_is_bad_use() -> None:
    code, _, said = check("--json")
    assert code == 2
    assert "--carriers" in said


def test_the_page_is_up_to_date() -> None:
    assert carriers_doc.main(["--check"]) == 0, "run python -m cli.carriers_doc"


def test_every_sender_has_a_section() -> None:
    page = carriers_doc.page()
    assert all(f"\n### {source}\n" in page for source in SCANS)
    assert all(f"\n### {source} (orders)\n" in page for source in ORDERS)
    assert all(f"\n### {source} (tickets)\n" in page for source in TICKETS)


def test_a_page_that_is_out_of_date_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(carriers_doc, "PAGE", tmp_path / "carriers.md")
    assert carriers_doc.main(["--check"]) == 1
    assert "run python -m cli.carriers_doc" in capsys.readouterr().err
    assert carriers_doc.main([]) == 0
    assert carriers_doc.main(["--check"]) == 0
    assert carriers_doc.main(["--chek"]) == 2
