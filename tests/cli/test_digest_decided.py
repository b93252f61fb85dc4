"""A split order through `wismo decide`: one letter a day, whatever the order of arrival, and the contract kept."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app

UNTIL = "2026-03-04T12:00:00Z"
FIRST, SECOND = "1Z999AA10123456784", "1Z999AA10987654321"
Line = dict[str, Any]


def line(topic: str, when: str, /, **value: Any) -> Line:
    stamp = f"2026-03-{when}:00Z"
    return {"topic": topic, "key": "k", "headers": {"source": "wismo"}, "value": value, "timestamp": stamp}


def scan(at: str, number: str, status: str) -> Line:
    return line(
        "carrier-scans", at, carrier="ups", tracking_number=number, status=status, occurred_at=f"2026-03-{at}:00Z"
    )


def order(at: str, *numbers: str, order_id: str = "A-1") -> Line:
    return line(
        "order-events", at, event="fulfilled", order_id=order_id, customer_id="C-1", storefront="main",
        at=f"2026-03-{at}:00Z", destination={"country": "US", "timezone": "America/New_York"},
        shipments=[{"carrier": "ups", "tracking_number": number, "direction": "outbound"} for number in numbers],
    )  # fmt: skip


STORY = [
    order("02T13:00", FIRST, SECOND),
    scan("02T15:00", FIRST, "picked_up"),
    scan("02T16:00", SECOND, "picked_up"),
    scan("03T14:00", FIRST, "out_for_delivery"),
    scan("03T18:00", FIRST, "delivered"),
    scan("03T19:00", SECOND, "out_for_delivery"),
]


def decided(folder: Path, records: list[Line], *options: str) -> tuple[str, list[Line]]:
    path = folder / "recording.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
    result = CliRunner().invoke(app, ["decide", str(path), "--until", UNTIL, *options])
    assert result.exit_code == 0, result.stderr
    lines = [json.loads(one) for one in result.stdout.splitlines()]
    return result.stdout, [one["value"] for one in lines if one["topic"] == "customer-messages"]


def sent(messages: list[Line]) -> list[tuple[str, str, str, str]]:
    told = [one for one in messages if one["fate"] == "send"]
    return [(one["received_at"][8:16], one["tracking_number"], one["about"], one["idempotency_key"]) for one in told]


def test_the_customer_of_two_parcels_gets_one_letter_a_day(tmp_path: Path) -> None:
    text, messages = decided(tmp_path, STORY)

    monday, tuesday = "order:A-1/digest/2026-03-02T18:00", "order:A-1/digest/2026-03-03T18:00"
    assert sorted(sent(messages)) == [
        ("02T23:00", FIRST, "shipped", monday),
        ("02T23:00", SECOND, "shipped", monday),
        ("03T23:00", FIRST, "delivered", tuesday),
        ("03T23:00", SECOND, "out_for_delivery", tuesday),
    ]
    dropped = [one for one in messages if one["fate"] == "dropped"]
    assert [(one["about"], one["reason"]) for one in dropped] == [("out_for_delivery", "state_moved_on")]
    verified = CliRunner().invoke(app, ["contract", "verify", "-"], input=text)
    assert verified.exit_code == 0, verified.stdout + verified.stderr


def verified(lines: list[Line]) -> set[str]:
    text = "".join(json.dumps(one) + "\n" for one in lines)
    result = CliRunner().invoke(app, ["contract", "verify", "-", "--json"], input=text)
    return {json.loads(one)["check"] for one in result.stdout.splitlines()}


def test_a_shared_key_is_no_repetition_but_one_of_two_orders_or_of_one_message_twice_is(tmp_path: Path) -> None:
    lines = [json.loads(one) for one in decided(tmp_path, STORY)[0].splitlines()]
    assert verified(lines) == set()
    sends = [n for n, one in enumerate(lines) if (one["value"] or {}).get("fate") == "send"]

    strange = copy.deepcopy(lines)
    strange[sends[0]]["value"]["order_id"] = "A-2"
    assert verified(strange) == {"key_reused"}

    twice = copy.deepcopy(lines)
    again = copy.deepcopy(lines[sends[-1]])
    again["value"]["event_id"] = again["headers"]["ce_id"] = "0123456789abcdef01234567"
    again["value"]["sequence"] += 1
    assert verified([*twice, again]) == {"sent_twice"}


def test_repeats_lead_to_the_same_letters(tmp_path: Path) -> None:
    first, messages = decided(tmp_path, STORY)

    assert decided(tmp_path, STORY)[0] == first
    twice = sorted([*STORY, *STORY], key=lambda one: str(one["timestamp"]))
    assert sorted(sent(decided(tmp_path, twice)[1])) == sorted(sent(messages))


def test_two_orders_of_one_customer_are_two_letters(tmp_path: Path) -> None:
    other = ("1Z999AA10555555552", "1Z999AA10777777775")
    records = [
        *STORY[:3],
        order("02T13:10", *other, order_id="A-2"),
        *(scan("02T17:00", n, "picked_up") for n in other),
    ]

    keys = {key for *_, key in sent(decided(tmp_path, records)[1])}
    assert keys == {"order:A-1/digest/2026-03-02T18:00", "order:A-2/digest/2026-03-02T18:00"}


@pytest.mark.parametrize(
    ("values", "at"),
    [("{enabled: false}", "02T15:01"), ('{at: "12:00"}', "02T17:00"), ("{apart: [shipped]}", "02T15:01")],
)
def test_a_policy_may_say_otherwise(tmp_path: Path, values: str, at: str) -> None:
    policy = tmp_path / "policy.yaml"
    entry = f"- {{name: ours, from: 2026-02-01, values: {{messages: {{digest: {values}}}}}}}\n"
    policy.write_text(f"- extends: packaged\n{entry}", encoding="utf-8")

    _, messages = decided(tmp_path, STORY[:2], "--policy", str(policy))
    assert [one[0] for one in sent(messages)] == [at]


def test_explain_says_why_it_waits_and_until_when(tmp_path: Path) -> None:
    decided(tmp_path, STORY)
    ask = ["explain", f"ups:{FIRST}", "--recording", str(tmp_path / "recording.jsonl"), "--json", "--at"]

    result = CliRunner().invoke(app, [*ask, "2026-03-02T20:00:00Z"])
    [message] = json.loads(result.stdout)["messages"]
    assert (message["fate"], message["reason"], message["final"]) == ("held", "budget", False)
    assert message["policy"] == "default@2026-01-01:messages.digest.at"
    assert message["not_before"] == "2026-03-02T23:00:00Z"
    assert message["release"].startswith("the day's slot of its split order at 2026-03-02")
    assert message["if_released"] == "send"

    result = CliRunner().invoke(app, [*ask, "2026-03-02T23:30:00Z"])
    [message] = json.loads(result.stdout)["messages"]
    assert (message["fate"], message["idempotency_key"]) == ("send", "order:A-1/digest/2026-03-02T18:00")
    assert message["release"] == "it was let go, as part of the day's letter of its order"


def test_a_backtest_counts_messages_and_letters(tmp_path: Path) -> None:
    decided(tmp_path, [*STORY, scan("04T10:00", "1Z999AA10555555552", "in_transit")])
    policy = tmp_path / "off.yaml"
    policy.write_text(
        "- extends: packaged\n- {name: off, from: 2026-02-01, values: {messages: {digest: {enabled: false}}}}\n",
        encoding="utf-8",
    )
    recording = str(tmp_path / "recording.jsonl")
    result = CliRunner().invoke(app, ["backtest", "--recording", recording, "--policy", str(policy), "--json"])

    messages = json.loads(result.stdout)["messages"]
    assert (messages["old"]["send"], messages["old"]["letters"]) == (4, 2)
    assert messages["new"]["send"] == messages["new"]["letters"] > 4
    assert messages["old"]["held"] == 0, "what waited and went is one message"
