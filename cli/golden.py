"""`python -m cli.golden`: writes the golden events of schemas/examples out of the recording beside them.

`--check` names those that the core and the notifier would make differently today.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cli.dlq import write_audit
from cli.letters import MAX_REPLAYS, Letter, make_plan
from rules.loading import load_policy
from rules.pipeline.records import Out
from rules.pipeline.replay import Replay
from schemas.codec import parse_rfc3339, rfc3339
from schemas.dead_letters import Source, read_errors
from schemas.kit.golden import FOLDER
from schemas.recording import plain_value, read_recording
from schemas.topics import load_topics
from sinks.notifier.ledger import Entry
from sinks.notifier.notices import read_notice
from sinks.notifier.receipts import ReceiptWriter

RECORDING: Final = "recording.jsonl"
COMMAND: Final = "python -m cli.golden && python -m schemas.generate"
UNTIL: Final = "2026-03-12T00:00:00Z"
"""Up to when the recording is decided."""
_REPLAYED_AT: Final = "2026-03-12T09:00:00Z"

Wanted = Mapping[str, object]

CASES: Final[dict[str, Wanted]] = {
    "shipment/ordered-not-scanned": {"current_state": "unknown"},
    "shipment/in-transit": {"current_state": "in_transit"},
    "shipment/with-open-case": {"current_state": "attempted"},
    "shipment/returning": {"current_state": "returned", "flags": ["returning", "refused"]},
    "shipment/delivered": {"current_state": "delivered", "carrier": "ups"},
    "shipment-update/picked-up-with-trace": {"current_state": "picked_up", "order_id": "A-1001"},
    "shipment-update/attempted": {"current_state": "attempted", "exception_reason": "recipient_unavailable"},
    "shipment-update/damaged": {"current_state": "damaged"},
    "shipment-update/delayed": {"current_state": "delayed"},
    "shipment-update/imported": {"imported": True},
    "shipment-update/without-order": {"order_id": None},
    "exception/opened": {"change": "opened", "kind": "attempt_failed"},
    "exception/opened-by-the-clock": {"change": "opened", "kind": "stalled", "carrier": "fedex"},
    "exception/opened-for-review": {"change": "opened", "kind": "damaged", "owner": "support"},
    "exception/opened-behind-handover": {"change": "opened", "kind": "damaged", "owner": "finance"},
    "exception/escalated": {"change": "escalated", "kind": "damaged"},
    "exception/updated-ticket-opened": {"change": "updated", "kind": "attempt_failed"},
    "exception/updated-hidden": {"change": "updated", "hidden_by": "promise_missed"},
    "exception/acknowledged": {"change": "acknowledged"},
    "exception/assigned-to-a-person": {"change": "assigned", "assignee": "sam"},
    "exception/assigned-to-another-owner": {"change": "assigned", "previous_owner": "support"},
    "exception/snoozed": {"change": "snoozed"},
    "exception/decided": {"change": "decided", "decision": "refund"},
    "exception/resolved-by-itself": {"change": "resolved", "kind": "attempt_failed"},
    "exception/resolved-superseded": {"change": "resolved", "resolution": "superseded by returning"},
    "exception/resolved-by-a-person": {"change": "resolved", "resolved_by": "kim"},
    "exception/reopened-by-cause": {"change": "reopened", "kind": "attempts_exhausting"},
    "exception/reopened-by-a-person": {"change": "reopened", "kind": "damaged"},
    "customer-message/sent": {"fate": "send", "about": "shipped"},
    "customer-message/sent-apology": {"fate": "send", "kind": "proactive_apology", "about": "stalled"},
    "customer-message/held-settling": {"fate": "held", "reason": "settling"},
    "customer-message/held-quiet-hours": {"fate": "held", "reason": "quiet_hours"},
    "customer-message/held-for-review": {"fate": "held", "reason": "review_needed"},
    "customer-message/suppressed-ticket-open": {"fate": "suppressed", "reason": "ticket_open"},
    "customer-message/suppressed-no-consent": {"fate": "suppressed", "reason": "no_consent"},
    "customer-message/suppressed-imported": {"fate": "suppressed", "reason": "imported"},
    "customer-message/dropped-state-moved-on": {"fate": "dropped", "reason": "state_moved_on"},
}
"""The first event of the recording that says this becomes the case."""
LETTERS: Final[dict[str, Wanted]] = {
    "dead-letter/no-source": {"reason": "unknown_type"},
    "dead-letter/not-json": {"reason": "undecodable"},
    "dead-letter/unknown-word": {"reason": "semantic_invalid", "topic": "order-events"},
    "dead-letter/action-on-no-case": {"reason": "semantic_invalid", "stage": "process"},
    "dead-letter/unmapped-code": {"reason": "unmapped_code"},
    "dead-letter/failed-again-after-replay": {"reason": "unmapped_code", "timestamp": "1772625600000"},
}
"""The same of dead letters, by their headers."""
RECEIPTS: Final = {
    "notification-receipt/message-sent": ("customer-message/sent", "webhook", Entry("acted", 1, "sent")),
    "notification-receipt/exception-sent": ("exception/opened", "log", Entry("acted", 1, "sent")),
    "notification-receipt/failed": (
        "exception/resolved-by-itself",
        "webhook",
        Entry("acted", 6, "failed", "retries_exhausted"),
    ),
}
"""Which event was told of, on which channel, and how it ended."""


class MissingCaseError(ValueError):
    """The recording does not lead to a case any more."""


def golden_files(folder: Path = FOLDER) -> dict[str, str]:
    """Names and texts of all golden events as today's code makes them; raises `MissingCaseError`."""
    records = read_recording((folder / RECORDING).read_bytes().splitlines())
    outs = list(Replay(load_policy(None)).run(records, parse_rfc3339(UNTIL)))
    told = {name: _first(name, outs, wanted) for name, wanted in CASES.items()}
    letters = {name: _first(name, outs, wanted) for name, wanted in LETTERS.items()}
    lines = {name: _line(out) for name, out in (told | letters).items()}
    lines |= {name: _receipt(told[event], channel, entry) for name, (event, channel, entry) in RECEIPTS.items()}
    lines |= _replays(letters)
    texts = {name: json.dumps(line, indent=2, ensure_ascii=False) for name, line in lines.items()}
    return {f"{name}.json": text + "\n" for name, text in sorted(texts.items())}


