"""Encodings, marks and schema attributes of the documents that senders really send."""

import codecs

import pytest

from rules.normalize.decode import UnusableError, decode, decode_json
from rules.normalize.reading import text

INSTANCE = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
UTF16 = '<?xml version="1.0" encoding="utf-16"?>'


@pytest.mark.parametrize(
    "raw",
    [
        "<a>Orléans</a>".encode(),
        codecs.BOM_UTF8 + b" \n" + "<a>Orléans</a>".encode(),
        '<?xml version="1.0" encoding="ISO-8859-1"?><a>Orléans</a>'.encode("latin-1"),
        "<?xml version='1.0' encoding='windows-1252'?><a>Orléans</a>".encode("cp1252"),
        f"{UTF16}<a>Orléans</a>".encode("utf-16"),
        f"{UTF16}<a>Orléans</a>".encode("utf-16-le"),
        f"{UTF16}<a>Orléans</a>".encode("utf-16-be"),
        f"{UTF16}<a>Orléans</a>".encode(),
        "<a><![CDATA[Orléans]]></a>".encode(),
        b"<a>Orl&#233;ans</a>",
        '<x:a xmlns:x="urn:x">Orléans</x:a>'.encode(),
    ],
)
def test_xml_reads_alike_in_every_encoding(raw: bytes) -> None:
    assert decode(raw) == {"a": "Orléans"}


@pytest.mark.parametrize("form", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_json_reads_alike_in_every_encoding(form: str) -> None:
    assert decode_json('{"a": "Orléans"}'.encode(form)) == {"a": "Orléans"}


def test_nil_and_type_of_the_schema_say_nothing() -> None:
    raw = f'<a {INSTANCE}><b xsi:nil="true"/><c xsi:type="xsd:string">t</c></a>'.encode()
    assert decode(raw) == {"a": {"b": "", "c": "t"}}


def test_the_text_of_an_element_with_attributes_is_its_text() -> None:
    found = decode(b'<a><b lang="en">Delivered</b><c lang="en"/></a>')
    assert isinstance(found, dict)
    assert isinstance(inner := found["a"], dict)
    assert (text(inner, "b"), text(inner, "c")) == ("Delivered", None)


def test_an_object_is_no_text() -> None:
    with pytest.raises(UnusableError, match=r"\$\.a is not a text"):
        text({"a": {"b": "c"}}, "a")


@pytest.mark.parametrize("raw", [b"<\0a", codecs.BOM_UTF16_LE + b"\0\xd8"])
def test_broken_utf16_is_refused_by_name(raw: bytes) -> None:
    with pytest.raises(UnusableError, match="UTF-16 with a broken character"):
        decode(raw)
