"""topics.yaml is whole, and a wrong one is refused with the reason."""

import pytest
from pydantic import ValidationError

from schemas.topics import Cleanup, load_topics, parse_topics
from schemas.words import RAW_TOPICS

EIGHT_MIB = 8 * 1024 * 1024
LARGE = {*RAW_TOPICS, "shipment-events", "link-events", "dead-letters"}
OUTPUTS = """link-events shipment-events shipments shipment-updates exceptions-fulfillment exceptions-support
exceptions-finance exceptions-operations shadow-exceptions customer-messages notification-receipts dead-letters
replays""".split()
CHANGELOGS = {topic.name for topic in load_topics().topics if topic.name.endswith("-changelog")}

ONE = """
partitions: 4
topics:
  - {name: a, key: k, contract: c, version: 1, cleanup: delete, retention: P1D, max_message_bytes: 2048,
     producers: [x], consumers: [y], description: d}
"""


def test_every_topic_of_the_contract_is_declared() -> None:
    assert set(load_topics().names) - CHANGELOGS == {*RAW_TOPICS, *OUTPUTS}
    assert {"wismo-links-changelog", "wismo-shipments-changelog", "wismo-due-changelog"} <= CHANGELOGS


def test_what_is_kept_as_latest_only_is_compacted_and_never_ages_out() -> None:
    compacted = [topic for topic in load_topics().topics if topic.cleanup is Cleanup.COMPACT]
    assert {topic.name for topic in compacted} == {"shipments", "notification-receipts", *CHANGELOGS}
    assert {topic.retention_ms for topic in compacted} == {-1}


def test_what_may_carry_a_raw_message_takes_8_mib() -> None:
    # A changelog takes what its table's rows need.
    for topic in (topic for topic in load_topics().topics if topic.name not in CHANGELOGS):
        assert topic.max_message_bytes == (EIGHT_MIB if topic.name in LARGE else 1024 * 1024), topic.name


def test_config_speaks_kafka() -> None:
    assert load_topics()["carrier-scans"].config() == {
        "cleanup.policy": "delete",
        "retention.ms": "1209600000",
        "max.message.bytes": str(EIGHT_MIB),
    }


def test_an_undeclared_topic_is_named_in_the_error() -> None:
    with pytest.raises(KeyError, match="carrier-scan'"):
        load_topics()["carrier-scan"]


def test_the_example_of_a_valid_file_is_valid() -> None:
    assert parse_topics(ONE).partitions == 4


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("cleanup: delete", "cleanup: never", "cleanup"),
        ("retention: P1D", "retention: soon", "retention"),
        ("name: a", "name: A b", "name"),
        ("key: k", "keys: k", "keys"),
        ("partitions: 4", "partitions: 0", "partitions"),
        ("producers: [x]", "producers: []", "producers"),
    ],
)
def test_a_wrong_field_is_refused_by_name(was: str, becomes: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        parse_topics(ONE.replace(was, becomes))


def test_a_topic_named_twice_is_refused() -> None:
    entry = ONE.partition("topics:\n")[2]
    with pytest.raises(ValidationError, match="named twice: a"):
        parse_topics(ONE + entry)
