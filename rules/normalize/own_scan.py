"""The quick way to read our own scans: what it takes is what the model in `schemas/raw.py` takes, and nothing else.

The model costs as much as all the rest of a scan together, and most scans have nothing to refuse. What this refuses is
left to the model, which has the last word and finds the words for it; a property test holds the two together.
"""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, ValidationError, convert

from schemas.codec import parse_rfc3339
from schemas.raw import FIRST_YEAR, LAST_YEAR
from schemas.words import DIRECTIONS, FLAGS, REASONS, SERVICE_LEVELS, STATES

_Name = Annotated[str, Meta(min_length=1, max_length=200)]
_Text = Annotated[str, Meta(max_length=4000)] | None


class Place(Struct, frozen=True, gc=False):
    """`RawPlace`."""

    city: _Text = None
    region: _Text = None
    postal_code: _Text = None
    country: _Text = None


class QuickScan(Struct, frozen=True):
    """`RawScan`, its times still as text."""

    carrier: _Name
    tracking_number: _Name
    status: Literal[STATES] | None  # type: ignore[valid-type]
    reason: Literal[REASONS] | None = None  # type: ignore[valid-type]
    code: _Text = None
    description: _Text = None
    occurred_at: str | None = None
    location: Place | None = None
    estimated_delivery_at: str | None = None
    flags: list[Literal[FLAGS]] = []  # type: ignore[valid-type]
    direction: Literal[DIRECTIONS] | None = None  # type: ignore[valid-type]
    scan_id: _Text = None
    service_level: Literal[SERVICE_LEVELS] | None = None  # type: ignore[valid-type]


class Times(Struct, frozen=True):
    """The two times of a scan."""

    occurred_at: datetime | None
    estimated_delivery_at: datetime | None


def quick(document: object) -> tuple[QuickScan, Times] | None:
    """The scan in the document and its times; None where the model has to look at it."""
    try:
        event = convert(document, QuickScan)
        told = Times(_time(event.occurred_at), _time(event.estimated_delivery_at))
    except (ValidationError, ValueError, OverflowError):
        return None
    # A name of blanks is none; the model says so.
    return None if event.carrier.isspace() or event.tracking_number.isspace() else (event, told)


def _time(written: str | None) -> datetime | None:
    if written is None:
        return None
    moment = parse_rfc3339(written)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(written)
    return moment
