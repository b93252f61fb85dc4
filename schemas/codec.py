"""Bytes in and out: canonical JSON, UTC times, deterministic ids."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec
import orjson

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z


def dumps(value: object) -> bytes:
    """Canonical JSON: sorted keys, no blanks, UTC times with a `Z`. Same value, same bytes."""
    return orjson.dumps(value, option=_OPTIONS)


def loads(raw: bytes) -> Any:
    """Decode JSON; raises `ValueError` with the position of what is wrong."""
    return orjson.loads(raw)


def rfc3339(moment: datetime) -> str:
    """Print an aware time as UTC RFC 3339 with `Z`, microseconds only where there are any."""
    # Nearly all are UTC already: those are printed without a change of zone.
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return f"{moment.isoformat()[:-6]}Z"


def parse_rfc3339(text: str) -> datetime:
    """Read an RFC 3339 time with an offset as UTC; raises `ValueError` where the offset is missing."""
    # RFC 3339 allows a small z where ISO 8601 does not.
    moment = datetime.fromisoformat(text[:-1] + "Z" if text.endswith("z") else text)
    if moment.tzinfo is None:
        raise ValueError(f"time {text!r} has no offset; write it as RFC 3339, e.g. 2026-03-02T16:05:00-05:00")
    return moment.astimezone(UTC)


def digest(*parts: object, size: int = 16) -> str:
    """A deterministic id of `size` hexadecimal characters over the parts, in order."""
    joined = "\x1f".join([part if type(part) is str else "" if part is None else str(part) for part in parts])
    return hashlib.blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=size // 2).hexdigest()


def to_plain(value: object) -> Any:
    """A struct as dicts, lists and datetimes, ready for `dumps`."""
    return msgspec.to_builtins(value, builtin_types=(datetime,))
