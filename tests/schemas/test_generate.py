"""The committed JSON Schemas are those of the models."""

import json
from pathlib import Path

import jsonschema
import pytest

import schemas.generate
from schemas.generate import drift, generated, main, write

FOLDER = Path(schemas.generate.__file__).parent / "generated"


def test_the_committed_schemas_are_in_step_with_the_models() -> None:
    assert drift(FOLDER) == []


@pytest.mark.parametrize("name", sorted(generated()))
def test_a_schema_is_valid_and_names_its_dialect(name: str) -> None:
    schema = json.loads(generated()[name])

    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].startswith("urn:wismo:schema:")


def test_drift_is_named_and_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path)
    assert main(["--check"], tmp_path) == 0
    (tmp_path / "shipment.schema.json").write_text("{}")
    (tmp_path / "gone.schema.json").write_text("{}")
    (tmp_path / "replay.schema.json").unlink()

    assert main(["--check"], tmp_path) == 1
    told = capsys.readouterr().err
    assert "shipment.schema.json: differs" in told
    assert "replay.schema.json: missing" in told
    assert "gone.schema.json: no model makes it" in told

    assert main([], tmp_path) == 0
    assert drift(tmp_path) == []


def test_other_arguments_are_refused() -> None:
    assert main(["--fix"]) == 2
