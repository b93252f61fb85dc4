"""What becomes of a person's verdict on a case: a case of the kind's twin, which the tests run from then on."""

from dataclasses import dataclass
from typing import Final

from rules.explaining.listening import Heard
from rules.kinds import KINDS
from rules.loading import load_policy
from rules.policy import PolicyBook
from rules.reviewing import Candidate
from rules.situation import Situation, policy_of
from rules.twin_cases import Outcome, outcome_of, run_case, situation_of, unlike
from rules.twin_orders import TwinCase
from rules.twin_telling import told_case
from schemas.words import OWNERS, POSTURES

WORDS: Final = ("right", "wrong", "owner", "posture", "skip")
_ALLOWED: Final = {"owner": OWNERS, "posture": POSTURES}
_SUBJECTS: Final = {kind.name: kind.subject for kind in KINDS}


class UnfitError(ValueError):
    """What was known cannot be written down as a case of a twin without changing what follows from it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person says of a case; raises `ValueError` on a word that is none."""

    word: str
    """`right`, `wrong` (it should have been the other way round), `owner` or `posture` (right but for that), `skip`."""
    should: str | None = None
    """The owner or the posture that it should have."""
    note: str | None = None
    by: str | None = None

    def __post_init__(self) -> None:
        if self.word not in WORDS:
            raise ValueError(f"{self.word!r} is no verdict; write one of {', '.join(WORDS)}")
        allowed = _ALLOWED.get(self.word)
        if allowed is not None and self.should not in allowed:
            raise ValueError(f"{self.word} {self.should!r}: name one of {', '.join(allowed)}")


def judged_case(heard: Heard, one: Candidate, verdict: Verdict, book: PolicyBook) -> TwinCase:
    """The case that a verdict makes.

    Where rules and packaged policy do not do what the verdict asks for, `pending` says what they do instead: the tests
    hold such a case to fail until somebody has changed them and taken the mark away.

    Raises:
        UnfitError: the case would not say what was known, or the verdict does not fit it.
    """
    seen = _seen(heard, one, book)
    _check(one, verdict, seen)
    plain = _smallest(heard, one, seen, book)
    judged = {"case": one.case_id, "verdict": verdict.word, "note": verdict.note, "by": verdict.by}
    said = {name: value for name, value in judged.items() if value is not None}
    case = {"name": _name(one, verdict), **plain, **_expected(verdict, seen), "judged": said}
    if wrong := run_case(one.kind, case, load_policy()):
        case["pending"] = f"judged {verdict.word}, but {'; '.join(wrong)}"
    return case


def _seen(heard: Heard, one: Candidate, book: PolicyBook) -> Outcome:
    if heard.shipment is None:
        raise UnfitError("nothing was known of it then")
    situation = Situation(heard.shipment, policy_of(heard.shipment, one.at, book), heard.feeds)
    seen = outcome_of(one.kind, situation, one.at)
    if seen.fires != one.fires:
        raise UnfitError("what came in the very minute of the case changes it again")
    return seen


def _check(one: Candidate, verdict: Verdict, seen: Outcome) -> None:
    if verdict.word in _ALLOWED and not seen.fires:
        raise UnfitError(f"it stays quiet, so there is no {verdict.word} to correct; say wrong where it should fire")
    if verdict.word in _ALLOWED and getattr(seen, verdict.word) == verdict.should:
        raise UnfitError(f"its {verdict.word} is {verdict.should} already; say right")


def _smallest(heard: Heard, one: Candidate, seen: Outcome, book: PolicyBook) -> TwinCase:
    """The case without the senders' own texts where they change nothing: they may name people."""
    for texts in (False, True):
        plain = told_case(heard, _SUBJECTS[one.kind], one.at, texts=texts)
        if outcome_of(one.kind, situation_of(plain, book), one.at) == seen:
            return plain
    found = outcome_of(one.kind, situation_of(plain, book), one.at)
    wrong = unlike({"fires": seen.fires, "stage": seen.stage, "owner": seen.owner, "posture": seen.posture}, found)
    raise UnfitError(f"written down as a case {'; '.join(wrong) or 'its limits are others'}")


def _expected(verdict: Verdict, seen: Outcome) -> TwinCase:
    if verdict.word == "wrong" or not seen.fires:
        return {"fires": (not seen.fires) if verdict.word == "wrong" else False}
    said = {"fires": True, "stage": seen.stage, "owner": seen.owner, "posture": seen.posture}
    return said if verdict.word == "right" else {"fires": True, verdict.word: verdict.should}


def _name(one: Candidate, verdict: Verdict) -> str:
    carrier = one.key.partition(":")[0]
    return f"{verdict.note or f'judged {verdict.word}, {carrier}'} ({one.case_id[:8]})"
