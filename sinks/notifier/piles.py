"""The messages of one digest, gathered in Redis until they go as one letter; who is in it is fixed when it first goes.

Like the ledger, this is the filter and not the truth: what was gathered is not committed in Kafka before its receipt is
written, so whoever holds the records brings them again where Redis has lost them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, cast

import redis

from sinks.notifier.ledger import Entry, Ledger, decode_entry, encode_entry
from sinks.notifier.notices import Notice

_SCOPE: Final = "scope"
"""Beside the messages, whose pile it is; no message has such an id."""
_JOIN: Final = """
local part, claim, marker, letter, letter_claim, pile, grace = unpack(KEYS)
local token, lease, ttl, round, id, body, scope, patience = unpack(ARGV)
if redis.call('EXISTS', marker) == 0 then return {'lost', '', 0, {}} end
local known = redis.call('GET', part)
local mine = known and cjson.decode(known) or {state = ''}
if mine.state == 'done' and (mine.result == 'sent' or mine.round == round) then return {'done', known, 0, {}} end
if mine.state == 'acted' and mine.letter then
  if not redis.call('SET', claim, token, 'NX', 'PX', lease) then return {'busy', '', redis.call('PTTL', claim), {}} end
  return {'receipt', known, 0, {}}
end
local told = redis.call('GET', letter)
local state = told and cjson.decode(told).state or ''
if mine.state ~= '' or state == 'done' then return {'late', '', 0, {}} end
local whose = redis.call('HGET', pile, 'scope')
if whose and whose ~= scope then return {'late', '', 0, {}} end
if state == '' then
  if not whose then
    redis.call('HSET', pile, 'scope', scope)
    if tonumber(patience) > 0 then redis.call('SET', grace, '1', 'PX', patience) end
  end
  redis.call('HSET', pile, id, body)
  redis.call('PEXPIRE', pile, ttl)
elseif redis.call('HEXISTS', pile, id) == 0 then
  return {'late', '', 0, {}}
end
local wait = redis.call('PTTL', grace)
if wait > 0 then return {'wait', '', wait, {}} end
if not redis.call('SET', letter_claim, token, 'NX', 'PX', lease) then
  return {'busy', '', redis.call('PTTL', letter_claim), {}}
end
local attempts = told and cjson.decode(told).attempts or 0
local intent = {state = 'intent', attempts = attempts + 1, result = '', reason = '', round = ''}
redis.call('SET', letter, cjson.encode(intent), 'PX', ttl)
return {'go', told or '', 0, redis.call('HGETALL', pile)}
"""
"""A message joins only before the first attempt: every attempt sends the same letter under the same id."""
_AGAIN: Final = """
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
if tonumber(ARGV[4]) > 0 then redis.call('SET', KEYS[3], '1', 'PX', ARGV[4]) end
return 1
"""
_OVER: Final = """
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
for number = 5, #KEYS do redis.call('SET', KEYS[number], ARGV[4], 'PX', ARGV[3]) end
redis.call('DEL', KEYS[3], KEYS[4])
return 1
"""
"""At once: a letter that has gone leaves none of its messages that might go again."""


class Turn(StrEnum):
    """What a message of a digest is to do."""

    GO = "go"
    """Send the letter."""
    WAIT = "wait"
    """Others may come, or the letter is tried again later."""
    BUSY = "busy"
    """Another one sends it now."""
    LATE = "late"
    """The letter has gone, or is another customer's: go alone."""
    RECEIPT = "receipt"
    """It went in the letter, and its receipt is owed."""
    DONE = "done"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a message of a digest stands."""

    turn: Turn
    before: Entry
    """What was known of the message; where it is to send the letter, what was known of that."""
    wait_seconds: float
    bodies: dict[str, bytes]
    """With `go`: the events in the letter by message id."""


class Piles:
    """The digests that one channel gathers.

    Args:
        ledger: where it stands what was sent; letters and their messages have entries there too.
        client: of the Redis that keeps both.
        grace: seconds from the first message of a digest to its letter.
    """

    def __init__(self, ledger: Ledger, client: redis.Redis, grace: float) -> None:
        self._ledger = ledger
        self._grace = int(grace * 1000)
        self._join = client.register_script(_JOIN)
        self._again = client.register_script(_AGAIN)
        self._over = client.register_script(_OVER)

    def join(self, letter: str, message_id: str, body: bytes, scope: str, replay: str, token: str) -> Standing:
        """Put a message on the pile of its letter, or say how far that is.

        Args:
            letter: the key that the messages of the digest share.
            message_id: which of them this is.
            body: its event.
            scope: order, customer and storefront: messages of others never go in one letter, whatever their key.
            replay: the id of the replay that brought it, or nothing.
            token: of this attempt, for the claim.
        """
        ledger = self._ledger
        keys = [*ledger.keys(part_of(letter, message_id)), ledger.marker, *self._keys(letter)]
        args: list[str | int | bytes] = [
            token,
            ledger.lease_ms,
            ledger.ttl_ms,
            replay,
            message_id,
            body,
            scope,
            self._grace,
        ]
        turn, before, wait, pile = cast("list[Any]", self._join(keys=keys, args=args))
        pairs = dict(zip(pile[::2], pile[1::2], strict=True))
        bodies = {name.decode(): one for name, one in pairs.items() if name != _SCOPE.encode()}
        known = decode_entry(before) if before else Entry("")
        return Standing(Turn(turn.decode()), known, max(0, wait) / 1000, bodies)

    def again(self, letter: str, token: str, entry: Entry, wait: float) -> None:
        """Write down that the letter did not arrive and is tried again in `wait` seconds, by whoever comes then."""
        keys = self._keys(letter)
        args: list[str | int | bytes] = [token, encode_entry(entry), self._ledger.ttl_ms, int(wait * 1000)]
        self._again(keys=[keys[0], keys[1], keys[3]], args=args)

    def over(self, letter: str, token: str, entry: Entry, message_ids: Sequence[str]) -> None:
        """Write down that the letter has gone or failed for good, with all its messages; each owes its receipt."""
        ledger = self._ledger
        parts = [ledger.keys(part_of(letter, one))[0] for one in message_ids]
        ended = Entry("done", entry.attempts, entry.result, entry.reason)
        args: list[str | int | bytes] = [token, encode_entry(ended), ledger.ttl_ms, encode_entry(entry)]
        self._over(keys=[*self._keys(letter), *parts], args=args)

    def _keys(self, letter: str) -> tuple[str, str, str, str]:
        place = self._ledger.place
        return *self._ledger.keys(letter), place("pile", letter), place("grace", letter)


def part_of(letter: str, message_id: str) -> str:
    """The id that one message of a digest has in the ledger, and under which it goes where it goes alone."""
    return f"{letter}/{message_id}"


def entry_key(notice: Notice, entry: Entry) -> str:
    """What the entry and the receipt of a notice stand under: the messages of a letter share its key."""
    return part_of(notice.key, notice.event.message_id or "") if entry.letter else notice.key
