"""Messages that share a digest's key become one letter: whatever crashes or comes late, none is lost or told twice."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from schemas.dead_letters import Source
from sinks.notifier.channels import webhook_body
from sinks.results import DeliveryResult, Outcome, delivered, refused, try_again
from tests.sinks.notifier.desks import GRACE, KEY, ONE, SLOT, TWO, Desks, part


class CrashError(BaseException):
    """The process dies here."""


@pytest.fixture
def desks(redis_url: str) -> Desks:
    return Desks(redis_url)


@pytest.fixture
def parts() -> tuple[Source, Source]:
    return part(ONE, "m1", "Parcel one is on its way."), part(TWO, "m2", "Parcel two was delivered.")


def test_two_parcels_are_one_letter_with_a_line_each_and_a_receipt_each(
    desks: Desks, parts: tuple[Source, Source]
) -> None:
    first = desks.deliver(*parts)
    assert [(one.reason, one.aside) for one in first] == [("gathering", True)] * 2
    assert first[0].retry_after is not None
    assert 0 < first[0].retry_after <= GRACE
    assert desks.post.sent == []

    results = desks.until_done(*parts)

    assert [one.outcome for one in results] == [Outcome.DELIVERED] * 2
    [letter] = desks.letters
    assert (letter["type"], desks.ids) == ("wismo.customer_message.digest", [KEY])
    data = letter["data"]
    assert data["text"] == "Parcel one is on its way.\nParcel two was delivered."
    assert data["messages"] == [json.loads(one.value or b"") for one in parts]
    assert (data["subject"], data["order_id"], data["customer_id"]) == ("order", "A-1", "C-1")
    assert (letter["timestamp"], data["idempotency_key"], data["digest_at"]) == (SLOT, KEY, SLOT)
    written = desks.receipts.by_key
    assert sorted(written) == [f"{KEY}/m1", f"{KEY}/m2"]
    assert {(one["result"], one["attempts"], tuple(one["letter"])) for one in written.values()} == {
        ("sent", 1, ("m1", "m2"))
    }
    assert [written[f"{KEY}/{one}"]["shipment_id"] for one in ("m1", "m2")] == [ONE, TWO]
    assert len({one["event_id"] for one in written.values()}) == 2


def test_one_message_alone_is_the_notification_that_it_always_was(desks: Desks) -> None:
    only = part(ONE, "m1")
    assert desks.until_done(only)[0].outcome is Outcome.DELIVERED

    [letter] = desks.letters
    assert (letter["type"], letter["data"], desks.ids) == (
        "wismo.customer_message.send",
        json.loads(only.value or b""),
        [KEY],
    )


def test_two_messages_of_one_parcel_are_one_line(desks: Desks, parts: tuple[Source, Source]) -> None:
    desks.until_done(parts[1], part(ONE, "m3", "It will be late."), parts[0])

    [letter] = desks.letters
    assert letter["data"]["text"].splitlines() == [
        "Parcel one is on its way. It will be late.",
        "Parcel two was delivered.",
    ]


def test_replays_and_restarts_send_nothing_again(desks: Desks, parts: tuple[Source, Source]) -> None:
    desks.until_done(*parts)
    desks.notifier = desks.started()
    again = [replace(one, headers=(("__wismo.replay.id", b"r1"),)) for one in parts]

    assert [one.reason for one in desks.deliver(*parts, *again)] == ["duplicate"] * 4
    assert len(desks.letters) == 1


def test_a_restart_while_it_gathers_changes_nothing(desks: Desks, parts: tuple[Source, Source]) -> None:
    desks.deliver(parts[0])
    desks.notifier = desks.started()
    desks.until_done(*parts)

    assert [len(one["data"]["messages"]) for one in desks.letters] == [2]


def test_one_that_comes_after_the_letter_goes_alone_and_once(desks: Desks, parts: tuple[Source, Source]) -> None:
    desks.until_done(*parts)
    late = part("fedex:123456789012", "m3", "Parcel three is on its way.")

    assert desks.until_done(late)[0].outcome is Outcome.DELIVERED
    assert desks.deliver(late)[0].reason == "duplicate"

    assert desks.ids == [KEY, f"{KEY}/m3"]
    assert desks.letters[1]["data"] == json.loads(late.value or b"")
    receipt = desks.receipts.by_key[f"{KEY}/m3"]
    assert (receipt["idempotency_key"], receipt["result"], "letter" in receipt) == (f"{KEY}/m3", "sent", False)


def test_a_late_one_whose_receipt_is_owed_writes_it_under_its_own_id(
    desks: Desks, parts: tuple[Source, Source]
) -> None:
    desks.until_done(*parts)
    late = part("fedex:123456789012", "m3")
    desks.receipts.fails = 1
    assert desks.deliver(late)[0].reason == "kafka_unavailable"
    time.sleep(0.2)

    assert desks.until_done(late)[0].outcome is Outcome.DELIVERED
    assert desks.ids == [KEY, f"{KEY}/m3"]
    assert desks.receipts.by_key[f"{KEY}/m3"]["idempotency_key"] == f"{KEY}/m3"


def test_a_crash_before_the_act_is_noted_sends_the_same_letter_again(
    desks: Desks, parts: tuple[Source, Source]
) -> None:
    def die() -> DeliveryResult:
        raise CrashError

    desks.deliver(*parts)
    time.sleep(GRACE)
    desks.post.answer = die
    with pytest.raises(CrashError):
        desks.deliver(parts[0])
    desks.post.answer = delivered
    late = part("fedex:123456789012", "m3")
    desks.until_done(late, *parts)

    bodies = [webhook_body(one) for one in desks.post.sent if one.key == KEY]
    assert len(bodies) == 2
    assert bodies[0] == bodies[1], "who is in it was fixed when it first went"
    assert desks.ids.count(f"{KEY}/m3") == 1
    assert desks.registry.get_sample_value("wismo_notification_repeats_total", {"channel": "webhook"}) == 1


def test_a_receipt_that_is_owed_is_written_without_sending_again(desks: Desks, parts: tuple[Source, Source]) -> None:
    desks.deliver(*parts)
    time.sleep(GRACE)
    desks.receipts.fails = 2
    assert {one.reason for one in desks.deliver(*parts)} == {"kafka_unavailable"}
    time.sleep(0.2)

    assert {one.outcome for one in desks.until_done(*parts)} == {Outcome.DELIVERED}
    assert len(desks.letters) == 1
    assert len(desks.receipts.by_key) == 2


def test_a_redis_that_is_emptied_while_it_gathers_loses_nothing(desks: Desks, parts: tuple[Source, Source]) -> None:
    desks.deliver(*parts)
    desks.empty_redis()

    results = desks.until_done(*parts)

    assert {one.outcome for one in results} == {Outcome.DELIVERED}
    assert [len(one["data"]["messages"]) for one in desks.letters] == [2]


def test_a_redis_that_is_emptied_between_two_receipts_sends_nothing_again(
    desks: Desks, parts: tuple[Source, Source]
) -> None:
    desks.deliver(*parts)
    time.sleep(GRACE)
    assert desks.deliver(parts[0])[0].outcome is Outcome.DELIVERED
    desks.empty_redis()

    first, second = desks.until_done(*parts)
    assert (first.reason, second.outcome) == ("duplicate", Outcome.DELIVERED)
    assert len(desks.letters) == 1
    assert sorted(desks.receipts.by_key) == [f"{KEY}/m1", f"{KEY}/m2"]
    assert desks.receipts.by_key[f"{KEY}/m2"]["letter"] == ["m1", "m2"]


def test_a_redis_that_is_emptied_after_all_knows_of_the_letter_and_of_those_that_came_late(
    desks: Desks, parts: tuple[Source, Source]
) -> None:
    late = part("fedex:123456789012", "m3")
    desks.until_done(*parts)
    desks.until_done(late)
    desks.empty_redis()
    later = part("dpd:01234567890123", "m4")

    results = desks.until_done(*parts, late, later)

    assert [one.reason for one in results[:3]] == ["duplicate"] * 3
    assert desks.ids == [KEY, f"{KEY}/m3", f"{KEY}/m4"]


@pytest.mark.parametrize("other", [{"customer_id": "C-2"}, {"storefront": "eu"}, {"order_id": "A-2"}])
def test_what_is_another_customers_never_goes_in_the_letter(
    desks: Desks, parts: tuple[Source, Source], other: dict[str, str]
) -> None:
    stranger = part("fedex:123456789012", "m3", "Nothing of yours.", **other)
    desks.until_done(parts[0], stranger, parts[1])

    told = {one.key: json.loads(webhook_body(one))["data"] for one in desks.post.sent}
    assert sorted(told) == [KEY, f"{KEY}/m3"]
    assert "Nothing of yours." not in json.dumps(told[KEY])
    assert "Parcel one" not in json.dumps(told[f"{KEY}/m3"])


def test_two_orders_are_two_letters(desks: Desks, parts: tuple[Source, Source]) -> None:
    other = "order:A-2/digest/2026-03-02T18:00"
    desks.until_done(*parts, part("fedex:123456789012", "m3", order_id="A-2", idempotency_key=other))

    assert sorted(desks.ids) == [KEY, other]


def test_a_letter_is_tried_again_by_its_schedule_whoever_asks(redis_url: str, parts: tuple[Source, Source]) -> None:
    desks = Desks(redis_url, schedule=(0.5, 0.5))
    desks.deliver(*parts)
    time.sleep(GRACE)
    desks.post.answer = lambda: try_again("http_5xx")
    first, second = desks.deliver(*parts)
    assert (first.reason, first.aside, second.reason) == ("http_5xx", True, "gathering")
    assert second.retry_after is not None
    assert 0.2 < second.retry_after <= 0.55
    assert len(desks.post.sent) == 1

    desks.post.answer = delivered
    desks.until_done(*parts)
    assert desks.ids == [KEY, KEY]
    assert {one["attempts"] for one in desks.receipts.by_key.values()} == {2}


def test_one_that_fails_for_good_fails_for_all_its_messages_and_a_replay_goes_alone(
    desks: Desks, parts: tuple[Source, Source]
) -> None:
    desks.post.answer = lambda: refused("http_4xx", "told 400")
    results = desks.until_done(*parts)
    assert [(one.outcome, one.reason) for one in results] == [(Outcome.FAILED, "http_4xx")] * 2
    assert len(desks.post.sent) == 1
    assert {one["result"] for one in desks.receipts.by_key.values()} == {"failed"}

    desks.post.answer = delivered
    again = replace(parts[1], headers=(("__wismo.replay.id", b"r1"),))
    assert desks.until_done(again)[0].outcome is Outcome.DELIVERED
    assert desks.ids == [KEY, f"{KEY}/m2"]
    assert desks.receipts.by_key[f"{KEY}/m2"]["result"] == "sent"
    assert desks.deliver(parts[0])[0].reason == "http_4xx"


def test_many_at_once_send_one_letter(desks: Desks) -> None:
    many = [part(f"ups:1Z{number}", f"m{number}") for number in range(24)]
    notifiers = [desks.started() for _ in range(8)]
    desks.deliver(*many)
    time.sleep(GRACE)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda job: notifiers[job[0] % 8].deliver(job[1]), enumerate(many)))
    desks.until_done(*many)

    [letter] = desks.letters
    assert len(letter["data"]["messages"]) == 24
    assert len(desks.receipts.by_key) == 24


def test_a_held_message_of_a_digest_is_told_to_nobody(desks: Desks) -> None:
    held = part(ONE, "m1", fate="held", reason="budget")
    assert desks.deliver(held)[0].outcome is Outcome.SKIPPED
    assert desks.post.sent == []


def test_the_pile_leaves_no_text_behind(desks: Desks, parts: tuple[Source, Source]) -> None:
    desks.until_done(*parts)

    kept = b"".join(desks.client.get(key) or b"" for key in desks.client.scan_iter(match=f"{desks.prefix}*entry*"))
    assert not list(desks.client.scan_iter(match=f"{desks.prefix}*pile*"))
    assert b"Parcel" not in kept
