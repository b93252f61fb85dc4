"""`wismo check`: policy, carrier tables and settings, before anything starts."""

import os
from pathlib import Path
from typing import Annotated

import typer

from cli.coverage import print_coverage
from cli.output import BAD_USE, FOUND, fail, messages
from rules.loading import check_policy
from rules.normalize.senders import check_senders
from rules.normalize.tables import check_tables
from sinks.settings import SettingsError, load_settings, unknown_variables


def check(
    policy: Annotated[Path | None, typer.Option(help="Policy file to check instead of the one in force.")] = None,
    carriers: Annotated[bool, typer.Option("--carriers", help="Print what the tables of each sender cover.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --carriers: JSON lines instead of a table.")] = False,
) -> None:
    """Check policy, carrier tables and settings; exit 1 names every problem with its place."""
    if as_json and not carriers:
        fail("--json goes with --carriers", BAD_USE)
    wrong_tables = check_tables()
    # What is left out is looked up in the tables, so they come first.
    problems = [*_settings(), *wrong_tables, *([] if wrong_tables else check_senders())]
    if carriers and not wrong_tables:
        print_coverage(as_json=as_json)
    try:
        path = policy or load_settings().policy_file
        problems += check_policy(path.read_text(encoding="utf-8") if path else None)
    except (OSError, SettingsError) as error:
        problems.append(f"policy: {error}")
    for problem in problems:
        messages.print(problem, markup=False)
    if problems:
        raise typer.Exit(FOUND)
    messages.print("policy, carrier tables and settings are well")


def _settings() -> list[str]:
    try:
        load_settings()
    except SettingsError as error:
        return str(error).splitlines()
    return [f"{name}: nothing reads this variable; is it misspelt?" for name in unknown_variables(os.environ)]
