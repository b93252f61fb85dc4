"""The value of an event against its model: fields, types, closed words, times."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from schemas.codec import loads
from schemas.events import model_of
from schemas.kit.checks import Event, Finding

_UTC: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|\+00:00)")
_TIME_ERRORS: Final = ("datetime", "timezone", "date_")


def is_utc(text: object) -> bool:
    """Whether it is a time as every event writes one: RFC 3339, in UTC."""
    return isinstance(text, str) and _UTC.fullmatch(text) is not None


def value_findings(event: Event) -> Iterator[Finding]:
    """What is wrong with the value of an event of ours."""
    body = event.body or b""
    try:
        raw = loads(body)
    except ValueError as error:
        yield event.finding("value_unreadable", f"the value is no JSON: {error}")
        return
    if not isinstance(raw, dict):
        yield event.finding("value_unreadable", f"the value is a JSON {type(raw).__name__}, not an object")
        return
    model = model_of(event.topic)
    try:
        model.model_validate_json(body)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            yield _finding(event, item)
    # Beside what it does not know, a reader still checks what it knows.
    try:
        known = model.model_validate_json(body, extra="ignore")
    except ValidationError:
        return
    for name, text in _times(known, raw, ""):
        if not is_utc(text):
            yield event.finding("time_wrong", f"{name} is {text!r}")


def _finding(event: Event, item: ErrorDetails) -> Finding:
    name, kind = ".".join(map(str, item["loc"])) or "value", item["type"]
    if kind == "extra_forbidden":
        return event.finding("field_unknown", f"{name} is not in this kit's version of the contract")
    if kind == "missing":
        return event.finding("field_missing", f"{name} is missing")
    if kind == "literal_error":
        check = "version_unknown" if name == "schema_version" else "word_unknown"
        return event.finding(check, f"{name} is {str(item['input'])[:60]!r}")
    if kind.startswith(_TIME_ERRORS):
        return event.finding("time_wrong", f"{name} is {str(item['input'])[:60]!r}")
    return event.finding("field_wrong", f"{name}: {item['msg']}")


def _times(model: BaseModel, raw: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    """Every time of a value, as it is written."""
    for name, field in type(model).model_fields.items():
        written = field.alias or name
        if written in raw:
            yield from _in_field(getattr(model, name), raw[written], f"{path}{written}")


def _in_field(value: object, raw: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, datetime):
        yield path, raw
    elif isinstance(value, BaseModel):
        yield from _times(value, raw, f"{path}.")
    elif isinstance(value, list):
        for number, (item, written) in enumerate(zip(value, raw, strict=True)):
            yield from _in_field(item, written, f"{path}.{number}")
