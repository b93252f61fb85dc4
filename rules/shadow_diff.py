"""What a candidate policy does otherwise than the live one: cases only here, only there, earlier, later."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from rules.shadow import ANOTHER, KIND, POLICY
from schemas.codec import parse_rfc3339
from schemas.words import KINDS, OWNERS, SHADOW_EXCEPTIONS, exceptions_topic

SAME, EARLIER, LATER, ONLY_LIVE, ONLY_CANDIDATE, IN_SHADOW = (
    "same", "earlier", "later", "only_live", "only_candidate", "in_shadow",
)  # fmt: skip
WORDS: Final = (SAME, EARLIER, LATER, ONLY_LIVE, ONLY_CANDIDATE, IN_SHADOW)
"""Seen from the candidate: it opens the same case at the same time, earlier, later, never, alone; and last, cases of
kinds that the live policy itself keeps in shadow."""
_TOPICS: Final = frozenset((SHADOW_EXCEPTIONS, *(exceptions_topic(owner) for owner in OWNERS)))
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Span:
    """One case from its opening to its end."""

    opened: datetime
    ended: datetime = _NEVER
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One trouble of one subject, as both policies see it."""

    word: str
    kind: str
    owner: str
    subject_id: str
    live: datetime | None
    candidate: datetime | None

    @property
    def at(self) -> datetime:
        """When it first shows."""
        return min(moment for moment in (self.live, self.candidate) if moment is not None)

    def plain(self) -> dict[str, Any]:
        """As it is printed."""
        hours = None
        if self.live is not None and self.candidate is not None:
            hours = round((self.candidate - self.live).total_seconds() / 3600, 2)
        return {
            "difference": self.word,
            "kind": self.kind,
            "owner": self.owner,
            "subject_id": self.subject_id,
            "live_opened_at": self.live,
            "candidate_opened_at": self.candidate,
            "hours_later": hours,
        }


@dataclass(slots=True)
class _Trouble:
    owner: str = ""
    spans: dict[str, dict[str, Span]] = field(default_factory=lambda: {"live": {}, POLICY: {}, KIND: {}})


class ShadowDiff:
    """Takes the events of the exceptions topics in, in any order between topics; answers with the differences."""

    def __init__(self) -> None:
        self._troubles: dict[tuple[str, str], _Trouble] = {}
        self.began: datetime | None = None
        """When the candidate was first heard of."""

    def take(self, topic: str, value: dict[str, Any]) -> None:
        """One event; those of other topics are passed over."""
        if topic not in _TOPICS:
            return
        side = value.get("shadow") or "live"
        at = parse_rfc3339(value["received_at"])
        if side == POLICY and (self.began is None or at < self.began):
            self.began = at
        trouble = self._troubles.setdefault((value["subject_id"], value["kind"]), _Trouble())
        trouble.owner = value["owner"]
        spans = trouble.spans[side]
        if value["resolution"] == ANOTHER and side == POLICY:
            spans.pop(value["case_id"], None)
            return
        span = spans.setdefault(value["case_id"], Span(parse_rfc3339(value["opened_at"])))
        span.severity = value["severity"]
        span.ended = parse_rfc3339(value["resolved_at"]) if value["resolved_at"] else _NEVER

    def differences(self, since: datetime | None = None) -> list[Difference]:
        """Every trouble once, by time, without those that began before `since`, when no candidate was there."""
        found = [
            one
            for (subject, kind), trouble in self._troubles.items()
            for one in _compared(subject, kind, trouble)
            if since is None or one.at >= since
        ]
        return sorted(found, key=lambda one: (one.at, one.subject_id, KINDS.index(one.kind)))


def tally(differences: Iterable[Difference]) -> list[dict[str, Any]]:
    """How many of each word, by kind and owner, in the order of the catalogue."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for one in differences:
        counts.setdefault((one.kind, one.owner), Counter())[one.word] += 1
    rows = sorted(counts, key=lambda row: (KINDS.index(row[0]), row[1]))
    return [
        {"kind": kind, "owner": owner, **{word: counts[kind, owner][word] for word in WORDS}} for kind, owner in rows
    ]


def _compared(subject: str, kind: str, trouble: _Trouble) -> Iterable[Difference]:
    left = sorted(trouble.spans[POLICY].values(), key=lambda span: span.opened)
    for live in sorted(trouble.spans["live"].values(), key=lambda span: span.opened):
        # The same trouble: there was a time at which both cases were open.
        other = next((one for one in left if one.opened <= live.ended and live.opened <= one.ended), None)
        if other is not None:
            left.remove(other)
        yield Difference(_word(live, other), kind, trouble.owner, subject, live.opened, other.opened if other else None)
    for alone in left:
        yield Difference(ONLY_CANDIDATE, kind, trouble.owner, subject, None, alone.opened)
    for shadow in trouble.spans[KIND].values():
        yield Difference(IN_SHADOW, kind, trouble.owner, subject, None, shadow.opened)


def _word(live: Span, other: Span | None) -> str:
    if other is None:
        return ONLY_LIVE
    return SAME if other.opened == live.opened else EARLIER if other.opened < live.opened else LATER
