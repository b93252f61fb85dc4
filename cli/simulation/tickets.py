"""Customers who ask: when, about what, how they name their order, and what the agents answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cli.simulation.dice import Dice
from cli.simulation.rates import WISMO_SHARE, Mix
from cli.simulation.senders import zendesk
from cli.simulation.steps import STEPS
from cli.simulation.things import Message, Order, Parcel
from cli.simulation.timing import DAY, HOUR, MINUTE, utc_text
from cli.simulation.world import World

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ticket:
    """One conversation."""

    at: int
    intent: str
    parcel: Parcel | None = None


def tell(order: Order, world: World) -> Iterator[Message]:
    """All ticket events about an order."""
    dice = world.dice("tickets", order.index)
    for number, ticket in enumerate(_tickets(order, world, dice)):
        events = list(_conversation(order, ticket, f"T-{order.index * 10 + number + 1}", dice))
        yield from _written(events, dice.chance(world.mix.helpdesk_webhooks))


def _tickets(order: Order, world: World, dice: Dice) -> Iterator[Ticket]:
    if order.shipped_at and dice.chance(world.mix.early_tickets):
        yield Ticket(dice.whole(order.at + HOUR, max(order.at + 2 * HOUR, order.shipped_at)), "wismo")
    outbound = [parcel for parcel in order.parcels if parcel.direction == "outbound"]
    for parcel in outbound:
        yield from _about_parcel(order, parcel, world.mix, dice)
    if dice.chance(world.mix.tickets * (1 - WISMO_SHARE) * 0.93):
        intent = dice.weigh((("other", 70), ("refund", 30)))
        yield Ticket(order.at + dice.whole(HOUR, 12 * DAY), intent)


def _about_parcel(order: Order, parcel: Parcel, mix: Mix, dice: Dice) -> Iterator[Ticket]:
    asked = _asks_where(order, parcel, mix, dice)
    if asked is not None:
        yield Ticket(asked, "wismo", parcel)
    if parcel.fate in ("stolen", "broken") and parcel.delivered_at is not None:
        at = parcel.delivered_at + dice.whole(2 * HOUR, 3 * DAY)
        for trouble in parcel.troubles:
            if trouble.kind in ("not_received", "damaged") and trouble.revealing is None:
                trouble.expected = at
        yield Ticket(at, "not_received" if parcel.fate == "stolen" else "damaged", parcel)


def _asks_where(order: Order, parcel: Parcel, mix: Mix, dice: Dice) -> int | None:
    """Most wait about three days after the date; some ask while it is still ahead."""
    patience = dice.whole(0, 3 * DAY) + dice.whole(0, 3 * DAY)
    rates = (mix.asks_when_late, mix.asks_when_stuck, mix.asks_anyway)
    asks_late, asks_stuck, asks_anyway = (dice.chance(rate) for rate in rates)
    late = order.promise_end + patience
    if asks_late and (parcel.delivered_at is None or parcel.delivered_at > late):
        return late
    if parcel.cause is not None and asks_stuck:
        return parcel.cause.begins + dice.whole(12 * HOUR, 3 * DAY)
    return order.at + dice.whole(2 * HOUR, 4 * DAY) if asks_anyway else None


def _conversation(order: Order, ticket: Ticket, ticket_id: str, dice: Dice) -> Iterator[tuple[int, Event]]:
    names = _names(order, ticket, dice)
    common = {"ticket_id": ticket_id, "channel": dice.pick(("email", "email", "chat", "phone")), **names}
    yield ticket.at, common | {"event": "opened", "intent": ticket.intent}
    # Agents' events often name nothing but the ticket.
    if dice.chance(0.4):
        common = {"ticket_id": ticket_id}
    at = ticket.at + dice.skewed(20 * MINUTE, 30 * HOUR)
    yield at, common | {"event": "agent_replied", "stated_state": _stated(order, ticket, at)}
    if dice.chance(0.35):
        at += dice.skewed(10 * MINUTE, DAY)
        yield at, common | {"event": "customer_replied"}
        at += dice.skewed(20 * MINUTE, DAY)
        yield at, common | {"event": "agent_replied", "stated_state": _stated(order, ticket, at)}
    if dice.chance(0.9):
        yield at + dice.whole(2 * HOUR, 3 * DAY), common | {"event": "closed"}


def _names(order: Order, ticket: Ticket, dice: Dice) -> dict[str, Any]:
    how = dice.weigh((("order", 60), ("number", 20), ("customer", 20)))
    if how == "customer":
        return {"customer_id": order.customer_id}
    parcel = ticket.parcel
    # Nobody can name a number before there is a label, nor the right one before the shop has corrected it.
    if how == "number" and parcel is not None and ticket.at >= parcel.ready:
        corrected = parcel.real_number is not None and ticket.at >= parcel.corrected_at
        return {"tracking_number": parcel.label_number if corrected else parcel.number}
    return {"order_id": order.order_id, "customer_id": order.customer_id}


def _stated(order: Order, ticket: Ticket, at: int) -> str | None:
    """What the agent read on the tracking page at that time."""
    parcel = ticket.parcel or (order.parcels[0] if order.parcels else None)
    stated = None
    for event in parcel.happenings if parcel is not None else ():
        state = STEPS[event.step].state
        if 0 < event.heard <= at and state is not None:
            stated = state
    return stated


def _written(events: list[tuple[int, Event]], helpdesk: bool) -> Iterator[Message]:
    opened = events[0][1]
    for at, event in events:
        source = "zendesk" if helpdesk else "wismo"
        value = zendesk.write(event, opened, at) if helpdesk else event | {"at": utc_text(at)}
        yield Message(at + 2, "ticket-events", opened["ticket_id"], source, value)
