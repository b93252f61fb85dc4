"""The quick way to read our own scans: it takes what the model takes, as the model takes it, and refuses nothing."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from rules.normalize import parse_scans
from rules.normalize.own_scan import quick
from schemas.facts import Location, Rejected, Scan
from schemas.raw import RawScan
from schemas.words import DIRECTIONS, FLAGS, REASONS, SERVICE_LEVELS, STATES
from tests.rules.normalize.payloads import Json, dump

ODD = st.sampled_from([None, "", " ", "\u00a0", "nobody knows", "x" * 201, "x" * 4001, 3, 1.5, True, [], {}, ["held"]])
TIMES = st.sampled_from(
    [
        "2026-03-02T16:05:00-05:00",
        "2026-03-02T16:05:00Z",
        "2026-03-02 16:05+00",
        "2026-03-02T16:05:00",
        "2026-03-02",
        "20260302T160500Z",
        "1989-12-31T23:59:59-14:00",
        "2100-12-31T23:59:59-14:00",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
    ]
)
PLACES = st.fixed_dictionaries({}, optional={name: ODD | st.text(max_size=8) for name in ("city", "region", "country")})
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "carrier": st.sampled_from(["ups", "UPS®", "-", "somebody"]) | ODD,
    "tracking_number": st.sampled_from(["1Z0000000000000001", "1z 00-00", ":"]) | ODD,
    "status": st.sampled_from(STATES) | ODD,
    "reason": st.sampled_from(REASONS) | ODD,
    "flags": st.lists(st.sampled_from(FLAGS) | ODD, max_size=3) | ODD,
    "direction": st.sampled_from(DIRECTIONS) | ODD,
    "service_level": st.sampled_from(SERVICE_LEVELS) | ODD,
    "occurred_at": TIMES | ODD,
    "estimated_delivery_at": TIMES | ODD,
    "location": PLACES | ODD,
    "code": st.text(max_size=5) | ODD,
    "description": ODD,
    "scan_id": ODD,
    "more": ODD,
}
GOOD: Json = {"carrier": "ups", "tracking_number": "1Z0000000000000001", "status": "in_transit"}
CHANGES = st.dictionaries(st.sampled_from(sorted(FIELDS)), st.none(), max_size=4).flatmap(
    lambda chosen: st.fixed_dictionaries({name: FIELDS[name] for name in chosen})
)


def modelled(document: Json) -> RawScan | None:
    try:
        return RawScan.model_validate(document)
    except ValidationError:
        return None


@settings(max_examples=400)
@given(CHANGES, st.sets(st.sampled_from(sorted(GOOD)), max_size=1))
def test_what_is_read_quickly_is_what_the_model_reads(changes: Json, absent: set[str]) -> None:
    document = {name: value for name, value in {**GOOD, **changes}.items() if name in changes or name not in absent}
    found, wanted = quick(document), modelled(document)
    assert (found is None) == (wanted is None)
    if found is None or wanted is None:
        return
    event, when = found
    assert (when.occurred_at, when.estimated_delivery_at) == (wanted.occurred_at, wanted.estimated_delivery_at)
    assert (event.carrier.strip(), event.tracking_number.strip()) == (wanted.carrier, wanted.tracking_number)
    for name in ("status", "reason", "flags", "direction", "service_level", "code", "description", "scan_id"):
        assert getattr(event, name) == getattr(wanted, name)
    places = [place and place.city for place in (event.location, wanted.location)]
    assert places[0] == places[1]


def test_every_field_of_the_model_is_read() -> None:
    document = {
        **GOOD,
        "reason": "weather",
        "code": "X",
        "description": "Told",
        "occurred_at": "2026-03-02T16:05:00-05:00",
        "estimated_delivery_at": "2026-03-03T20:00:00-05:00",
        "location": {"city": "Reno", "region": "NV", "postal_code": "89501", "country": "US"},
        "flags": ["held"],
        "direction": "outbound",
        "scan_id": "s-1",
        "service_level": "ground",
    }
    assert document.keys() == RawScan.model_fields.keys()
    (scan,) = read(document)
    assert (scan.reason, scan.code, scan.description, scan.flags) == ("weather", "X", "Told", ("held",))
    assert (str(scan.occurred_at), str(scan.estimated_delivery_at)) == (
        "2026-03-02 21:05:00+00:00",
        "2026-03-04 01:00:00+00:00",
    )
    assert scan.location == Location(city="Reno", region="NV", postal_code="89501", country="US")
    assert (scan.direction, scan.scan_id, scan.service_level) == ("outbound", "s-1", "ground")


@pytest.mark.parametrize("blank", [" ", "\u00a0\t"])
def test_a_name_of_blanks_is_refused_by_the_model(blank: str) -> None:
    assert quick({**GOOD, "carrier": blank}) is None
    assert isinstance(parse_scans("wismo", dump({**GOOD, "tracking_number": blank})), Rejected)


def read(document: Json) -> tuple[Scan, ...]:
    result = parse_scans("wismo", dump(document))
    assert not isinstance(result, Rejected), result
    return result
