"""Which changes of a contract break whom: one row a verdict.

Published schemas (we write, subscribers read) are FULL_TRANSITIVE: old readers read new records, and new readers read
old ones (replays, compacted topics). Accepted schemas (senders write, we read) are BACKWARD_TRANSITIVE: what an old
sender writes stays accepted.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple


class Side(StrEnum):
    """Who writes by a schema."""

    PUBLISHED = "published"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Rule:
    """What one kind of change does to each side."""

    published: bool
    """It breaks subscribers, or replays of what they have."""
    accepted: bool
    """It breaks senders."""
    why: str
    """Who is hurt and how."""


_LOST: Final = "whoever uses it finds nothing, or is ignored without a word"
_NARROW: Final = "records and senders of the release hold what is now refused"
_WIDE: Final = "subscribers of the release refuse what may now come"

RULES: Final[dict[str, Rule]] = {
    # A whole contract.
    "schema_removed": Rule(True, True, "its readers and writers have no contract any more"),
    "schema_added": Rule(False, False, "nobody knows it yet"),
    "id_changed": Rule(True, True, "the schema's identity is what readers store and compare"),
    "dialect_changed": Rule(True, True, "validators read the same words differently in another dialect"),
    # Fields.
    "property_removed": Rule(True, True, _LOST),
    "property_added": Rule(False, False, "it is optional, and readers ignore what they do not know"),
    "property_added_to_closed": Rule(True, False, "readers of the release refuse fields that it does not name"),
    "required_added": Rule(True, True, "records and senders of the release may be without it"),
    "required_removed": Rule(True, False, "subscribers of the release rely on it"),
    "default_changed": Rule(True, True, "where it is absent, the same record now means something else"),
    "additional_properties_closed": Rule(
        True, True, "the next optional field, or a sender's own one, would be refused"
    ),
    "additional_properties_opened": Rule(False, False, "readers ignore what they do not know"),
    "additional_properties_widened": Rule(True, False, _WIDE),
    # Values.
    "type_changed": Rule(True, True, "neither side reads the other's values"),
    "type_narrowed": Rule(True, True, _NARROW),
    "type_widened": Rule(True, False, _WIDE),
    "nullable_added": Rule(True, False, "subscribers of the release do not expect null"),
    "nullable_removed": Rule(True, True, "records and senders of the release hold null"),
    "const_changed": Rule(True, True, "the value is what readers choose their way by"),
    "enum_narrowed": Rule(True, True, _NARROW),
    "enum_widened": Rule(True, False, "subscribers need time for a default branch; announce the word first"),
    "enum_announced": Rule(False, False, "the word is in schemas/releases/announced.yaml"),
    "bound_narrowed": Rule(True, True, _NARROW),
    "bound_widened": Rule(True, False, _WIDE),
    "constraint_added": Rule(True, True, _NARROW),
    "constraint_removed": Rule(True, False, _WIDE),
    "constraint_changed": Rule(True, True, "whether the old values satisfy the new one cannot be told"),
    "keyword_changed": Rule(True, True, "the checker has no rule for it, so it counts as a break"),
    # Topics.
    "topic_removed": Rule(True, True, "its readers and writers have nowhere to go"),
    "topic_added": Rule(False, False, "nobody knows it yet"),
    "topic_contract_changed": Rule(True, True, "readers of the topic get records of another contract"),
    "topic_version_changed": Rule(True, True, "a new major has a topic of its own, beside this one"),
    "topic_key_changed": Rule(True, True, "order, compaction and joins follow the key"),
    "topic_cleanup_changed": Rule(True, True, "readers that load the topic from its beginning find other records"),
    "event_type_removed": Rule(True, True, "subscribers wait for it in vain"),
    "event_type_added": Rule(False, False, "readers ignore types that they do not know"),
    "header_removed": Rule(True, True, _LOST),
    "header_added": Rule(False, False, "readers ignore headers that they do not know"),
    "topic_retention_shortened": Rule(True, True, "a reader that was away misses records it could count on"),
    "topic_retention_lengthened": Rule(False, False, "readers ignore repeats"),
    "topic_limit_lowered": Rule(True, True, "records of the release's size are refused"),
    "topic_limit_raised": Rule(False, False, "Kafka hands out a record that is over the fetch size"),
    "partitions_changed": Rule(True, True, "keys move to other partitions, so order and joins are lost"),
    "retired": Rule(False, False, "schemas/releases/announced.yaml says since when, and what stands for it"),
}


class Verdict(NamedTuple):
    """One difference between two schemas, whoever writes by them."""

    pointer: str
    """JSON pointer into the release's schema; of what is new, where it would be."""
    code: str
    """One of `RULES`."""
    what: str
    word: str | None = None
    """The word of a vocabulary that it is about."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference from a release, and whether it may be."""

    schema: str
    """The contract, or `topics`."""
    pointer: str
    code: str
    what: str
    word: str | None
    side: Side

    @property
    def breaking(self) -> bool:
        """Whether it breaks anybody on its side."""
        rule = RULES[self.code]
        return rule.published if self.side is Side.PUBLISHED else rule.accepted

    def line(self) -> str:
        """Where, what, why, and what to do."""
        told = f"{self.schema}#{self.pointer}: {self.code}: {self.what}: {RULES[self.code].why}"
        return f"{told}; {self._advice()}" if self.breaking else told

    def _advice(self) -> str:
        if self.code == "enum_widened":
            return "announce it in schemas/releases/announced.yaml, or publish a new major (docs/contracts.md)"
        if self.code in ("schema_removed", "topic_removed"):
            return "put it back, or retire it after its window (docs/contracts.md)"
        if self.schema == "topics":
            return "put it back, or publish the new one as a topic of its own (docs/contracts.md)"
        return "keep it as the release has it, or publish a new major: type ...v2, topic ...-v2 (docs/contracts.md)"
