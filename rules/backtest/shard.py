"""Both policies, step by step, over one share of the subjects."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from typing import Any

from msgspec.structs import replace

from rules.backtest.course import CaseCourse
from rules.backtest.differences import Difference, case_pairs, of_cases, of_messages
from rules.backtest.items import NEW, OLD, Item, ticket_of
from rules.backtest.side import Side
from rules.backtest.tally import SIDES, Tally, Tickets, count_case, count_message
from rules.backtest.why import settings, why_not
from rules.pipeline.track import Place
from rules.policy import Policy, PolicyBook
from rules.situation import policy_of


class Shard:
    """The subjects of one process under the old policy and the new one."""

    def __init__(self, old: PolicyBook, new: PolicyBook, place: Place) -> None:
        self._sides = Side(old, place), Side(new, place)
        self._tickets: Tickets = defaultdict(dict)

    def take(self, sides: int, items: Iterable[Item]) -> None:
        """Decide items under those policies; then ask each why it did not open what the other did."""
        for item in items:
            if sides & OLD and (asked := ticket_of(item)) is not None:
                known = self._tickets[asked.key]
                known[asked.ticket_id] = min(asked.at, known.get(asked.ticket_id, asked.at))
            for bit, side in zip((OLD, NEW), self._sides, strict=True):
                if sides & bit:
                    side.take(item)
            self._ask()

    def _ask(self) -> None:
        old, new = self._sides
        for side, other in ((old, new), (new, old)):
            if side.opened:
                opened, side.opened = side.opened, []
                for case in opened:
                    if not _open_too(case, other.latest(case.key, case.kind)):
                        case.elsewhere = why_not(other, case)

    def tally(self, noise: timedelta | None, examples: int) -> Tally:
        """What there is to say of the share."""
        tally = Tally()
        tally.tickets = {name for names in self._tickets.values() for name in names}
        for word, side in zip(SIDES, self._sides, strict=True):
            for case in side.cases.values():
                count_case(tally, word, case, self._tickets, noise)
            for message in side.messages.values():
                count_message(tally, word, message)
            tally.counts.update({(word, "shadow", kind): count for kind, count in side.shadow.items()})
        self._compare(tally)
        tally.keep(examples)
        return tally

    def _compare(self, tally: Tally) -> None:
        old, new = self._sides
        for pair in case_pairs(old.cases.values(), new.cases.values()):
            for difference in of_cases(pair):
                tally.differs(self._explained(difference))
        for key in sorted(old.messages.keys() | new.messages.keys()):
            told = of_messages(old.messages.get(key), new.messages.get(key))
            if told is not None:
                tally.differs(self._explained(told))

    def _explained(self, one: Difference) -> Difference:
        """With what the policies say differently of its subject, where the reason is not known better."""
        if one.why is not None:
            return one
        old, new = self._sides
        shipment = old.tracker.shipment(one.key) or new.tracker.shipment(one.key)
        if shipment is None:
            carrier = one.key.partition(":")[0]
            policies = old.book.at(one.at, carrier), new.book.at(one.at, carrier)
        else:
            policies = policy_of(shipment, one.at, old.book), policy_of(shipment, one.at, new.book)
        return replace(one, settings=_settings(*policies))


@cache
def _settings(old: Policy, new: Policy) -> tuple[dict[str, Any], ...]:
    # A book makes one policy of each combination of its entries, so there are few.
    return tuple(settings(old, new))


def _open_too(case: CaseCourse, other: CaseCourse | None) -> bool:
    return other is not None and other.open_at(case.opened_at)
