"""What follows from a view: indices, counts and queue rows. A change of the board is the difference of two of these."""

from collections import Counter
from dataclasses import dataclass, field

from sinks.board.views import Case, QueueRow, View


@dataclass(frozen=True, slots=True)
class Projection:
    """Everything beside its document that a view puts on the board."""

    counts: Counter[str] = field(default_factory=Counter)
    index: frozenset[str] = frozenset()
    rows: dict[str, QueueRow] = field(default_factory=dict)


def project(view: View | None) -> Projection:
    """The projection of a view; an absent view puts nothing on the board."""
    if view is None:
        return Projection()
    return Projection(counts(view), frozenset(index_names(view)), {c.case_id: _row(view, c) for c in open_cases(view)})


def open_cases(view: View) -> list[Case]:
    """The cases that somebody still has to look at."""
    return [case for case in view.cases.values() if case.is_open]


def counts(view: View) -> Counter[str]:
    """What the view adds to each counter: names are words joined by `|`."""
    found: Counter[str] = Counter()
    carrier = view.carrier or "unknown"
    if view.subject == "shipment" and view.state:
        found[f"state|{view.state}"] += 1
        found[f"carrier|{carrier}|state|{view.state}"] += 1
    for case in open_cases(view):
        found[f"owner|{case.owner}|{case.severity}"] += 1
        found[f"kind|{case.kind}"] += 1
        if view.carrier:
            found[f"carrier|{carrier}|kind|{case.kind}"] += 1
    live = {case.kind for case in open_cases(view)}
    for shadow in view.shadows.values():
        agreed = "both" if shadow.shadow == "policy" and shadow.kind in live else "alone"
        found[f"shadow|{shadow.shadow}|{agreed}"] += 1
    return found


def index_names(view: View) -> list[str]:
    """Under which names a search finds the view."""
    named = (("order", view.order_id), ("customer", view.customer_id), ("tracking", view.tracking_number))
    return [f"{what}:{searchable(value)}" for what, value in named if value]


def searchable(text: str) -> str:
    """A text as people type it and as it is stored, made one."""
    return "".join(char for char in text if not char.isspace() and char != "-").upper()


def _row(view: View, case: Case) -> QueueRow:
    return QueueRow(
        case=case, id=view.id, subject=view.subject, carrier=view.carrier, tracking_number=view.tracking_number,
        order_id=view.order_id, state=view.state, promise_date=view.promise_date, storefront=view.storefront,
        service_level=view.service_level,
    )  # fmt: skip
