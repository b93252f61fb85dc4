"""Prestige: epochs behind a name, and a 101 that has nothing yet."""

from tests.rules.normalize.aggregator_payloads import prestige
from tests.rules.normalize.carrier_payloads import read, told
from tests.rules.normalize.payloads import dump


def test_event_101_has_not_received_it_yet() -> None:
    raw = prestige(("EVENT_302", "/Date(1772532000000)/"), ("EVENT_101", "/Date(1772442000000)/"))
    assert told("prestige", raw) == [("EVENT_101", "label_created", None), ("EVENT_302", "out_for_delivery", None)]


def test_the_epoch_is_the_instant() -> None:
    (scan,) = read("prestige", prestige(("EVENT_301", "/Date(1772532000000)/")))
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-03-03 10:00:00+00:00", "gmt_field")


def test_without_an_epoch_the_servers_date_and_time_count() -> None:
    event = {"EventCode": "EVENT_301", "serverDate": "03/02/2026", "serverTime": "2:05:00 PM"}
    (scan,) = read("prestige", dump([{"TrackingEventHistory": [event], "TrackingNumber": "P1"}]))
    assert (str(scan.occurred_at), scan.raw_time) == ("2026-03-02 14:05:00+00:00", "03/02/2026 2:05:00 PM")


def test_a_parcel_without_a_number_keeps_one_id_as_its_history_grows() -> None:
    first, second = ("EVENT_101", "/Date(1772442000000)/"), ("EVENT_302", "/Date(1772532000000)/")
    before, after = (read("prestige", prestige(*rows, TrackingNumber=None)) for rows in ([first], [second, first]))
    assert {scan.shipment_id for scan in before} == {scan.shipment_id for scan in after}


def test_an_unknown_code_is_unmapped_and_an_empty_answer_holds_no_scan() -> None:
    assert [scan.mapped for scan in read("prestige", prestige(("EVENT_999", "/Date(1772532000000)/")))] == [False]
    assert read("prestige", prestige()) == ()
    assert read("prestige", dump([])) == ()


def test_an_american_date_alone_is_read_as_one() -> None:
    (scan,) = read("prestige", prestige(("EVENT_302", "3/2/2026 7:11:26 PM")))
    assert (str(scan.occurred_at), scan.time_quality) == ("2026-03-02 19:11:26+00:00", "naive")
