"""Dead letters keep the record, say why once, and always fit."""

import hashlib
from datetime import UTC, datetime
from importlib.metadata import version

from schemas.dead_letters import DeadLetter, Failure, Source, dead_letter, error_headers, read_errors, scrub

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


def source(**changes: object) -> Source:
    fields: dict[str, object] = {
        "topic": "carrier-scans", "partition": 3, "offset": 41, "timestamp": 1772452800000,
        "key": b"k", "value": b"\xff\x00raw", "headers": (("source", b"ups"), ("source", b"usps"), ("empty", None)),
    }  # fmt: skip
    return Source(**{**fields, **changes})  # type: ignore[arg-type]


def failure(**changes: object) -> Failure:
    fields: dict[str, object] = {
        "stage": "decode", "reason": "undecodable", "message": "not JSON at byte 0", "failed_at": NOON,
        "group": "wismo", "exception": "JSONDecodeError", "cause": "decode",
    }  # fmt: skip
    return Failure(**{**fields, **changes})  # type: ignore[arg-type]


def test_bytes_and_foreign_headers_stay_as_they_came() -> None:
    letter = dead_letter(source(), failure())
    assert (letter.partition, letter.key, letter.value) == (3, b"k", b"\xff\x00raw")
    assert letter.headers[:3] == [("source", b"ups"), ("source", b"usps"), ("empty", None)]


def test_headers_say_where_when_and_why() -> None:
    told = read_errors(error_headers(source(), failure()))
    assert told["topic"] == "carrier-scans"
    assert (told["partition"], told["offset"], told["timestamp"]) == ("3", "41", "1772452800000")
    assert (told["stage"], told["reason"], told["consumer.group"]) == ("decode", "undecodable", "wismo")
    assert (told["failed.at"], told["first.failed.at"]) == ("2026-03-02T12:00:00Z", "2026-03-02T12:00:00Z")
    assert (told["attempts"], told["app.version"]) == ("1", version("wismo"))
    assert "value.size" not in told


def test_failing_again_replaces_our_family_and_keeps_the_first_time() -> None:
    first = error_headers(source(), failure())
    again = error_headers(source(headers=tuple(first)), failure(failed_at=LATER, reason="schema_invalid"))
    assert len(again) == len(first)
    told = read_errors(again)
    assert told["reason"] == "schema_invalid"
    assert told["failed.at"] == "2026-03-03T12:00:00Z"
    assert told["first.failed.at"] == "2026-03-02T12:00:00Z"


def test_the_loop_guard_of_a_replay_survives_a_second_failure() -> None:
    guarded = source(headers=(("__wismo.replay.count", b"2"),))
    assert ("__wismo.replay.count", b"2") in error_headers(guarded, failure())


def test_a_forged_first_time_is_not_believed() -> None:
    forged = source(headers=(("__wismo.errors.first.failed.at", b"<script>"),))
    assert read_errors(error_headers(forged, failure()))["first.failed.at"] == "2026-03-02T12:00:00Z"


def test_one_cause_one_fingerprint() -> None:
    assert failure(message="a").fingerprint == failure(message="b", failed_at=LATER).fingerprint
    assert failure().fingerprint != failure(cause="other").fingerprint


def test_a_message_is_cut_and_holds_no_personal_data() -> None:
    assert len(scrub("é" * 5000).encode()) <= 1024
    assert scrub("for jane.doe@example.com\n 1Z999AA10123456784") == "for <mail>  …6784"
    assert scrub("at 2026-03-02T12:00:00Z field scans[3]") == "at 2026-03-02T12:00:00Z field scans[3]"


def weight(letter: DeadLetter) -> int:
    headers = sum(len(name) + len(value or b"") for name, value in letter.headers)
    return len(letter.key or b"") + len(letter.value or b"") + headers


def test_an_oversized_value_is_cut_and_says_what_it_was() -> None:
    value = b"x" * 50_000
    letter = dead_letter(source(value=value), failure(), limit=10_000)
    told = read_errors(letter.headers)
    assert weight(letter) <= 10_000
    assert told["value.size"] == "50000"
    assert told["value.sha256"] == hashlib.sha256(value).hexdigest()
    assert letter.value and value.startswith(letter.value)


def test_headers_too_large_to_park_are_dropped_rather_than_the_record() -> None:
    letter = dead_letter(source(headers=(("huge", b"h" * 20_000),)), failure(), limit=10_000)
    assert weight(letter) <= 10_000
    assert int(read_errors(letter.headers)["headers.dropped"]) > 20_000
    assert letter.value == b"\xff\x00raw"


def test_a_tombstone_stays_a_tombstone() -> None:
    assert dead_letter(source(value=None), failure()).value is None
