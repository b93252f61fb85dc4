"""`wismo normalize`: prints how a sender's raw files read in our words, one JSON line a scan."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from rules.normalize import SCANS, parse_scans
from schemas.codec import dumps
from schemas.facts import Rejected, Scan

FIELDS = ("carrier", "tracking_number", "state", "reason", "flags", "direction", "occurred_at", "time_quality")
MORE = ("raw_time", "code", "description", "mapped", "informational", "estimated_delivery_at")


def normalize(
    files: Annotated[
        list[Path], typer.Argument(help="Files with one raw message each, as the sender sent it; - for standard input.")
    ],
    source: Annotated[str, typer.Option(help="Who sent them: a name of the Kafka header `source`.")],
) -> None:
    """Print the scans of raw messages as JSON lines; exit 1 where a file cannot be used, 2 for a wrong source."""
    if source not in SCANS:
        sys.stderr.write(f"--source {source}: sends no scans that we read; use one of: {' '.join(SCANS)}\n")
        raise typer.Exit(2)
    outcomes = [_print(source, file) for file in files]
    raise typer.Exit(0 if all(outcomes) else 1)


def line(scan: Scan) -> dict[str, Any]:
    """One scan as the printed line has it."""
    place = scan.location
    told = {name: getattr(scan, name) for name in (*FIELDS, *MORE)}
    where = {name: getattr(place, name) for name in place.__struct_fields__} if place else None
    return {"shipment_id": scan.shipment_id, **told, "location": where}


def _print(source: str, file: Path) -> bool:
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        sys.stderr.write(f"{file}: cannot be read ({error.strerror}); give a file with one raw message\n")
        return False
    result = parse_scans(source, raw)
    if isinstance(result, Rejected):
        sys.stderr.write(f"{file}: {result.reason}: {result.message}\n")
        return False
    for scan in result:
        sys.stdout.write(dumps(line(scan)).decode() + "\n")
    return True


if __name__ == "__main__":
    typer.run(normalize)
