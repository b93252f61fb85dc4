"""The generated AsyncAPI document as tests read it, and what it says of one record."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import jsonschema
import yaml

from schemas.generate import published


@cache
def made() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(published()["asyncapi.yaml"])
    return loaded


def validator(pointer: str) -> jsonschema.Draft7Validator:
    root = {"$ref": pointer, "components": made()["components"]}
    return jsonschema.Draft7Validator(root, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)


@cache
def message_validators(name: str) -> tuple[jsonschema.Draft7Validator, ...]:
    message = made()["components"]["messages"][name]
    return tuple(validator(message[part]["$ref"]) for part in ("headers", "payload"))


def problems(name: str, headers: dict[str, str], payload: Any) -> list[str]:
    told = zip(message_validators(name), (headers, payload), strict=True)
    return [error.message for check, part in told for error in check.iter_errors(part)]


def key_problems(name: str, key: str | None) -> list[str]:
    schema = made()["components"]["messages"][name]["bindings"]["kafka"]["key"]
    return [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(key)]


def text(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    return {name: (value or b"").decode() for name, value in headers}


def message_of(topic: str, *, empty: bool = False) -> str:
    """The first message of a channel is its contract's."""
    messages = made()["channels"][topic]["messages"]
    return "Tombstone" if empty and "Tombstone" in messages else next(iter(messages))
