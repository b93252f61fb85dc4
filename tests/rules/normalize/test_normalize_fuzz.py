"""Whatever the bytes: facts or a refusal, never an exception, never health out of an unknown code."""

import copy
from collections.abc import Callable

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.normalize import ORDERS, SCANS, TICKETS, parse_action, parse_order, parse_scans, parse_ticket
from rules.normalize.decode import MAX_BYTES
from schemas.facts import Rejected, Scan
from schemas.words import DEAD_LETTER_REASONS, FLAGS, REASONS, STATES, TIME_QUALITIES
from tests.rules.normalize.aggregator_payloads import AGGREGATOR_HISTORIES, AGGREGATOR_SWAPS, OTHER_MESSAGES
from tests.rules.normalize.carrier_payloads import CARRIER_HISTORIES, CARRIER_SWAPS
from tests.rules.normalize.payloads import HISTORIES, dump, shopify_fulfillment, shopify_order, zendesk_event
from tests.rules.normalize.small_carrier_payloads import SMALL_HISTORIES, SMALL_SWAPS

Parse = Callable[[str, bytes], object]
PARSERS: tuple[Parse, ...] = (parse_scans, parse_order, parse_ticket, parse_action)
SENDERS = tuple(dict.fromkeys((*SCANS, *ORDERS, *TICKETS)))
ALL_HISTORIES = {**HISTORIES, **CARRIER_HISTORIES, **AGGREGATOR_HISTORIES, **SMALL_HISTORIES}
FIXTURES = [(source, raw) for source, raws in ALL_HISTORIES.items() for raw in raws]
OTHERS = [("shopify", dump(shopify_order(fulfillments=[shopify_fulfillment()]))), ("zendesk", zendesk_event("created"))]
OTHERS += OTHER_MESSAGES
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def check(result: object) -> None:
    if isinstance(result, Rejected):
        assert result.reason in DEAD_LETTER_REASONS
        assert 0 < len(result.message) < 1000
        return
    for scan in result if isinstance(result, tuple) else ():
        if isinstance(scan, Scan):
            assert scan.state is None or scan.state in STATES[:-1]
            assert scan.reason is None or scan.reason in REASONS
            assert set(scan.flags) <= set(FLAGS)
            assert scan.time_quality in TIME_QUALITIES
            assert (scan.occurred_at is None) == (scan.time_quality == "missing")
            assert scan.mapped or scan.state is None
            assert scan.carrier and scan.tracking_number


def parse_all(raw: bytes) -> None:
    for source in SENDERS:
        for parse in PARSERS:
            check(parse(source, raw))


