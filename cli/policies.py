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
        return load_policy(None) if path is None else load_policy(_text(path), str(path), _live())
    except (OSError, ValueError) as error:
        fail(f"{path or 'packaged policy'}: {error}")


def candidate_book(path: Path | None, live: PolicyBook) -> PolicyBook | None:
    """A candidate that may build on `live`; ends the command with file and line where it is bad."""
    try:
        return None if path is None else load_policy(_text(path), str(path), live)
    except (OSError, ValueError) as error:
        fail(f"{path}: {error}")


def live_book() -> PolicyBook:
    """The policy that the service runs by; ends the command where it cannot be read."""
    try:
        return _live()
    except (OSError, ValueError) as error:
        fail(f"WISMO_POLICY_FILE: {error}")


def _live() -> PolicyBook:
    try:
        path = load_settings().policy_file
    except SettingsError:
        path = None
    return load_policy(None) if path is None else load_policy(_text(path), str(path))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
