"""A topic and a partition, as Faust and aiokafka write them."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:

    class TP(NamedTuple):
        """One partition of one topic."""

        topic: str
        partition: int
else:
    # Faust asserts on its own class in places, so it has to be that one.
    from faust.types import TP

__all__ = ["TP"]
