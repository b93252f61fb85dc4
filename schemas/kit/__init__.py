"""The subscriber's kit: golden events to test a parser with, and the contract as a check of events.

import pytest
from schemas.kit import golden_events, verify_event

@pytest.mark.parametrize("event", golden_events("exception"), ids=str)
def test_my_parser_takes_it(event):
    assert my_parser(event.headers, event.body)
"""

from schemas.kit.checks import CHECKS, Event, Finding, Level, Reach
from schemas.kit.golden import GOLDEN_TYPES, GoldenEvent, UnknownTypeError, golden_events
from schemas.kit.one import verify_event
from schemas.kit.run import Verifier

__all__ = [
    "CHECKS",
    "GOLDEN_TYPES",
    "Event",
    "Finding",
    "GoldenEvent",
    "Level",
    "Reach",
    "UnknownTypeError",
    "Verifier",
    "golden_events",
    "verify_event",
]
