"""Headers of what we write: CloudEvents in binary mode, marks of the clock, traces passed on."""

from datetime import datetime

from rules.pipeline.records import Headers, Out
from schemas.codec import parse_rfc3339, rfc3339
from schemas.words import MARK_HEADER

ORIGIN_HEADER = "wismo-origin"
"""Which input of a hop a record came by: its marks tell how far that input has got."""
POSITION_HEADER = "wismo-position"
IMPORT_HEADER = "wismo-import"
TRACE_HEADER = "traceparent"


def cloud_event(id_: str, type_: str, source: str, subject: str, time: datetime, trace: str | None = None) -> Headers:
    """Headers of the CloudEvents 1.0 Kafka binding, binary mode, JSON data."""
    headers: Headers = (
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_id", id_.encode()),
        ("ce_type", type_.encode()),
        ("ce_source", source.encode()),
        ("ce_subject", subject.encode("utf-8", "replace")),
        ("ce_time", rfc3339(time).encode()),
    )
    return headers if trace is None else (*headers, (TRACE_HEADER, trace.encode("ascii", "ignore")))


def mark(topic: str, origin: str, time: datetime) -> Out:
    """A mark of the clock for every partition of `topic`."""
    headers = ((MARK_HEADER, rfc3339(time).encode()), (ORIGIN_HEADER, origin.encode()))
    return Out(topic=topic, key=None, value=b"", timestamp=time, headers=headers)


def mark_time(text: str) -> datetime:
    """Read a mark's time; raises `ValueError` on anything but RFC 3339 with an offset."""
    return parse_rfc3339(text)
