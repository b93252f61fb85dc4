"""Where two policies differ over the same subject: cases and messages in pairs, and what is not the same of a pair."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from rules.backtest.course import CaseCourse, MessageCourse, Why

CASE_DIFFERENCES: Final = (
    "only_new only_old earlier later other_owner other_severity other_posture other_score other_due_by"
    " ended_earlier ended_later"
).split()
MESSAGE_DIFFERENCES: Final = "message_sent message_silent message_earlier message_later message_other_fate".split()
DIFFERENCES: Final = (*CASE_DIFFERENCES, *MESSAGE_DIFFERENCES)
"""`new` as seen from `old`: `earlier` opens earlier under the new policy, `message_sent` is sent only under it."""

CasePair = tuple[CaseCourse | None, CaseCourse | None]
MessagePair = tuple[MessageCourse | None, MessageCourse | None]


class Difference(Struct, frozen=True, kw_only=True):
    """One difference; `old` and `new` are None where that policy has no such case or message."""

    what: str
    """A word of `DIFFERENCES`."""
    key: str
    kind: str
    """The kind of case, or what the message is about."""
    at: datetime
    """When the policies first did different things."""
    old: CaseCourse | MessageCourse | None
    new: CaseCourse | MessageCourse | None
    why: Why | None = None
    """Why the policy that opened no case then did not."""
    settings: tuple[dict[str, Any], ...] = ()
    """Where nothing else explains it: what the policies say differently of such a subject."""

    @property
    def rank(self) -> tuple[Any, ...]:
        """The order in which differences are told."""
        return self.at, self.key, self.kind, DIFFERENCES.index(self.what)


def case_pairs(old: Iterable[CaseCourse], new: Iterable[CaseCourse]) -> Iterator[CasePair]:
    """The same trouble under both policies: cases of one kind and subject that were open together, else the same
    episode.
    """
    groups: dict[tuple[str, str], tuple[list[CaseCourse], list[CaseCourse]]] = defaultdict(lambda: ([], []))
    for side, cases in enumerate((old, new)):
        for case in cases:
            groups[case.key, case.kind][side].append(case)
    for _, (olds, news) in sorted(groups.items()):
        yield from _paired(sorted(olds, key=_opening), sorted(news, key=_opening))


def _paired(olds: list[CaseCourse], news: list[CaseCourse]) -> Iterator[CasePair]:
    for same in (_together, _same_episode):
        for old in list(olds):
            new = next((one for one in news if same(old, one)), None)
            if new is not None:
                olds.remove(old)
                news.remove(new)
                yield old, new
    yield from ((old, None) for old in olds)
    yield from ((None, new) for new in news)


def _opening(case: CaseCourse) -> tuple[datetime, int]:
    return case.opened_at, case.episode


def _together(one: CaseCourse, other: CaseCourse) -> bool:
    return one.open_at(other.opened_at) or other.open_at(one.opened_at)


def _same_episode(one: CaseCourse, other: CaseCourse) -> bool:
    return one.case_id == other.case_id


def of_cases(pair: CasePair) -> Iterator[Difference]:
    """Everything that is not the same of one case."""
    old, new = pair
    if old is None or new is None:
        case = old or new
        assert case is not None
        yield _of("only_new" if old is None else "only_old", pair, case.opened_at, case.elsewhere)
        return
    if new.opened_at != old.opened_at:
        first = min(old, new, key=_opening)
        yield _of("earlier" if first is new else "later", pair, first.opened_at, first.elsewhere)
    at = max(old.opened_at, new.opened_at)
    for what, name in (("owner", "owners"), ("severity", "severity"), ("posture", "posture")):
        if getattr(old, name) != getattr(new, name):
            yield _of(f"other_{what}", pair, at)
    if old.score != new.score and old.severity == new.severity:
        yield _of("other_score", pair, at)
    if old.due_by != new.due_by and old.opened_at == new.opened_at and old.severity == new.severity:
        yield _of("other_due_by", pair, at)
    if old.resolved_at != new.resolved_at:
        earlier = new.resolved_at is not None and (old.resolved_at is None or new.resolved_at < old.resolved_at)
        moments = [end for end in (old.resolved_at, new.resolved_at) if end is not None]
        yield _of("ended_earlier" if earlier else "ended_later", pair, min(moments))


def _of(what: str, pair: CasePair, at: datetime, why: Why | None = None) -> Difference:
    case = pair[0] or pair[1]
    assert case is not None
    return Difference(what=what, key=case.key, kind=case.kind, at=at, old=pair[0], new=pair[1], why=why)


def of_messages(old: MessageCourse | None, new: MessageCourse | None) -> Difference | None:
    """What is not the same of one message to a customer."""
    one = old or new
    assert one is not None
    sent = [message is not None and message.fate == "send" for message in (old, new)]
    at = min(message.at for message in (old, new) if message is not None)
    what = _of_fates(old, new, sent)
    if what is None:
        return None
    return Difference(what=what, key=one.key, kind=one.about, at=at, old=old, new=new)


def _of_fates(old: MessageCourse | None, new: MessageCourse | None, sent: list[bool]) -> str | None:
    if sent == [False, True]:
        return "message_sent"
    if sent == [True, False]:
        return "message_silent"
    if old is None or new is None:
        return "message_other_fate"
    if sent == [True, True]:
        return None if old.at == new.at else "message_earlier" if new.at < old.at else "message_later"
    return None if (old.fate, old.reason) == (new.fate, new.reason) else "message_other_fate"
