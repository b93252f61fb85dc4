"""The topics of the service as typed data: what travels where, keyed how, kept how long."""

from datetime import timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

_Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]


class Cleanup(StrEnum):
    """What the broker does with old records."""

    DELETE = "delete"
    COMPACT = "compact"


class Topic(BaseModel):
    """One topic: its name, key, contract, how long it is kept, and who writes and reads it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: _Word
    key: str = Field(min_length=1)
    contract: _Word
    version: int = Field(ge=1)
    cleanup: Cleanup
    retention: timedelta | None
    max_message_bytes: int = Field(ge=1024)
    producers: tuple[_Word, ...] = Field(min_length=1)
    consumers: tuple[_Word, ...] = Field(min_length=1)
    description: str = Field(min_length=1)

    @property
    def retention_ms(self) -> int:
        """Milliseconds that a record is kept, by its timestamp; -1 for good."""
        return -1 if self.retention is None else int(self.retention / timedelta(milliseconds=1))

    def config(self) -> dict[str, str]:
        """The topic's Kafka configuration, as the broker words it."""
        return {
            "cleanup.policy": self.cleanup.value,
            "retention.ms": str(self.retention_ms),
            "max.message.bytes": str(self.max_message_bytes),
        }


class Topics(BaseModel):
    """All topics and their one partition count."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    partitions: int = Field(ge=1, le=1024)
    topics: tuple[Topic, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_unique(self) -> "Topics":
        names = self.names
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"topics named twice: {', '.join(twice)}")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Topic names in file order."""
        return tuple(topic.name for topic in self.topics)

    def __getitem__(self, name: str) -> Topic:
        for topic in self.topics:
            if topic.name == name:
                return topic
        raise KeyError(f"no topic named {name!r} in schemas/topics.yaml")


@cache
def load_topics() -> Topics:
    """Read and validate the packaged `topics.yaml`; raises `pydantic.ValidationError` naming what is wrong."""
    return parse_topics(files("schemas").joinpath("topics.yaml").read_text(encoding="utf-8"))


def parse_topics(text: str) -> Topics:
    """Validate the text of a topics file; raises `pydantic.ValidationError` naming what is wrong."""
    return Topics.model_validate(yaml.safe_load(text))
