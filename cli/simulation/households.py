"""Orders one after the other, each with all its parcels, reports, tickets and troubles."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from cli.simulation import feed, labels, orders, tickets
from cli.simulation.dice import Dice
from cli.simulation.journeys import travel
from cli.simulation.rates import CUSTOMS_HOLD_SHARE, TROUBLE_WEIGHTS
from cli.simulation.things import Message, Order, Parcel, Trouble
from cli.simulation.timing import DAY, HOUR
from cli.simulation.world import World

Stage = Callable[[int], str | None]
"""The trouble that a parcel of this index must have, if any."""
_MILLION: Final = 1_000_000


@dataclass(slots=True)
class Story:
    """Everything about one order."""

    order: Order
    messages: list[Message] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)


class Households:
    """Tells stories until so many parcels were made."""

    def __init__(self, world: World, shipments: int, stage: Stage | None = None) -> None:
        self._world = world
        self._stage = stage or _nothing_staged
        self._wanted = shipments
        self._parcels = 0
        self._orders = 0
        self._fates = _fates(world.mix.troubles)
        self._reusable: str | None = None

    def stories(self) -> Iterator[Story]:
        """One story an order, by the time of the order except for replacements."""
        while self._parcels < self._wanted:
            at = self._world.start + (self._world.span * self._parcels) // self._wanted
            story = self._story(at)
            yield story
            follow_up = self._replacement(story.order)
            if follow_up is not None:
                yield follow_up

    def _story(self, base: int, replaced: Order | None = None) -> Story:
        world, index = self._world, self._world.first + self._orders
        self._orders += 1
        dice = world.dice("household", index)
        order = orders.draw_order(world, index, base + dice.whole(0, 3 * HOUR))
        if replaced is not None:
            _copy_buyer(order, replaced)
        troubles = self._pack(order, dice)
        if dice.chance(world.mix.cancelled_orders):
            _cancel(order, dice)
        self._parcels += len(order.parcels)
        for parcel in order.parcels:
            travel(parcel, world)
            self._name_sender(parcel, dice)
        self._customer_return(order, dice)
        reports = [message for parcel in order.parcels for message in feed.report(parcel, world)]
        story = Story(order, [*orders.tell(order, world), *reports, *tickets.tell(order, world)])
        story.troubles = [*troubles, *labels.of_order(order)]
        return story

    def _pack(self, order: Order, dice: Dice) -> list[Trouble]:
        """Decide when the order leaves and in how many parcels."""
        mix, troubles = self._world.mix, []
        left = self._wanted - self._parcels
        ready = orders.ready_at(order, dice)
        count = dice.weigh(((2, 4), (3, 1))) if dice.chance(mix.split) else 1
        first = self._parcel(order, 0, ready, dice)
        orders.promise(order, first, dice, mix.needed_by)
        if dice.chance(orders.NOT_SHIPPED_SHARE * mix.troubles):
            first.ready, trouble = orders.out_of_stock(order, ready, dice)
            troubles.append(trouble)
        order.shipped_at = first.ready
        order.parcels = [first]
        for extra in range(1, min(count, left)):
            later = first.ready + dice.pick((0, 0, DAY))
            order.parcels.append(self._parcel(order, extra, later, dice))
        for parcel in order.parcels if troubles else ():
            parcel.cause = troubles[0]
        return troubles

    def _parcel(self, order: Order, extra: int, ready: int, dice: Dice) -> Parcel:
        parcel = orders.draw_parcel(self._world, order, self._world.first + self._parcels + extra, ready)
        parcel.fate = dice.weigh(self._fates)
        parcel.fate = self._stage(parcel.index) or parcel.fate
        if parcel.service == "international" and dice.chance(CUSTOMS_HOLD_SHARE):
            parcel.fate = "customs_hold"
        return parcel

    def _name_sender(self, parcel: Parcel, dice: Dice) -> None:
        mix = self._world.mix
        parcel.sender = feed.choose_sender(parcel, dice, mix.real_senders)
        if parcel.fate == "wrong_number":
            _misname(parcel, dice)
        elif parcel.sender == "fedex":
            parcel.unique_id = f"{2460000000 + parcel.index}~{parcel.number}~FX"
            if self._reusable is not None and dice.chance(mix.reused_numbers):
                parcel.number = self._reusable
                parcel.unique_id = f"{2460000000 + parcel.index}~{parcel.number}~FX"
            self._reusable = parcel.number

    def _customer_return(self, order: Order, dice: Dice) -> None:
        first = order.parcels[0] if order.parcels else None
        if first is None or first.delivered_at is None or self._parcels >= self._wanted:
            return
        if not dice.chance(self._world.mix.customer_returns) or first.service == "international":
            return
        ready = first.delivered_at + dice.whole(2 * DAY, 8 * DAY)
        back = self._parcel(order, 0, ready, dice)
        back.fate, back.direction = "fine", "return"
        back.origin, back.target = order.target, order.warehouse
        self._parcels += 1
        travel(back, self._world)
        order.parcels.append(back)

    def _replacement(self, order: Order) -> Story | None:
        dice = self._world.dice("replacement", order.index)
        bad = [parcel for parcel in order.parcels if parcel.fate in ("lost", "damaged", "broken")]
        if not bad or self._parcels >= self._wanted or not dice.chance(self._world.mix.replaced):
            return None
        noticed = max(parcel.happenings[-1].at for parcel in bad)
        return self._story(noticed + dice.whole(12 * HOUR, 4 * DAY), order)


def _nothing_staged(_index: int) -> str | None:
    return None


def _fates(factor: float) -> tuple[tuple[str, int], ...]:
    weights = [(name, int(share * factor * _MILLION)) for name, share in TROUBLE_WEIGHTS.items()]
    fine = max(_MILLION - sum(weight for _, weight in weights), _MILLION // 5)
    return (("fine", fine), *weights)


def _copy_buyer(order: Order, replaced: Order) -> None:
    order.replacement_for = replaced.order_id
    order.promised = True
    order.shop, order.order_id = replaced.shop, orders.order_id(order.index, replaced.shop)
    order.customer_id, order.target = replaced.customer_id, replaced.target
    order.warehouse, order.amount, order.vip = replaced.warehouse, replaced.amount, replaced.vip


def _cancel(order: Order, dice: Dice) -> None:
    """Before it left (no parcel at all), or after its labels were made."""
    shipped = order.shipped_at or order.at
    if dice.chance(0.5):
        order.parcels = []
        order.cancelled_at = dice.whole(order.at + HOUR // 2, max(shipped, order.at + HOUR))
        order.shipped_at = None
        return
    for parcel in order.parcels:
        parcel.fate = "voided"
    order.cancelled_at = max(parcel.ready for parcel in order.parcels) + dice.whole(HOUR, 20 * HOUR)


def _misname(parcel: Parcel, dice: Dice) -> None:
    """Two digits of the number were swapped on the way from the label to the order."""
    right = parcel.number
    swapped = right[:-3] + right[-2] + right[-3] + right[-1]
    parcel.number = swapped if swapped != right else right[:-1] + ("7" if right[-1] != "7" else "8")
    trouble = Trouble("invalid_tracking", parcel.ready)
    trouble.expected = next((event.at for event in parcel.happenings if event.step == "pickup"), parcel.ready)
    parcel.troubles.append(trouble)
    parcel.sender = "wismo"
    if dice.chance(0.6):
        parcel.real_number = right
        parcel.corrected_at = parcel.ready + dice.whole(20 * HOUR, 4 * DAY)
        trouble.ends = parcel.corrected_at
    else:
        parcel.silent, parcel.cause = True, None
