"""One case as a person judges it: what happened, why the kind fired or not, and why it is worth a look."""

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.markup import escape

from cli.explain_tree import tree_of
from cli.output import line
from rules.explaining.answer import UnknownSubjectError, answer
from rules.explaining.listening import Heard
from rules.judging import Verdict
from rules.policy import PolicyBook
from rules.reviewing import Candidate
from schemas.codec import parse_rfc3339
from schemas.explanation import Explanation
from schemas.facts import ActionFact, Fact, OrderFact, Scan, ScansFact, TicketFact
from schemas.words import CUSTOMER_MESSAGES

_WIDE: Final = 10_000
_FIELDS: Final = "case_id kind key at fires owner severity score posture ended_at resolution why".split()


def show(  # noqa: PLR0913 - all that is said of one case
    case: Candidate, heard: Heard, book: PolicyBook, number: str, verdict: Verdict | None, *, as_json: bool
) -> None:
    """Print one case, for people or as a JSON line."""
    told = _explained(heard, book)
    if as_json:
        _line(case, heard, told, verdict)
        return
    out = Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else _WIDE)
    out.print(f"\n[bold]{number}  {case.kind}[/]  {escape(case.key)}  case {case.case_id}")
    for text in _head(case):
        out.print(escape(text))
    for step in timeline(heard, case):
        out.print(f"  {escape(step)}")
    if told is not None:
        out.print(tree_of(told, case.kind))


def _explained(heard: Heard, book: PolicyBook) -> Explanation | None:
    try:
        return answer(heard, book)
    except UnknownSubjectError:
        return None


def _line(case: Candidate, heard: Heard, told: Explanation | None, verdict: Verdict | None) -> None:
    kinds = [one.model_dump(by_alias=True) for one in told.kinds if one.kind == case.kind] if told else []
    said = None if verdict is None else {name: getattr(verdict, name) for name in ("word", "should", "note", "by")}
    plain = {name: getattr(case, name) for name in _FIELDS}
    line({**plain, "timeline": timeline(heard, case), "explanation": next(iter(kinds), None), "verdict": said})
    sys.stdout.buffer.flush()


def _head(case: Candidate) -> Iterator[str]:
    opened = f"{case.at:%Y-%m-%d %H:%M} UTC for {case.owner}: {case.severity} ({case.score}), {case.posture}"
    yield f"opened {opened}" if case.fires else f"STAYS QUIET; the other policy opens it {opened}"
    if case.ended_at is not None and case.fires:
        yield f"ended {case.ended_at:%Y-%m-%d %H:%M} UTC: {case.resolution or ''}"
    yield f"why this one: {'; '.join(case.why) or 'one of its kind'}"


def timeline(heard: Heard, case: Candidate) -> list[str]:
    """What was heard of the subject by then and what was said of the case, one line each, in order of arrival."""
    told = [(fact.received_at, text) for fact in heard.facts for text in _of_fact(fact)]
    for topic, event in heard.events:
        at = parse_rfc3339(event["received_at"])
        if topic == CUSTOMER_MESSAGES:
            why = f" ({event['reason']})" if event["reason"] else ""
            told.append((at, f"message about {event['about']}: {event['fate']}{why}"))
        elif event.get("case_id") == case.case_id and "change" in event:
            told.append((at, f"case {event['change']}: {event['severity']} for {event['owner']}"))
    return [f"{at:%m-%d %H:%M}  {text}" for at, text in sorted(told, key=_when)]


def _when(told: tuple[datetime, str]) -> datetime:
    return told[0]


def _of_fact(fact: Fact) -> list[str]:
    if isinstance(fact, ScansFact):
        return [_of_scan(scan) for scan in fact.scans]
    if isinstance(fact, OrderFact):
        promise = f", promised by {fact.order.promise_date}" if fact.order.promise_date else ""
        return [f"order {fact.order.order_id} as of {fact.order.at:%m-%d %H:%M}{promise}"]
    if isinstance(fact, TicketFact):
        about = f" about {fact.ticket.intent}" if fact.ticket.intent else ""
        return [f"ticket {fact.ticket.ticket_id} {fact.ticket.event}{about}"]
    return [f"{fact.action.by or 'somebody'}: {fact.action.action}"] if isinstance(fact, ActionFact) else []


def _of_scan(scan: Scan) -> str:
    when = f"{scan.occurred_at:%m-%d %H:%M}" if scan.occurred_at else "no time"
    unknown: Any = None if scan.mapped else f"unknown code {scan.code}"
    place = scan.location.text() if scan.location else None
    said = [scan.state or unknown or "informational", scan.reason, *scan.flags, place]
    return f"scan of {when}: {', '.join(one for one in said if one)}"
