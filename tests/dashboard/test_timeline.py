"""Timelines tell state changes, mere scans, unknown codes, cases and messages apart."""

from dashboard.timeline import days_of
from sinks.board.batch import decode, fold_in
from sinks.board.views import View
from tests.sinks.samples import Log


def view() -> View:
    log = Log()
    records = [
        log.update("ups:1Z1", "label_created", scan_state="label_created"),
        log.later(hours=1).update("ups:1Z1", "in_transit", "label_created", scan_state="in_transit", code="DP"),
        log.later(hours=1).update("ups:1Z1", "in_transit", "in_transit", scan_state="in_transit"),
        log.later(hours=1).update("ups:1Z1", "in_transit", "in_transit", mapped=False, code="ZQ"),
        log.later(hours=12).update("ups:1Z1", "in_transit", "in_transit"),
        log.case("support", "ups:1Z1", "c1"),
        log.message("ups:1Z1", "m1", "held", reason="quiet_hours"),
    ]
    batch = decode(records)
    fold_in(batch)
    found = batch.views["ups:1Z1"]
    assert found is not None
    return found


def test_newest_first_by_day_each_with_its_tone() -> None:
    days = days_of(view())
    assert [day for day, _ in days] == ["Tuesday 3 March 2026", "Monday 2 March 2026"]
    told = [(line.tone, line.title) for _, lines in days for line in lines]
    assert told == [
        ("message", "Proactive apology to the customer: held, quiet hours"),
        ("case", "Stalled: opened"),
        ("scan", "A scan that says nothing of the state"),
        ("scan", "A code that no table knows; the state stays"),
        ("scan", "In transit"),
        ("state", "Label created → In transit"),
        ("state", "Label created"),
    ]


def test_the_code_is_the_carriers() -> None:
    lines = [line for _, lines in days_of(view()) for line in lines]
    assert "UPS code ZQ" in lines[3].notes