def drift(folder: Path = FOLDER) -> list[str]:
    """What is missing, different or too much in the folder, one line each."""
    wanted = golden_files(folder)
    there = {f"{path.parent.name}/{path.name}": path.read_text("utf-8") for path in folder.glob("*/*.json")}
    problems = [f"{name}: missing" for name in wanted.keys() - there.keys()]
    problems += [f"{name}: no case makes it" for name in there.keys() - wanted.keys()]
    problems += [
        f"{name}: is made differently now" for name in wanted.keys() & there.keys() if wanted[name] != there[name]
    ]
    return sorted(problems)


def write(folder: Path = FOLDER) -> None:
    """Write all golden events, and remove those that no case makes any more."""
    wanted = golden_files(folder)
    for path in folder.glob("*/*.json"):
        if f"{path.parent.name}/{path.name}" not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def main(arguments: Sequence[str], folder: Path = FOLDER) -> int:
    """Write the golden events, or with `--check` compare them; 1 where they differ, 2 on a wrong argument."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m cli.golden [--check]", file=sys.stderr)
        return 2
    try:
        if not arguments:
            write(folder)
            return 0
        problems = drift(folder)
    except MissingCaseError as error:
        problems = [str(error)]
    for problem in problems:
        print(f"schemas/examples/{problem}; if a change is meant: {COMMAND}", file=sys.stderr)
    return 1 if problems else 0


class _Capture:
    """Takes what a producer would write."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def produce(
        self, topic: str, *, key: str | bytes, value: bytes, headers: Any = (), on_delivery: Any = None
    ) -> None:
        name = key.decode() if isinstance(key, bytes) else key
        texts = {header: raw.decode() for header, raw in headers}
        self.lines.append({"topic": topic, "key": name, "headers": texts, "value": plain_value(value)})
        if on_delivery is not None:
            on_delivery(None, None)

    def flush(self, _timeout: float) -> int:
        return 0


def _first(name: str, outs: Sequence[Out], wanted: Wanted) -> Out:
    contract = name.partition("/")[0]
    for out in outs:
        if load_topics()[out.topic].contract == contract and _says(out).items() >= wanted.items():
            return out
    raise MissingCaseError(f"{name}: no {contract} of {RECORDING} says {dict(wanted)}; mend the recording or the case")


def _says(out: Out) -> dict[str, Any]:
    said = read_errors(out.headers)
    return said or plain_value(out.value) or {}


def _line(out: Out) -> dict[str, Any]:
    """As `wismo decide` prints it; what could not be used stays text, for it is not ours to read."""
    value = (out.value or b"").decode() if read_errors(out.headers) else plain_value(out.value)
    key = None if out.key is None else out.key.decode()
    headers = {name: (raw or b"").decode() for name, raw in out.headers}
    return {"topic": out.topic, "key": key, "headers": headers, "value": value}


def _source(out: Out, offset: int = 0) -> Source:
    return Source(
        topic=out.topic,
        partition=0,
        offset=offset,
        timestamp=round(out.timestamp.timestamp() * 1000),
        key=out.key,
        value=out.value,
        headers=out.headers,
    )


def _receipt(told: Out, channel: str, entry: Entry) -> dict[str, Any]:
    capture = _Capture()
    ReceiptWriter(capture).write(read_notice(_source(told)), channel, entry, _soon(told.timestamp))
    return capture.lines[0]


def _soon(time: datetime) -> datetime:
    return time + timedelta(seconds=2)


def _replays(letters: Mapping[str, Out]) -> dict[str, dict[str, Any]]:
    """Two replays of these letters: one that is sent although it fails again, one of which nothing may go."""
    sources = [_source(out, number) for number, out in enumerate(letters.values())]
    parked = [Letter(source, read_errors(source.headers)) for source in sources]
    unmapped = [letter for letter in parked if letter.errors["reason"] == "unmapped_code"]
    capture = _Capture()
    for number, (chosen, failing) in enumerate(((unmapped, True), (parked, False)), start=1):
        plan = make_plan(chosen, frozenset(), MAX_REPLAYS, failing)
        write_audit(capture, plan, f"{number:032x}", rfc3339(parse_rfc3339(_REPLAYED_AT)), "sam")
    return dict(zip(("replay/sent", "replay/all-refused"), capture.lines, strict=True))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
