"""Bytes to plain dicts: JSON and XML alike, with every kind of broken input refused by name."""

import codecs
import re
from typing import Final
from xml.etree.ElementTree import ParseError

import orjson
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from schemas.facts import Rejected

Fields = dict[str, object]
"""One JSON object, or one XML element: children and `@attributes` by local name, repeated ones as a list."""

MAX_BYTES: Final = 16 * 1024 * 1024
MAX_DEPTH: Final = 64
_BLANK: Final = b" \t\r\n"
_PLAIN: Final = frozenset((b'{"', b"[{"))
"""How most messages begin: nothing is before the document, and it is UTF-8."""
_SAYS_UTF16: Final = re.compile(rb"""<\?xml[^>]{0,80}encoding=["']utf-?16(?:le|be)?["']""", re.IGNORECASE)
_INSTANCE: Final = "{http://www.w3.org/2001/XMLSchema-instance}"


class UnusableError(Exception):
    """Input that cannot be used, carrying the `Rejected` that says so; never leaves this package."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.rejected = Rejected(
            reason=reason, message=message, stage="decode" if reason == "undecodable" else "validate"
        )


def decode(raw: bytes) -> Fields | list[object]:
    """The document in the bytes; raises `UnusableError` where there is none."""
    if len(raw) > MAX_BYTES:
        raise UnusableError("undecodable", f"{len(raw)} bytes are more than {MAX_BYTES}; send one shipment a message")
    raw = _utf8(raw)
    if raw[:1] == b"<":
        return _xml(raw)
    document = _json(raw)
    if not isinstance(document, dict | list):
        raise UnusableError("schema_invalid", "$ is not a JSON object; send the sender's body as it came")
    return document


def decode_json(raw: bytes) -> object:
    """The JSON value in the bytes; raises `UnusableError` where there is none."""
    return _json(_utf8(raw))


def _json(raw: bytes) -> object:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise UnusableError("undecodable", f"not JSON at {where}; send the sender's body as it came") from error


def _utf8(raw: bytes) -> bytes:
    """The bytes without mark and blanks before the document; UTF-16, which .NET services send, as UTF-8."""
    begin = raw[:2]
    if begin in _PLAIN:
        return raw
    wide = begin in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    if wide or begin in (b"<\0", b"\0<", b"{\0", b"\0{", b"[\0", b"\0["):
        form = "utf-16" if wide else "utf-16-be" if raw[:1] == b"\0" else "utf-16-le"
        try:
            raw = raw.decode(form).encode()
        except UnicodeError as error:
            raise UnusableError("undecodable", "UTF-16 with a broken character; send UTF-8") from error
    return raw.removeprefix(codecs.BOM_UTF8).lstrip(_BLANK)


class _Element:
    """One open XML element."""

    __slots__ = ("children", "name", "texts")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        # Type and nil of the schema's instance say nothing of the value: a nil element is an empty one.
        told = {key: value for key, value in attributes.items() if not key.startswith(_INSTANCE)}
        self.children: Fields = {f"@{_local(key)}": value for key, value in told.items()}
        self.texts: list[str] = []

    def value(self) -> object:
        text = "".join(self.texts).strip()
        if not self.children:
            return text
        if text:
            self.children["#text"] = text
        return self.children

    def add(self, name: str, value: object) -> None:
        known = self.children.get(name)
        if known is None:
            self.children[name] = value
        elif isinstance(known, list):
            known.append(value)
        else:
            self.children[name] = [known, value]


class _Builder:
    """Parser target that builds dicts with a stack: no recursion, so depth is only a number."""

    def __init__(self) -> None:
        self._open = [_Element("", {})]

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._open) > MAX_DEPTH:
            raise UnusableError("undecodable", f"XML is nested deeper than {MAX_DEPTH} at <{_local(tag)[:40]}>")
        self._open.append(_Element(_local(tag), attributes))

    def data(self, text: str) -> None:
        self._open[-1].texts.append(text)

    def end(self, tag: str) -> None:
        done = self._open.pop()
        self._open[-1].add(done.name, done.value())

    def close(self) -> Fields:
        return self._open[0].children


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].rpartition(":")[2]


def _xml(raw: bytes) -> Fields:
    # DTDs and entities are refused outright: no carrier needs them, and they are how XML bombs are made.
    builder = _Builder()
    # A text made as UTF-16 and sent as UTF-8 still says utf-16 in its first line.
    encoding = "utf-8" if _SAYS_UTF16.match(raw) else None
    parser = DefusedXMLParser(
        target=builder, encoding=encoding, forbid_dtd=True, forbid_entities=True, forbid_external=True
    )
    try:
        parser.feed(raw)
        parser.close()
    except DefusedXmlException as error:
        raise UnusableError(
            "undecodable", f"XML with {type(error).__name__}; send it without DTD and entities"
        ) from error
    except ParseError as error:
        line, column = error.position
        raise UnusableError(
            "undecodable", f"not XML at line {line} column {column}; send the body as it came"
        ) from error
    except (ValueError, LookupError) as error:
        raise UnusableError("undecodable", "XML in an encoding nobody here reads; send UTF-8") from error
    return builder.close()
