"""Every trap's test is in docs/state-machine.md, and every test named there exists."""

import re
from pathlib import Path

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "state-machine.md"


def test_the_document_names_every_trap_and_no_other() -> None:
    files = [path for path in HERE.glob("test_traps_*.py") if path.name != Path(__file__).name]
    written = {name for path in files for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.M)}
    named = set(re.findall(r"`(test_\w+)`", DOCUMENT.read_text("utf-8")))

    assert len(written) > 50
    assert named == written
