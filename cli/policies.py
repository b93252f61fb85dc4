"""The policies a command works with."""

from pathlib import Path

from cli.output import fail
from rules.loading import load_policy
from rules.policy import PolicyBook
from sinks.settings import SettingsError, load_settings


def policy_book(path: Path | None) -> PolicyBook:
    """The policy of that file, or the packaged one; ends the command with file and line where it is bad.

    A file that begins with `extends: live` is read on top of the one that `WISMO_POLICY_FILE` names.
    """
    try:
        return load_policy(None) if path is None else load_policy(_text(path), str(path), live_policy())
    except (OSError, ValueError) as error:
        fail(f"{path or 'packaged policy'}: {error}")


def live_policy() -> PolicyBook:
    """The policy that the service runs by; raises `ValueError` or `OSError` where it cannot be read."""
    try:
        path = load_settings().policy_file
    except SettingsError:
        path = None
    return load_policy(None) if path is None else load_policy(_text(path), str(path))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
