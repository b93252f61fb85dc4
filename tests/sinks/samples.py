"""Events as the tracker writes them, for tests of what reads them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.codec import digest, dumps, rfc3339
from schemas.dead_letters import Failure, Source, error_headers

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Log:
    """Makes records with rising offsets and sequences, as one tracker would."""

    def __init__(self, now: datetime = NOON, start: int = 0) -> None:
        self.now = now
        self.start = start
        self.offsets: dict[tuple[str, int], int] = {}
        self.sequences: dict[tuple[str, str], int] = {}

    def record(
        self, topic: str, key: str, value: dict[str, Any] | None, headers: tuple[tuple[str, bytes | None], ...] = ()
    ) -> Source:
        place = (topic, 0)
        offset = self.offsets.get(place, self.start - 1) + 1
        self.offsets[place] = offset
        raw = None if value is None else dumps(value)
        stamp = int(self.now.timestamp() * 1000)
        return Source(
            topic=topic, partition=0, offset=offset, timestamp=stamp, key=key.encode(), value=raw, headers=headers
        )

    def event(self, topic: str, subject_id: str, **fields: Any) -> Source:
        sequence = self.sequences.get((topic, subject_id), 0) + 1
        self.sequences[topic, subject_id] = sequence
        carrier, _, number = subject_id.partition(":")
        shipment = {"shipment_id": subject_id, "carrier": carrier, "tracking_number": number} if number else {}
        common = {
            "event_id": digest(topic, subject_id, sequence), "schema_version": 1, "occurred_at": rfc3339(self.now),
            "received_at": rfc3339(self.now), "timestamp": rfc3339(self.now), "sequence": sequence,
            "subject": "shipment" if number else "order", "subject_id": subject_id, **shipment,
        }  # fmt: skip
        return self.record(topic, subject_id, common | fields)

    def update(self, subject_id: str, state: str, previous: str = "unknown", **fields: Any) -> Source:
        told = {"current_state": state, "previous_state": previous, "class": "informational", "flags": []}
        return self.event("shipment-updates", subject_id, **{**told, **fields})

    def state(self, subject_id: str, state: str, previous: str = "unknown", **fields: Any) -> Source:
        return self.event("shipments", subject_id, **{"current_state": state, "previous_state": previous, **fields})

    def case(self, owner: str, subject_id: str, case_id: str, **fields: Any) -> Source:
        told = {
            "case_id": case_id, "dedup_key": case_id, "change": "opened", "kind": "stalled", "owner": owner,
            "severity": "urgent", "score": 65, "next_action": "open a trace with the carrier", "watchers": ["support"],
            "opened_at": rfc3339(self.now), "due_by": rfc3339(self.now + timedelta(hours=4)), "posture": "apology",
            "terms": {"stalled": {"points": 40, "value": 51.5, "policy": "severity.stalled"}},
            "evidence": [
                {"fact": "hours_without_scan", "observed": 51.5, "limit": 48, "policy": "stalled.ground.hours"}
            ],
            "policy_version": "2026-03-01",
        }  # fmt: skip
        return self.event(fields.pop("topic", f"exceptions-{owner}"), subject_id, **{**told, **fields})

    def message(self, subject_id: str, message_id: str, fate: str = "send", **fields: Any) -> Source:
        told = {
            "message_id": message_id, "kind": "proactive_apology", "class": "promise", "fate": fate,
            "text": "Your parcel is late.", "idempotency_key": f"main/{subject_id}/promise/{message_id}",
        }  # fmt: skip
        return self.event("customer-messages", subject_id, **{**told, **fields})

    def dead(self, reason: str = "undecodable", cause: str = "x", message: str = "not JSON at byte 0") -> Source:
        origin = Source(topic="carrier-scans", partition=2, offset=41, timestamp=0, key=b"k", value=b"{")
        failure = Failure(
            stage="decode", reason=reason, message=message, failed_at=self.now, exception="ValueError", cause=cause
        )
        return self.record("dead-letters", "k", None, tuple(error_headers(origin, failure)))

    def later(self, **span: float) -> "Log":
        self.now += timedelta(**span)
        return self
