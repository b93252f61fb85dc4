"""Which subjects must be decided in one process: those that hear of each other."""

from collections.abc import Iterable

from rules.backtest.items import Asked, Item, Mark
from rules.pipeline.replay import record_of
from rules.pipeline.route import route
from schemas.facts import FeedFact, base_id, subject_key
from schemas.links import OrderLink
from schemas.partitioning import murmur2_partition
from schemas.recording import RawRecord

_ORDERS = "order-events"


class Kinship:
    """Groups of parcels and orders: an order and every parcel that any event of it ever named, and so on.

    Parcels tell only parcels of their order, and a reused number only the parcels under it. So groups never hear of
    each other, and however they are spread over processes the answer is the same.
    """

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._over: dict[str, str] = {}
        self._shards: dict[str, int] = {}

    def learn(self, records: Iterable[RawRecord]) -> None:
        """Read every order of a recording."""
        for raw in records:
            if raw.topic != _ORDERS:
                continue
            for _, _, link in route(record_of(raw, 0)).links:
                if isinstance(link, OrderLink):
                    order = base_id(subject_key("order", link.change.order_id))
                    for parcel in link.change.shipments:
                        self._join(order, base_id(parcel.shipment_id))

    def shard(self, item: Item) -> int | None:
        """The process that decides this; None where every process has to know."""
        if isinstance(item, Mark | FeedFact):
            return None
        return self.of(item.key if isinstance(item, Asked) else item.shipment_id)

    def of(self, subject: str) -> int:
        """The process that decides what is said of a subject, given its key."""
        key = base_id(subject)
        found = self._shards.get(key)
        if found is None:
            root = self._root(key).encode("utf-8", "surrogatepass")
            found = self._shards[key] = murmur2_partition(root, self._processes)
        return found

    def _join(self, one: str, other: str) -> None:
        first, second = sorted((self._root(one), self._root(other)))
        if first != second:
            self._over[second] = first

    def _root(self, key: str) -> str:
        while (over := self._over.get(key)) is not None:
            # Halve the way for those who come after.
            above = self._over.get(over)
            if above is not None:
                self._over[key] = above
            key = over
        return key
