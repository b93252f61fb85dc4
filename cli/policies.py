"""The policy a command works with."""

from pathlib import Path

from cli.output import fail
from rules.loading import load_policy
from rules.policy import PolicyBook


def policy_book(path: Path | None) -> PolicyBook:
    """The policy of that file, or the packaged one; ends the command with file and line where it is bad."""
    try:
        return load_policy(path.read_text(encoding="utf-8") if path else None)
    except (OSError, ValueError) as error:
        fail(f"{path or 'packaged policy'}: {error}")
