"""`wismo policy`: what holds where, and the two ways to change it: promote a candidate, roll back."""

import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from cli.decide import moment
from cli.output import FOUND, fail, line, messages
from cli.policies import policy_book
from cli.policy_show import print_history, print_policy
from rules.loading import PolicyError, load_policy
from rules.policy import written
from rules.policy_writing import Appended, Change, promote, rollback
from schemas.words import SERVICE_LEVELS
from sinks.settings import SettingsError, load_settings

app = typer.Typer(help="What holds where; promote a candidate, roll back.", no_args_is_help=True)

_LEAD = timedelta(minutes=2)
"""Workers look at the file every few seconds: all of them know an entry before it begins."""

By = Annotated[str, typer.Option(help="Who does it; stays in the file.")]
Note = Annotated[str, typer.Option(help="Why; stays in the file.")]
File = Annotated[Path | None, typer.Option("--policy", help="The policy; by default that of WISMO_POLICY_FILE.")]
From = Annotated[
    str | None, typer.Option("--from", help="When it begins (RFC 3339); by default in two minutes, on the minute.")
]
Dry = Annotated[bool, typer.Option("--dry-run", help="Print what would be appended; write nothing.")]
Json = Annotated[bool, typer.Option("--json", help="JSON lines.")]


@app.command("show")
def show(  # noqa: PLR0913, PLR0917 - one option a layer
    path: Annotated[str, typer.Argument(help="Only what begins with this, e.g. stalled or kinds.")] = "",
    at: Annotated[str | None, typer.Option(help="What holds then (RFC 3339); now by default.")] = None,
    carrier: Annotated[str | None, typer.Option(help="For this carrier.")] = None,
    storefront: Annotated[str | None, typer.Option(help="For this storefront.")] = None,
    service: Annotated[str | None, typer.Option(help=f"For this service level: {', '.join(SERVICE_LEVELS)}.")] = None,
    policy: File = None,
    as_json: Json = False,
) -> None:
    """Print what holds for a carrier, storefront and service level, and which entry set it."""
    if service is not None and service not in SERVICE_LEVELS:
        fail(f"--service: {service!r} is none of {', '.join(SERVICE_LEVELS)}")
    found = policy_book(_file(policy)).at(moment(at, "--at") or datetime.now(UTC), carrier, storefront, service)
    if not print_policy(found, path, as_json=as_json):
        fail(f"no policy value begins with {path!r}", FOUND)


@app.command("history")
def history(policy: File = None, as_json: Json = False) -> None:
    """Print every entry: from when, for whom, what it sets, who appended it when and why, and what ended it."""
    print_history(policy_book(_file(policy)), as_json=as_json)


@app.command("template")
def template(name: Annotated[str, typer.Argument(help="Which one.")] = "narrow_rollout") -> None:
    """Print a policy to begin with."""
    folder = resources.files("rules.policies.templates")
    names = sorted(file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml"))
    if name not in names:
        fail(f"no template is called {name!r}; there are: {', '.join(names)}")
    typer.echo(folder.joinpath(f"{name}.yaml").read_text(encoding="utf-8"), nl=False)


@app.command("promote")
def promote_command(  # noqa: PLR0913 - who, why, when, where
    candidate: Annotated[Path, typer.Argument(metavar="FILE", help="The candidate policy.")],
    by: By,
    note: Note,
    begins: From = None,
    policy: File = None,
    dry_run: Dry = False,
) -> None:
    """Append a candidate's entries to the live policy; what stands in it stays."""
    live = _writable(policy)
    change = _change(by, note, begins)
    _apply(live, lambda: promote(_read(live), _read(candidate), change), dry_run=dry_run)


@app.command("rollback")
def rollback_command(  # noqa: PLR0913 - who, why, when, what
    by: By,
    note: Note,
    entry: Annotated[
        list[str] | None, typer.Option(help="An entry to take back, as name@from; by default the last promotion.")
    ] = None,
    begins: From = None,
    policy: File = None,
    dry_run: Dry = False,
) -> None:
    """Take the last promotion back: an appended entry revokes it, and what held before holds again."""
    live = _writable(policy)
    change = _change(by, note, begins)
    _apply(live, lambda: rollback(_read(live), change, tuple(entry or ())), dry_run=dry_run)


def _apply(live: Path, make: Callable[[], Appended], *, dry_run: bool) -> None:
    try:
        made = make()
        if not dry_run:
            _write(live, made.text)
    except (OSError, ValueError) as error:
        fail(str(error))
    for entry in made.entries:
        line(
            {
                "entry": entry.version,
                "from": entry.begins,
                "by": entry.by,
                "at": entry.at,
                "note": entry.note,
                "for": entry.scope.named,
                "sets": list(entry.sets),
                "revokes": list(entry.revokes),
            }  # fmt: skip
        )
    begin = min(entry.begins for entry in made.entries)
    if dry_run:
        messages.print(made.added, markup=False)
        messages.print("dry run: nothing was written")
    else:
        messages.print(f"appended to {live}, in force from {written(begin)}; workers that read it need no restart")


def _change(by: str, note: str, begins: str | None) -> Change:
    if not by.strip() or not note.strip():
        fail("--by and --note say who and why: they cannot be empty")
    now = datetime.now(UTC).replace(microsecond=0)
    change = Change(by=by, at=now, begins=_minute(now + _LEAD), note=note)
    given = moment(begins, "--from")
    if given is not None and given < now:
        fail("--from lies in the past: what was decided cannot change")
    return change if given is None else replace(change, begins=given)


def _minute(time: datetime) -> datetime:
    floor = time.replace(second=0)
    return floor if floor == time else floor + timedelta(minutes=1)


def _file(given: Path | None) -> Path | None:
    try:
        return given or load_settings().policy_file
    except SettingsError as error:
        fail(str(error))


def _writable(given: Path | None) -> Path:
    path = _file(given)
    if path is None:
        fail(
            "the packaged policy is part of the code and is not written: put `- extends: packaged` into a file of "
            "yours (`wismo policy template` prints one), and name it in WISMO_POLICY_FILE or with --policy"
        )
    return path


def _read(path: Path) -> tuple[str, str]:
    return path.read_text(encoding="utf-8"), str(path)


def _write(path: Path, text: str) -> None:
    """All or nothing: a worker that reads the file meanwhile sees the old one or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        load_policy(temporary.read_text(encoding="utf-8"), str(path))
        temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    except (OSError, PolicyError):
        temporary.unlink(missing_ok=True)
        raise
