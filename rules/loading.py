"""Loads policies and the twins of kinds; whatever is wrong is named with its file and line."""

from functools import cache
from importlib import resources
from typing import Final

from rules.policy import Entry, PolicyBook
from rules.policy_checks import check_entries, crossings
from rules.policy_reading import PolicyFile
from rules.twin_reading import check_twins, load_twins, read_twin, twin_fields

__all__ = [
    "DEFAULT", "PolicyError", "check_policy", "check_twins", "default_text", "load_policy", "load_twins",
    "policy_notes", "read_entries", "read_twin", "twin_fields",
]  # fmt: skip

DEFAULT: Final = "rules/policies/default.yaml"


class PolicyError(ValueError):
    """A policy that must not be used; every line of the message is one problem by file and line."""


def load_policy(text: str | None = None, name: str = "policy", live: PolicyBook | None = None) -> PolicyBook:
    """The policy in `text`, or the packaged one; raises `PolicyError` naming every problem as `file:line: what`.

    A text that begins with `extends: packaged` adds its entries to the packaged policy; a candidate that begins with
    `extends: live` adds them to the policy given as `live`.
    """
    if text is None:
        return _packaged()
    entries, problems = read_entries(text, name, live)
    if problems:
        raise PolicyError("\n".join(problems))
    return PolicyBook(entries, load_twins())


def check_policy(text: str | None = None, name: str = "policy", live: PolicyBook | None = None) -> list[str]:
    """Every problem of a policy, as `file:line: what is wrong and what to do`; empty where all is well."""
    return read_entries(default_text(), DEFAULT)[1] if text is None else read_entries(text, name, live)[1]


def policy_notes(entries: tuple[Entry, ...]) -> list[str]:
    """What is no fault of a policy and yet worth a look: scopes that cross, and which of the two entries wins."""
    return crossings(entries)


@cache
def default_text() -> str:
    """The packaged policy as it is written."""
    return resources.files("rules.policies").joinpath("default.yaml").read_text(encoding="utf-8")


@cache
def _packaged() -> PolicyBook:
    return load_policy(default_text(), DEFAULT)


def read_entries(text: str, name: str, live: PolicyBook | None = None) -> tuple[tuple[Entry, ...], list[str]]:
    """The entries of a policy, those that it builds on included, and every problem as `file:line: what`."""
    file = PolicyFile(text, name)
    if file.problems:
        return (), file.problems
    base: tuple[Entry, ...] = ()
    if file.extends == "live" and live is None:
        file.note(1, "only a candidate can build on the live policy; write `extends: packaged`")
        return (), file.problems
    if file.extends is not None:
        base = live.entries if live is not None and file.extends == "live" else _packaged().entries
    check_entries(file, base)
    return (*base, *file.entries), file.problems
