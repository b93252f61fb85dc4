"""Makes one letter of the messages of a digest: a line a parcel, and the events themselves."""

import dataclasses
from collections.abc import Mapping
from itertools import groupby
from typing import Any, Final

import msgspec
import orjson
from msgspec.structs import replace

from schemas.codec import digest, dumps
from sinks.notifier.notices import Notice, read_notice

_ANY: Final = msgspec.json.Decoder(dict[str, Any])
_OF_ORDER: Final = ("order_id", "customer_id", "storefront", "digest_at")
TYPE: Final = "wismo.customer_message.digest"


def letter_of(notice: Notice, bodies: Mapping[str, bytes]) -> Notice:
    """The letter of a digest; a single message is the notice that it would be by itself, under the digest's key.

    Args:
        notice: the message that sends it: its trace goes with the letter.
        bodies: the events in it by message id.
    """
    events = {id_: _ANY.decode(body) for id_, body in bodies.items()}
    # By parcel, and then as it happened: the same messages are the same bytes, whoever sends them.
    ids = sorted(events, key=lambda id_: (_parcel(events[id_]), events[id_]["occurred_at"], id_))
    body = bodies[ids[0]] if len(ids) == 1 else _body(notice.key, ids, events, bodies)
    letter = read_notice(dataclasses.replace(notice.source, value=body))
    return replace(letter, key=notice.key, type=letter.type if len(ids) == 1 else TYPE, letter=tuple(ids))


def _body(key: str, ids: list[str], events: dict[str, dict[str, Any]], bodies: Mapping[str, bytes]) -> bytes:
    first = events[ids[0]]
    lines = [
        " ".join(events[id_]["text"] for id_ in of_one) for _, of_one in groupby(ids, lambda i: _parcel(events[i]))
    ]
    return dumps(
        {
            "event_id": digest("letter", key, *ids, size=24),
            "occurred_at": first["digest_at"],
            "subject": "order",
            "subject_id": first.get("order_id"),
            **{name: first.get(name) for name in _OF_ORDER},
            "fate": "send",
            "idempotency_key": first["idempotency_key"],
            "text": "\n".join(lines),
            "messages": [orjson.Fragment(bodies[id_]) for id_ in ids],
        }
    )


def _parcel(event: Mapping[str, Any]) -> str:
    return str(event.get("shipment_id") or event.get("subject_id") or "")
