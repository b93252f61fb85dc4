"""The kinds of an explanation as branches of its tree: those that fired, with evidence; the others, with why not."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from rich.markup import escape
from rich.tree import Tree

from rules.explaining.wording import in_words, minute, span, told_condition
from schemas.events import Term
from schemas.explanation import CaseTold, Evidence, Explanation, FoundTold, KindTold, Told

_COLOURS: Final = {"watch": "dim", "routine": "cyan", "urgent": "yellow", "critical": "bold red"}
_HAS_A_CASE: Final = ("open", "snoozed", "hidden", "settled", "ending", "kept")


def add_kinds(tree: Tree, told: Explanation, kind: str | None) -> None:
    """Branches for every kind, or for one with all that is known of it."""
    kinds = [one for one in told.kinds if kind in (None, one.kind)]
    _fired(tree, told, [one for one in kinds if _counts(one)])
    quiet = [one for one in kinds if not _counts(one) and one.standing in ("quiet", "off")]
    _quiet(tree, told, quiet, each=kind is not None)
    _elsewhere(tree, [one for one in kinds if one.standing in ("elsewhere", "unbuilt")])


def event_line(event: Told) -> str:
    """One event: what it said, when, and where it stands."""
    said = f"{event.said} ({event.reason})" if event.reason else event.said
    return f"{said} {minute(event.received_at)}  {event.topic} {event.sequence}  [dim]{event.event_id}[/]"


def _counts(one: KindTold) -> bool:
    """Whether its cause is there or its case is open; of a kind that is off nothing follows."""
    return one.standing != "off" and (one.fires or one.standing in _HAS_A_CASE)


def _fired(tree: Tree, told: Explanation, kinds: list[KindTold]) -> None:
    if not kinds:
        tree.add("nothing fired")
        return
    branch = tree.add(f"[bold]fired ({len(kinds)})[/]")
    for one in kinds:
        _one(branch, told.at, one)


def _one(branch: Tree, now: datetime, one: KindTold) -> None:
    case, found = one.case if one.standing in _HAS_A_CASE else None, one.found
    weighed = case or found
    shadow = " [dim]in shadow[/]" if one.mode == "shadow" else ""
    line = f"[bold yellow]{one.kind}[/] {one.standing}{shadow}"
    if weighed is not None:
        colour = _COLOURS[weighed.severity]
        watched = f", watched by {', '.join(weighed.watchers)}" if weighed.watchers else ""
        line += f"  [{colour}]{weighed.severity} {weighed.score}[/], {weighed.owner}{watched}, {weighed.posture}"
    node = branch.add(f"{line}  [dim]{escape(one.title)}[/]")
    node.add(escape(one.why))
    if weighed is not None:
        _weight(node, weighed)
    if case is not None:
        _case(node, case)
    for condition in one.conditions:
        node.add(_checked(condition.holds, told_condition(condition)))
    if one.changes_at:
        node.add(f"its next step comes {_soon(one.changes_at, now)}")


def _weight(node: Tree, weighed: CaseTold | FoundTold) -> None:
    for item in weighed.evidence:
        node.add(f"evidence {escape(_evidence(item))}")
    node.add(escape(f"score {weighed.score} = {_terms(weighed.terms)}"))
    if weighed.review_reasons:
        node.add(escape(f"a person has to look: {'; '.join(weighed.review_reasons)}"))
    node.add(escape(f"next: {weighed.next_action}"))


def _case(node: Tree, case: CaseTold) -> None:
    said = [f"case {case.case_id}", f"opened {minute(case.opened_at)}"]
    said += [f"due {minute(case.due_by)}"] if case.due_by and not case.resolved_at else []
    said += [f"ended {minute(case.resolved_at)} by {case.resolved_by}"] if case.resolved_at else []
    said += [f"held by {case.assignee}"] if case.assignee else []
    said += [f"decided {case.decision} by {case.decided_by}"] if case.decision else []
    said += [f"episode {case.episode}"] if case.episode > 1 else []
    branch = node.add(escape(f"{', '.join(said)}, {case.policy_version}"))
    for event in case.events:
        branch.add(event_line(event))


def _evidence(item: Evidence) -> str:
    limit = f", limit {in_words(item.limit)}" if item.limit is not None else ""
    policy = f" ({item.policy})" if item.policy else ""
    return f"{item.fact.replace('_', ' ')}: {in_words(item.observed)}{limit}{policy}"


def _terms(terms: dict[str, Term]) -> str:
    points = {name: term for name, term in terms.items() if term.points}
    given = [f"{term.points:+} {name} ({in_words(term.value)}; {term.policy})" for name, term in points.items()]
    nothing = [name for name in terms if name not in points]
    return " ".join(given) + (f"; nothing for {', '.join(nothing)}" if nothing else "")


def _soon(moment: datetime, now: datetime) -> str:
    return f"{minute(moment)}, in {span(moment - now)}, if nothing else happens"


def _checked(holds: bool, text: str) -> str:
    return f"[green]yes[/] {escape(text)}" if holds else f"[red]no[/]  {escape(text)}"


def _quiet(tree: Tree, told: Explanation, kinds: list[KindTold], *, each: bool) -> None:
    if not kinds:
        return
    branch = tree.add(f"[bold]did not fire ({len(kinds)})[/]")
    for one in kinds:
        when = ""
        if one.fires_at:
            when = f"; would fire {_soon(one.fires_at, told.at)}"
        ended = f"; its case ended {minute(one.case.resolved_at)}" if one.case and one.case.resolved_at else ""
        node = branch.add(f"{one.kind}: {escape(one.why)}{when}{ended}")
        if each:
            for condition in one.conditions:
                node.add(_checked(condition.holds, told_condition(condition)))
            if one.case:
                _case(node, one.case)


def _elsewhere(tree: Tree, kinds: Iterable[KindTold]) -> None:
    others: dict[str, list[str]] = {}
    for one in kinds:
        others.setdefault(one.subject or "", []).append(one.kind)
    for subject, names in others.items():
        what = f"asked of every {subject}, not of this" if subject else "no rule decides these yet"
        tree.add(f"[dim]{what}: {', '.join(names)}[/]")
