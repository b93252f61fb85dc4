"""The carrier tables that a command reads by: the packaged ones and those of `WISMO_CARRIER_TABLES`."""

import os
from typing import Final

from cli.output import fail
from rules.normalize.tables import TableError, add_rows, use_rows
from sinks.settings import SettingsError, load_settings, variable_of

_TELL_THEMSELVES: Final = ("check", "config")
"""Commands that print what is wrong with settings and tables, so that must not end before."""


def use_own_tables(command: str | None) -> None:
    """Take the operator's rows for this process; ends the command where they cannot be used."""
    add_rows({})
    try:
        files = load_settings().carrier_files()
        if command in _TELL_THEMSELVES:
            add_rows(files)
        else:
            use_rows(files)
    except SettingsError as error:
        # A command that needs no settings may run with wrong ones, but not with fewer tables than it was told.
        if variable_of("carrier_tables") in os.environ and command not in _TELL_THEMSELVES:
            fail(str(error))
    except TableError as error:
        fail(str(error))
