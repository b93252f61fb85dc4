"""Dead letters of the hops: the original bytes, and what, where and why in the headers."""

from datetime import datetime

import msgspec

from rules.pipeline.clock import micros
from rules.pipeline.envelope import mark_time
from rules.pipeline.link import GivenUp
from rules.pipeline.records import Out, Record
from rules.pipeline.route import Parked
from rules.pipeline.track import Refused
from schemas.codec import dumps
from schemas.dead_letters import Failure, Source, dead_letter
from schemas.words import DEAD_LETTERS, MARK_HEADER

GROUP = "wismo"


def parked_letter(parked: Parked) -> Out:
    """A raw record that cannot be used, whole or in part."""
    rejected = parked.rejected
    failure = Failure(
        stage=rejected.stage,
        reason=rejected.reason,
        message=rejected.message,
        failed_at=parked.record.timestamp,
        group=GROUP,
        cause=" ".join((parked.record.header("source") or "", *parked.scans)),
        scan=dumps(list(parked.scans)).decode() if parked.scans else "",
    )
    return _letter(_source(parked.record), failure, parked.record.timestamp)


def bad_mark_letter(record: Record) -> Out:
    """A mark of the clock that cannot be believed."""
    failure = Failure(
        stage="validate",
        reason="semantic_invalid",
        message=f"header `{MARK_HEADER}`: {_why(record)}; only the ticker writes marks",
        failed_at=record.timestamp,
        group=GROUP,
    )
    return _letter(_source(record), failure, record.timestamp)


def given_up_letter(given_up: GivenUp) -> Out:
    """A ticket event whose shipment never came, with the bytes it came as."""
    link, rejected = given_up.link, given_up.rejected
    origin = link.origin
    headers = (("source", link.source.encode()),)
    source = Source(
        topic=link.topic,
        partition=origin.partition if origin else 0,
        offset=origin.offset if origin else 0,
        timestamp=_millis(link.received_at),
        key=link.ticket.ticket_id.encode(),
        value=origin.value if origin else msgspec.json.encode(link.ticket),
        headers=headers,
    )
    failure = Failure(
        stage=rejected.stage,
        reason=rejected.reason,
        message=rejected.message,
        failed_at=link.received_at,
        group=GROUP,
    )
    return _letter(source, failure, link.received_at)


def refused_letter(refused: Refused) -> Out:
    """A fact that the core would not take."""
    fact, refusal = refused.fact, refused.refusal
    source = Source(
        topic="shipment-events",
        partition=0,
        offset=0,
        timestamp=_millis(fact.now),
        key=fact.shipment_id.encode(),
        value=msgspec.json.encode(fact),
        headers=(("content-type", b"application/json"),),
    )
    failure = Failure(
        stage="process",
        reason=refusal.reason,
        message=refusal.message,
        failed_at=fact.now,
        group=GROUP,
        cause=fact.topic,
        scan=refusal.scan or "",
    )
    return _letter(source, failure, fact.now)


def poison_letter(record: Record, error: BaseException, now: datetime) -> Out:
    """A record that made a handler raise: parked alone, so that its neighbours go on."""
    failure = Failure(
        stage="process",
        reason="handler_error",
        message=f"{type(error).__name__}: {error}; this is a fault of the service: report it, then replay",
        failed_at=now,
        group=GROUP,
        exception=f"{type(error).__module__}.{type(error).__qualname__}",
        cause=_top_frame(error),
    )
    return _letter(_source(record), failure, now)


def _letter(source: Source, failure: Failure, timestamp: datetime) -> Out:
    letter = dead_letter(source, failure)
    headers = tuple(letter.headers)
    return Out(DEAD_LETTERS, letter.key, letter.value, timestamp, headers, partition=letter.partition)


def _source(record: Record) -> Source:
    return Source(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=_millis(record.timestamp),
        key=record.key,
        value=record.value,
        headers=record.headers,
    )


def _millis(moment: datetime) -> int:
    return micros(moment) // 1000


def _why(record: Record) -> str:
    text = record.header(MARK_HEADER) or ""
    try:
        mark_time(text)
    except ValueError:
        return "is no RFC 3339 time with an offset"
    return "lies ahead of its own record"


def _top_frame(error: BaseException) -> str:
    trace = error.__traceback__
    if trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}"
