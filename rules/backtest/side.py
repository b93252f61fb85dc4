"""One policy at work: a tracker over the items, and the courses of the cases and messages that it leads to."""

from collections import Counter
from collections.abc import Iterable

from rules.backtest.course import CaseCourse, MessageCourse, case_course, key_of, message_course
from rules.backtest.items import Asked, Item, Mark
from rules.decision import Event
from rules.pipeline.clock import Due, PartitionClock
from rules.pipeline.memory import MemoryRows
from rules.pipeline.track import Passed, Place, Tracked, Tracker
from rules.policy import PolicyBook
from schemas.facts import Fact
from schemas.words import CUSTOMER_MESSAGES, SHADOW_EXCEPTIONS

_FEED = frozenset({"feed"})


class Side:
    """What one policy makes of the items of its share of subjects."""

    def __init__(self, book: PolicyBook, place: Place) -> None:
        self.book = book
        self._clock = PartitionClock(MemoryRows(), 0, _FEED, strict=False)
        self.tracker = Tracker(None, self._clock, book, place)
        self.cases: dict[str, CaseCourse] = {}
        """By case id."""
        self.messages: dict[tuple[str, str], MessageCourse] = {}
        """By subject and message id: of one that goes in a digest the key is its own only until it goes."""
        self.shadow: Counter[str] = Counter()
        """Cases that were opened in shadow, by kind."""
        self.opened: list[CaseCourse] = []
        """Cases that the last items opened."""
        self._latest: dict[tuple[str, str], CaseCourse] = {}

    def take(self, item: Item) -> None:
        """Decide one item."""
        if isinstance(item, Mark):
            for step in self._clock.mark("feed", item.minute):
                if isinstance(step, Due):
                    self._note(self.tracker.due(step))
        elif not isinstance(item, Asked):
            self._apply(item)

    def latest(self, key: str, kind: str) -> CaseCourse | None:
        """The latest case of a kind of a subject."""
        return self._latest.get((key, kind))

    def _apply(self, fact: Fact) -> None:
        for passed in self._note(self.tracker.apply(fact)):
            self._apply(passed)

    def _note(self, tracked: Iterable[Tracked]) -> list[Fact]:
        passed: list[Fact] = []
        for one in tracked:
            if isinstance(one, Passed):
                passed.append(one.fact)
            elif isinstance(one, tuple):
                self._event(one[0])
        return passed

    def _event(self, event: Event) -> None:
        if event.topic.startswith("exceptions-"):
            self._case(event)
        elif event.topic == CUSTOMER_MESSAGES and event.value["reason"] != "shadow":
            key = key_of(event), event.value["message_id"]
            self.messages[key] = message_course(event, self.messages.get(key))
        elif event.topic == SHADOW_EXCEPTIONS and event.value["change"] == "opened":
            self.shadow[event.value["kind"]] += 1

    def _case(self, event: Event) -> None:
        known = self.cases.get(event.value["case_id"])
        if known is None:
            known = case_course(event)
            self.cases[known.case_id] = self._latest[known.key, known.kind] = known
            self.opened.append(known)
        known.note(event.value)
