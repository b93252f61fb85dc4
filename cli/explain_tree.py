"""An explanation as a tree for people: what was known, what fired, what did not and why, what would come."""

from typing import Final

from rich.markup import escape
from rich.tree import Tree

from cli.explain_kinds import add_kinds, event_line
from rules.explaining.wording import minute, span
from schemas.explanation import Explanation, MessageTold, ScanTold, StateTold, Told

_MOST_STEPS: Final = 8


def tree_of(told: Explanation, kind: str | None = None) -> Tree:
    """The whole answer, or that about one kind."""
    tree = Tree(f"[bold]{escape(told.subject_id)}[/] as known at [bold]{minute(told.at)}[/], {told.policy_version}")
    if told.forgotten:
        tree.add("[yellow]it was over, and has been forgotten since: this is the last that was known[/]")
    if kind is None:
        _known(tree, told)
    add_kinds(tree, told, kind)
    if kind is None:
        _messages(tree, told)
        _ahead(tree, told)
    _later(tree, told)
    return tree


def _known(tree: Tree, told: Explanation) -> None:
    if told.state is not None:
        _state(tree, told.state)
    _order(tree, told)
    for ticket in told.tickets:
        times = {"opened": ticket.opened_at, "customer wrote": ticket.customer_at, "agent wrote": ticket.agent_at}
        said = [f"{name} {minute(at)}" for name, at in {**times, "closed": ticket.closed_at}.items() if at]
        about = f" about {', '.join(ticket.intents)}" if ticket.intents else ""
        tree.add(f"ticket {escape(ticket.ticket_id)}: {'open' if ticket.open else 'closed'}{about}; {', '.join(said)}")
    if (feed := told.feed) is not None:
        heard = f"heard at {minute(feed.heard_at)}" if feed.heard_at else "not heard"
        if feed.silent_from:
            heard = f"[yellow]silent since {minute(feed.silent_from)}, so clocks stand still[/]"
        tree.add(f"feed of {feed.carrier}: {heard}, {feed.parcels_in_flight} of its parcels under way")
    if (incident := told.incident) is not None:
        tree.add(f"[yellow]incident[/] at {escape(incident.place)} since {minute(incident.since)}")


def _state(tree: Tree, state: StateTold) -> None:
    said = [f"[bold]{state.state}[/]"] + ([f"since {minute(state.since)}"] if state.since else [])
    said += [f"after {state.previous_state}"] if state.previous_state else []
    said += [f"reason {state.reason}"] if state.reason else []
    said += [f"flags {', '.join(state.flags)}"] if state.flags else []
    said += [f"going {state.direction}"] if state.direction != "outbound" else []
    counts = [f"{state.scans} scans"] + ([f"{state.unmapped} unmapped"] if state.unmapped else [])
    counts += [f"{state.attempts} failed attempts"] if state.attempts else []
    branch = tree.add(f"state: {', '.join(said)} ({', '.join(counts)})")
    if state.scan is not None:
        branch.add(_scan(state.scan))
    if state.contradictions:
        branch.add(f"[yellow]contradictions:[/] {', '.join(state.contradictions)}")
    if state.estimated_delivery_at:
        branch.add(f"the carrier expects to deliver by {minute(state.estimated_delivery_at)}")


def _scan(scan: ScanTold) -> str:
    code = f"code {escape(scan.code)}" if scan.code else "no code"
    words = f" “{escape(scan.description)}”" if scan.description else ""
    place = f" at {escape(scan.place)}" if scan.place else ""
    table = f"table {scan.mapping_version}" if scan.mapping_version else "in our own words"
    raw = escape(scan.raw_time or "no time")
    heard = f"written {raw} ({scan.time_quality}), heard {minute(scan.heard_at)}"
    return f"by the scan {code}{words}{place}: {heard}; {table}{_event(scan.event)}"


def _event(event: Told | None) -> str:
    return f"; event {event.topic} {event.sequence}" if event else ""


def _order(tree: Tree, told: Explanation) -> None:
    order, promise = told.order, told.promise
    if order is None:
        if told.subject == "shipment":
            tree.add("order: none is known")
        return
    said = [order.storefront, order.tier and f"{order.tier} customer", order.value, order.service_level]
    said += [f"replaces {order.replacement_for}" if order.replacement_for else None]
    said += [f"needed by {order.needed_by}" if order.needed_by else None]
    said += [f"cancelled {minute(order.cancelled_at)}" if order.cancelled_at else None]
    said += [f"{len(order.parcels) or 'no'} parcel{'s' if len(order.parcels) != 1 else ''}"]
    linked = f" (linked by {order.linked_by})" if order.linked_by else ""
    branch = tree.add(escape(f"order {order.order_id}{linked}: {', '.join(one for one in said if one)}"))
    if promise is not None:
        ends = f"ends {minute(promise.ends_at)}" if promise.ends_at else "is no date"
        passed = ", [yellow]passed[/]" if promise.passed else ""
        branch.add(f"promise {promise.date} {ends} ({promise.zone}, from {promise.basis}){passed}")


def _messages(tree: Tree, told: Explanation) -> None:
    if not told.messages:
        tree.add("messages: none was planned")
        return
    branch = tree.add(f"[bold]messages ({len(told.messages)})[/]")
    for message in told.messages:
        _message(branch, message)


def _message(branch: Tree, message: MessageTold) -> None:
    reason = f" ({message.reason})" if message.reason else ""
    colour = {"send": "green", "held": "yellow"}.get(message.fate, "dim")
    line = f"[{colour}]{message.fate}{reason}[/] {message.class_}/{message.kind} about {message.about}"
    node = branch.add(f"{line}  [dim]{message.message_id}[/]")
    if not message.final or message.fate != "send":
        rule = f" ({message.policy})" if message.policy else ""
        node.add(escape(f"released by {message.release}{rule}"))
    if message.if_released:
        node.add(escape(f"released now its fate would be: {message.if_released}"))
    if message.text:
        node.add(f"[dim]“{escape(message.text)}”[/]")
    for event in message.events:
        node.add(event_line(event))


def _ahead(tree: Tree, told: Explanation) -> None:
    ahead = told.ahead
    if ahead.wakes_at is None:
        tree.add("nothing is due: only something new changes it")
        return
    line = f"next look {minute(ahead.wakes_at)}, in {span(ahead.wakes_at - told.at)}"
    branch = tree.add(f"[bold]{line}[/]; if nothing else happens:" if ahead.steps else line)
    for step in ahead.steps[:_MOST_STEPS]:
        branch.add(f"{minute(step.at)}  {escape(step.said)}")
    if len(ahead.steps) > _MOST_STEPS:
        branch.add(f"and {len(ahead.steps) - _MOST_STEPS} more")


def _later(tree: Tree, told: Explanation) -> None:
    later = told.later
    if later is None:
        return
    many = f"{later.facts} fact{'s' if later.facts != 1 else ''}"
    facts = f"{many} came later, the first {minute(later.first_received_at)}"
    if not later.happened_before:
        tree.add(f"[dim]{facts}; none of it had happened by then[/]")
    elif later.would_change:
        changed = escape("; ".join(later.differences))
        tree.add(f"[yellow]{facts}; {later.happened_before} had happened by then and would change this: {changed}[/]")
    else:
        tree.add(f"[dim]{facts}; {later.happened_before} had happened by then and would change nothing[/]")
