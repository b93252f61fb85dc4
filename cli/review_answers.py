"""Verdicts on cases: from a file, from a person at a terminal, or none at all."""

from dataclasses import replace
from pathlib import Path
from typing import Final, Self

import typer
import yaml

from cli.output import fail, messages
from rules.judging import Verdict
from rules.reviewing import Candidate
from schemas.words import OWNERS, POSTURES

_KEYS: Final = {"r": "right", "w": "wrong", "o": "owner", "p": "posture", "s": "skip"}
_QUIET_KEYS: Final = {"r": "right", "w": "wrong", "s": "skip"}
_FIELDS: Final = ("verdict", "owner", "posture", "note", "by")
_SKIP: Final = Verdict("skip")


class Answers:
    """Where verdicts come from."""

    def __init__(self, told: dict[str, Verdict] | None, name: str = "", by: str | None = None, *, asks: bool) -> None:
        self._told = told
        self._name = name
        self._by = by
        self._asks = asks and told is None
        self.gives = told is not None or self._asks
        """Whether there are verdicts at all."""

    @classmethod
    def of(cls, path: Path | None, by: str | None, *, interactive: bool) -> Self:
        """The verdicts of a file, else those of a person where one is there; ends the command where the file is bad."""
        if path is None:
            return cls(None, by=by, asks=interactive)
        try:
            # Every scalar stays text: an id may look like a number.
            said = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader) or {}  # noqa: S506
        except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
            fail(f"--answers {path}: {error}")
        if not isinstance(said, dict):
            fail(f"--answers {path}: write a mapping of case ids, e.g. `4f2a77b1c09d3e55: right`")
        told = {str(case): _read(path, str(case), one, by) for case, one in said.items()}
        return cls(told, str(path), by, asks=False)

    def check(self, cases: set[str]) -> None:
        """Ends the command where a verdict is about a case that is not asked about."""
        strange = sorted((self._told or {}).keys() - cases)
        if strange:
            fail(
                f"--answers {self._name}: {', '.join(strange)} {'is' if len(strange) == 1 else 'are'} not among the"
                " cases of this review; run it without --answers to see their ids, with the same options"
            )

    def given(self, case: Candidate) -> Verdict | None:
        """The verdict of the file, where there is one."""
        return (self._told or {}).get(case.case_id)

    def verdict(self, case: Candidate) -> Verdict | None:
        """The verdict on a case; None ends the review, and keeps what was judged before."""
        if not self._asks:
            return self.given(case) or _SKIP
        try:
            verdict = _ask(case)
        except typer.Abort:
            messages.print("")
            return None
        return None if verdict is None else replace(verdict, by=self._by)


def _read(path: Path, case: str, said: object, by: str | None) -> Verdict:
    fields = {"verdict": said} if isinstance(said, str) else said
    if not isinstance(fields, dict) or not fields.keys() <= set(_FIELDS) or "verdict" not in fields:
        fail(f"--answers {path}: {case}: write a verdict, or a mapping with {', '.join(_FIELDS)}")
    try:
        return Verdict(fields["verdict"], fields.get(fields["verdict"]), fields.get("note"), fields.get("by", by))
    except (TypeError, ValueError) as error:
        fail(f"--answers {path}: {case}: {error}")


def _ask(case: Candidate) -> Verdict | None:
    """Asks on the terminal; None where the person has had enough."""
    allowed = _KEYS if case.fires else _QUIET_KEYS
    keys = ", ".join(f"{key} {word}" for key, word in allowed.items())
    word = _chosen(f"verdict ({keys}, q quit)", (*allowed, "q"))
    if word == "q":
        return None
    should = {"o": OWNERS, "p": POSTURES}.get(word)
    named = _chosen(f"which ({', '.join(should)})", should) if should else None
    note = typer.prompt("note", default="", show_default=False, err=True) if word != "s" else ""
    return Verdict(_KEYS[word], named, note.strip() or None)


def _chosen(question: str, allowed: tuple[str, ...]) -> str:
    while True:
        said = str(typer.prompt(question, err=True)).strip().lower()
        if said in allowed:
            return said
        messages.print(f"write one of {', '.join(allowed)}")
