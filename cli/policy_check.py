"""`wismo check`: policy, carrier tables and settings, before anything starts."""

import os
from pathlib import Path
from typing import Annotated

import typer

from cli.coverage import print_coverage
from cli.output import BAD_USE, FOUND, fail, messages
from rules.loading import DEFAULT, check_twins, default_text, policy_notes, read_entries
from rules.normalize.senders import check_senders
from rules.normalize.tables import check_tables
from rules.policy import PolicyBook
from sinks.settings import SettingsError, load_settings, unknown_variables


def check(
    policy: Annotated[Path | None, typer.Option(help="Policy file to check instead of the one in force.")] = None,
    carriers: Annotated[bool, typer.Option("--carriers", help="Print what the tables of each sender cover.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --carriers: JSON lines instead of a table.")] = False,
) -> None:
    """Check policy, carrier tables and settings; exit 1 names every problem with its place."""
    if as_json and not carriers:
        fail("--json goes with --carriers", BAD_USE)
    if policy is not None and not policy.is_file():
        fail(f"--policy {policy}: no such file", BAD_USE)
    wrong_tables = check_tables()
    # What is left out is looked up in the tables, so they come first.
    problems = [*_settings(), *wrong_tables, *([] if wrong_tables else check_senders())]
    if carriers and not wrong_tables:
        print_coverage(as_json=as_json)
    problems += [*check_twins(), *_policies(policy)]
    for problem in problems:
        messages.print(problem, markup=False)
    if problems:
        raise typer.Exit(FOUND)
    messages.print("policy, carrier tables and settings are well")


def _policies(given: Path | None) -> list[str]:
    """Problems of the live policy and of the candidate, or of the one that was given; notes go to stderr at once."""
    try:
        settings = load_settings()
        problems, live = _checked(settings.policy_file, None)
        beside = given or settings.shadow_policy_file
        if beside is None or problems:
            return problems
        return _checked(beside, live)[0]
    except SettingsError:
        return ["policy: not checked, as the settings cannot be used"]
    except (OSError, UnicodeDecodeError) as error:
        return [f"policy: {error}"]


def _checked(path: Path | None, live: PolicyBook | None) -> tuple[list[str], PolicyBook]:
    name, text = str(path or DEFAULT), path.read_text(encoding="utf-8") if path is not None else default_text()
    entries, problems = read_entries(text, name, live)
    for note in [] if problems else policy_notes(entries):
        messages.print(f"note: {name}: {note}", markup=False)
    return problems, PolicyBook(entries, {})


def _settings() -> list[str]:
    try:
        load_settings()
    except SettingsError as error:
        return str(error).splitlines()
    return [f"{name}: nothing reads this variable; is it misspelt?" for name in unknown_variables(os.environ)]
