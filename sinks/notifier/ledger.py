"""What a channel has sent, in Redis: a claim with a lease, the intent before the act, and done after it.

Redis is the filter, not the truth: it may forget its last second, or everything. The truth is the compacted topic of
receipts, from which `remember` fills a ledger whose marker is gone.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, cast

import redis

from schemas.codec import dumps, loads

_BEGIN: Final = """
if redis.call('EXISTS', KEYS[3]) == 0 then return {'lost', '', 0} end
local entry = redis.call('GET', KEYS[1])
local known = entry and cjson.decode(entry) or {state = '', attempts = 0, result = '', round = ''}
if known.state == 'done' and (known.result == 'sent' or known.round == ARGV[4]) then return {'done', entry, 0} end
if not redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then
  return {'busy', entry or '', redis.call('PTTL', KEYS[2])}
end
if known.state ~= 'acted' then
  local attempts = known.state == 'done' and 0 or known.attempts
  local intent = {state = 'intent', attempts = attempts + 1, result = '', reason = '', round = ARGV[4]}
  redis.call('SET', KEYS[1], cjson.encode(intent), 'PX', ARGV[3])
end
return {'go', entry or '', 0}
"""
"""A notification that failed for good may be tried afresh, but only by a replay: that is another round."""
_END: Final = """
if redis.call('GET', KEYS[2]) == ARGV[1] and ARGV[4] == '1' then redis.call('DEL', KEYS[2]) end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""


class Answer(StrEnum):
    """What the ledger says to somebody who wants to act."""

    GO = "go"
    DONE = "done"
    BUSY = "busy"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger knows of one notification."""

    state: str
    """`intent`: an attempt began; `failed`: it did not arrive; `acted`: it ended, the receipt is owed; `done`."""
    attempts: int = 0
    result: str = ""
    """`sent` or `failed`, once it ended."""
    reason: str = ""
    round: str = ""
    """The id of the replay that brought it, or nothing."""
    letter: tuple[str, ...] = ()
    """Of a message that went in a letter with others: the ids of all messages in it."""


@dataclass(frozen=True, slots=True)
class Leave:
    """The ledger's answer to `begin`."""

    answer: Answer
    before: Entry
    """What was known before."""
    wait_seconds: float
    """How long the claim of another attempt still lasts."""

    @property
    def attempt(self) -> int:
        """The number of the attempt that begins."""
        return 1 if self.before.state == "done" else self.before.attempts + 1

    @property
    def unsure(self) -> bool:
        """Whether an attempt began whose end nobody wrote down: it may have arrived."""
        return self.before.state == "intent"

    @property
    def only_receipt(self) -> bool:
        """Whether the act is over and its receipt is owed."""
        return self.before.state == "acted"


class Ledger:
    """The ledger of one channel."""

    def __init__(self, client: redis.Redis, prefix: str, channel: str, *, ttl: float, lease: float) -> None:
        self._client = client
        self._root = f"{prefix}ledger:{channel}:"
        self.ttl = ttl
        self.lease_ms = int(lease * 1000)
        self._begin = client.register_script(_BEGIN)
        self._end = client.register_script(_END)

    def begin(self, key: str, token: str, round_: str) -> Leave:
        """Claim a notification and write down that an attempt begins; or say why not."""
        keys = [*self.keys(key), self.marker]
        reply = self._begin(keys=keys, args=[token, self.lease_ms, self.ttl_ms, round_])
        answer, before, wait = cast("list[Any]", reply)
        return Leave(Answer(answer.decode()), decode_entry(before) if before else Entry(""), max(0, wait) / 1000)

    def write(self, key: str, token: str, entry: Entry, *, release: bool) -> None:
        """Write down how far it is; with `release` the claim is given back."""
        self._end(keys=list(self.keys(key)), args=[token, encode_entry(entry), self.ttl_ms, int(release)])

    def whole(self) -> bool:
        """Whether the ledger was filled and not lost since."""
        return bool(self._client.exists(self.marker))

    def remember(self, entries: Iterable[tuple[str, Entry, float]]) -> None:
        """Fill in (key, entry, seconds it still counts) as the receipts tell."""
        pipe = self._client.pipeline(transaction=False)
        for key, entry, seconds in entries:
            if seconds > 0:
                # That a receipt is owed is inferred from another one: the receipt itself may have been read before.
                owed = entry.state == "acted"
                pipe.set(self.keys(key)[0], encode_entry(entry), px=max(1, int(seconds * 1000)), nx=owed)
        pipe.execute()

    def declare_whole(self) -> None:
        """Mark the ledger as filled."""
        self._client.set(self.marker, b"1")

    @property
    def marker(self) -> str:
        """The Redis key that is there while the ledger is whole."""
        return self._root + "whole"

    @property
    def ttl_ms(self) -> int:
        """How long an entry is kept, in milliseconds."""
        return int(self.ttl * 1000)

    def keys(self, key: str) -> tuple[str, str]:
        """The Redis keys of a notification's entry and of the claim on it."""
        return self.place("entry", key), self.place("claim", key)

    def place(self, what: str, key: str) -> str:
        """The Redis key of something that is kept of a notification."""
        return f"{self._root}{what}:{key}"


def encode_entry(entry: Entry) -> bytes:
    """As Redis keeps it; what is empty of a letter is left out, as most notifications are none."""
    fields = asdict(entry)
    if not entry.letter:
        del fields["letter"]
    return dumps(fields)


def decode_entry(raw: bytes) -> Entry:
    """The inverse."""
    fields = loads(raw)
    return Entry(**{**fields, "letter": tuple(fields.get("letter", ()))})