def paths(value: object, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [here]
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        found += paths(child, (*here, key))
    return found


def changed(raw: bytes, pick: int, junk: object) -> bytes:
    document = orjson.loads(raw)
    places = paths(document)[1:]
    *way, last = places[pick % len(places)]
    parent = copy.deepcopy(document)
    whole = parent
    for step in way:
        parent = parent[step]
    parent[last] = junk
    return dump(whole)


@given(st.binary(max_size=200))
@settings(max_examples=60)
def test_arbitrary_bytes(raw: bytes) -> None:
    parse_all(raw)


@given(st.sampled_from([one for one in FIXTURES + OTHERS if one[1][:1] != b"<"]), st.integers(0, 10**6), JUNK)
@settings(max_examples=400)
def test_any_value_in_any_place(fixture: tuple[str, bytes], pick: int, junk: object) -> None:
    source, raw = fixture
    try:
        mutated = changed(raw, pick, junk)
    except TypeError:
        return  # an integer that JSON cannot carry
    for parse in PARSERS:
        check(parse(source, mutated))


@given(st.sampled_from(FIXTURES + OTHERS), st.integers(0, 10**6), st.binary(max_size=3))
@settings(max_examples=200)
def test_a_few_bytes_changed_or_cut(fixture: tuple[str, bytes], pick: int, noise: bytes) -> None:
    source, raw = fixture
    at = pick % len(raw)
    for mutated in (raw[:at] + noise + raw[at + 1 :], raw[:at]):
        for parse in PARSERS:
            check(parse(source, mutated))


@given(st.sampled_from(FIXTURES))
def test_twice_the_same_bytes_are_twice_the_same_scans(fixture: tuple[str, bytes]) -> None:
    source, raw = fixture
    first, second = parse_scans(source, raw), parse_scans(source, raw)
    assert isinstance(first, tuple) and first
    assert first == second
    assert len({scan.identity for scan in first}) == len(first)


def test_a_resent_history_that_has_grown_keeps_its_identities() -> None:
    details = orjson.loads(HISTORIES["easypost"][0])
    before = parse_scans("easypost", dump(details))
    more = {**details["tracking_details"][0], "status": "delivered", "datetime": "2026-03-04T10:00:00Z"}
    details["tracking_details"].append(more)
    after = parse_scans("easypost", dump(details))
    assert isinstance(before, tuple) and isinstance(after, tuple)
    assert [scan.identity for scan in before] == [scan.identity for scan in after[:-1]]


@given(st.from_regex(r"\AQ[0-9]{4}Q\Z"))
@settings(max_examples=30)
def test_an_unknown_code_is_never_healthy(code: str) -> None:
    swaps: dict[str, list[tuple[bytes, ...]]] = {
        "ups": [(b'"DP"', b'"005"'), (b'"MP"', b'"003"'), (b'"FS"',), (b">KM<",), (b">AR<",)],
        "usps": [(b'"10"',), (b'"MA"',), (b">01<",), (b">MA<",)],
        "fedex": [(b'"DE"',), (b'"OC"',), (b">DL<",), (b">PU<",)],
        "easypost": [(b'"in_transit"',)],
        "shopify": [(b'"delivered"',), (b'"in_transit"',)],
        **CARRIER_SWAPS,
        **AGGREGATOR_SWAPS,
        **SMALL_SWAPS,
    }
    for source, raws in ALL_HISTORIES.items():
        for raw in raws:
            for words in swaps.get(source, []):
                mutated = raw
                for word in words:
                    mutated = mutated.replace(word, word[:1] + code.encode() + word[-1:])
                result = parse_scans(source, mutated)
                for scan in result if isinstance(result, tuple) and mutated != raw else ():
                    assert not (scan.code and code in scan.code) or (scan.state is None and not scan.mapped)


BOMBS = [
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]><TrackResponse>&y;</TrackResponse>',
    b'<!DOCTYPE a SYSTEM "http://example.test/a.dtd"><TrackResponse/>',
    b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><TrackResponse>&x;</TrackResponse>',
    b"<a>" * 200_000,
    b"<TrackResponse>&nobody;</TrackResponse>",
    b"<?xml version='1.0' encoding='nonsense'?><TrackResponse/>",
    b"<b:TrackResponse/>",
    b"[" * 200_000,
    b'{"a":' * 200_000,
    b'{"a": NaN}',
    b'{"a": "\\ud800"}',
    b'{"a": "\xff"}',
    b"",
    b"\x00",
]


@pytest.mark.parametrize("raw", BOMBS)
@pytest.mark.parametrize("source", [one for one in SCANS if one != "wismo"])
def test_bombs_are_undecodable(source: str, raw: bytes) -> None:
    result = parse_scans(source, raw)
    assert isinstance(result, Rejected)
    assert result.reason == "undecodable"


@pytest.mark.parametrize("number", [b"1" * 5000, b"1e9999", b"-0.0", b"123456789012345678901234567890"])
def test_huge_numbers(number: bytes) -> None:
    for source, raw in FIXTURES:
        parse_all(raw.replace(b'"trackingNumber":', b'"trackingNumber":' + number + b',"x":'))
        check(parse_scans(source, raw.replace(b'"2026', number + b',"')))


@pytest.mark.parametrize("filler", [b" ", b"a", b"<", b"[", b'"', b"1", b"\xc3\xa9"])
def test_five_megabytes_of_anything(filler: bytes) -> None:
    raw = filler * (5_000_000 // len(filler))
    for source in SENDERS:
        check(parse_scans(source, raw))
        check(parse_scans(source, dump({"trackingNumber": raw.decode(), "trackingEvents": []})))


def test_more_than_the_limit_is_refused() -> None:
    result = parse_scans("ups", b" " * (MAX_BYTES + 1))
    assert isinstance(result, Rejected)
    assert result.reason == "undecodable"
