"""Checks of events against those before them: repeats, sequences, lives of cases, idempotency keys."""

from collections.abc import Collection, Iterator
from hashlib import blake2b
from typing import Final

from schemas import words
from schemas.kit.cases import Cases
from schemas.kit.checks import Event, Finding, Reach
from schemas.kit.one import findings_of

_UNCHAINED: Final = (words.NOTIFICATION_RECEIPTS, words.REPLAYS)
"""Topics whose events have no sequence of their own: a receipt repeats that of the event it answers."""


class Verifier:
    """Checks events in the order of their log. Show each to `see`; call `finish` behind the last.

    Args:
        whole: the topics that are shown from their first event to their last; None means all.
    """

    def __init__(self, whole: Collection[str] | None = None) -> None:
        self.events = 0
        self.repeats = 0
        self._bodies: dict[str, bytes] = {}
        self._sequences: dict[tuple[str, str], int] = {}
        self._cases = Cases(whole)
        self._message_of: dict[str, str] = {}
        self._key_of: dict[str, str] = {}
        self._sent: set[str] = set()

    def see(self, event: Event) -> list[Finding]:
        """What is wrong with the next event."""
        self.events += 1
        findings = list(findings_of(event))
        id_ = event.text("event_id")
        if event.body is None:
            self._forget(event)
        elif id_ is not None and event.topic != words.DEAD_LETTERS and not _foreign(findings):
            findings += self._against(event, id_)
        return findings

    def finish(self) -> list[Finding]:
        """What is wrong with all of them together."""
        return list(self._cases.finish())

    def _against(self, event: Event, id_: str) -> Iterator[Finding]:
        body = blake2b(b"\n".join((event.topic.encode(), (event.key or "").encode(), event.body or b""))).digest()
        known = self._bodies.setdefault(id_, body)
        if known is not body:
            self.repeats += 1
            if known != body:
                yield event.finding("id_reused", f"event_id {id_!r} came before with another content")
            return
        yield from self._sequence(event)
        yield from self._cases.see(event)
        yield from self._message(event)

    def _forget(self, event: Event) -> None:
        """Behind a tombstone of `shipments` whoever comes under this id begins anew, on every topic."""
        if event.topic == words.SHIPMENTS and event.key is not None:
            self._sequences = {place: last for place, last in self._sequences.items() if place[1] != event.key}
            self._cases.forget(event.key)

    def _sequence(self, event: Event) -> Iterator[Finding]:
        subject, found = event.text("subject_id"), event.value.get("sequence")
        if subject is None or not isinstance(found, int) or event.topic in _UNCHAINED:
            return
        place = event.topic, subject
        last = self._sequences.get(place, 0 if event.reach is Reach.WHOLE else None)
        self._sequences[place] = max(found, last or 0)
        if last is None or found == last + 1:
            return
        if found <= last:
            yield event.finding("sequence_back", f"{subject}: sequence {found} after {last}, with another event_id")
        elif event.reach is not Reach.PICKED:
            yield event.finding("sequence_gap", f"{subject}: sequence {found} after {last or 'none'}")

    def _message(self, event: Event) -> Iterator[Finding]:
        key, message = event.text("idempotency_key"), event.text("message_id")
        if event.topic != words.CUSTOMER_MESSAGES or key is None or message is None:
            return
        sent = event.text("fate") == "send"
        shared = sent and event.text("digest_at") is not None
        # A digest is one thing that the customer receives: its key stands for one order, and its parts are messages.
        named = f"order {event.text('order_id')}" if shared else message
        if (other := self._message_of.setdefault(key, named)) != named:
            yield event.finding("key_reused", f"idempotency_key {key!r} of {named!r} is that of {other!r}")
        if not shared and (other := self._key_of.setdefault(message, key)) != key:
            yield event.finding("key_reused", f"message {message!r} has the keys {other!r} and {key!r}")
        once = f"{key}/{message}" if shared else key
        if sent and once in self._sent:
            yield event.finding("sent_twice", f"`send` was decided for {once!r} before")
        if sent:
            self._sent.add(once)


def _foreign(findings: list[Finding]) -> bool:
    return any(one.check in ("topic_unknown", "not_checked") for one in findings)
