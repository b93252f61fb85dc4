"""`wismo config`: the settings as the service reads them, secrets starred out."""

import os

from cli.output import fail, line, messages
from sinks.settings import SettingsError, load_settings, unknown_variables


def config() -> None:
    """Print the settings in force as JSON, by variable name."""
    try:
        settings = load_settings()
    except SettingsError as error:
        fail(str(error))
    for name in unknown_variables(os.environ):
        messages.print(f"[yellow]warning:[/] {name} is set, and nothing reads it: is it misspelt?")
    line(settings.redacted())
