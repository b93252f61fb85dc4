"""Notices: who is told, under which id, and what is withheld."""

import msgspec
import pytest

from schemas.dead_letters import Source
from sinks.notifier.notices import read_notice, shared_fields
from tests.sinks.samples import Log


def test_only_a_message_that_is_to_be_sent_is_told() -> None:
    log = Log()
    assert read_notice(log.message("ups:1Z1", "m1", "send")).withheld == ""
    assert read_notice(log.message("ups:1Z1", "m1", "held", reason="quiet_hours")).withheld == "quiet_hours"
    assert read_notice(log.message("ups:1Z1", "m1", "dropped")).withheld == "dropped"
    assert read_notice(log.message("ups:1Z1", "m1", "")).withheld == "unknown"
    assert read_notice(log.case("support", "ups:1Z1", "c1")).withheld == ""


def test_an_exception_is_known_by_its_event_id() -> None:
    told = read_notice(Log().case("support", "ups:1Z1", "c1", event_id="e1", idempotency_key="other"))
    assert (told.key, told.type) == ("e1", "wismo.exception.opened")


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b'{"event_id": 3}', b"\xff"])
def test_what_is_no_event_is_an_error(value: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        read_notice(Source(topic="exceptions-support", partition=0, offset=0, timestamp=0, value=value))


def test_the_receipt_repeats_what_it_is_about() -> None:
    told = read_notice(Log().case("support", "ups:1Z1", "c1", order_id="A-1", terms={}))
    shared = shared_fields(told)
    assert (shared["shipment_id"], shared["order_id"], shared["case_id"]) == ("ups:1Z1", "A-1", "c1")
    assert "terms" not in shared
