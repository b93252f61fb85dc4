"""Reads fields of a sender's document: absent is None, a wrong type is refused with its path."""

from rules.normalize.decode import Fields, UnusableError

NOTHING: Fields = {}
MAX_TEXT = 300


def text(fields: Fields, key: str, path: str = "$") -> str | None:
    """A text or whole number as text, trimmed; None where absent or blank."""
    value = fields.get(key)
    if type(value) is str:
        return value.strip()[:MAX_TEXT] or None
    return None if value is None else _odd_text(value, key, path)


def several(fields: Fields, keys: tuple[str, ...], path: str = "$") -> list[str | None]:
    """The texts of several keys at once, each as `text` reads it."""
    found: list[str | None] = []
    for key in keys:
        value = fields.get(key)
        if type(value) is str:
            found.append(value.strip()[:MAX_TEXT] or None)
        else:
            found.append(None if value is None else _odd_text(value, key, path))
    return found


def _odd_text(value: object, key: str, path: str) -> str | None:
    """The text of what is no plain one: an XML element with attributes, or a whole number."""
    if isinstance(value, dict):
        value = _content(value, path, key)
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip()[:MAX_TEXT] or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    # A fraction is refused too: a number of more than 19 digits arrives as one, with its last digits lost.
    raise wrong(path, key, "a text")


def _content(element: Fields, path: str, key: str) -> object:
    """The text of an XML element that has attributes too; None where it has only those."""
    if not element or not all(name[:1] in "@#" for name in element):
        raise wrong(path, key, "a text")
    return element.get("#text")


def flag(fields: Fields, key: str) -> bool | None:
    """Yes or no; a template writes it as a text. None where it is neither."""
    value = fields.get(key)
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def fields(parent: Fields, key: str, path: str = "$") -> Fields:
    """An object; empty where absent, null or (an empty XML element) a blank text."""
    value = parent.get(key)
    if type(value) is dict:
        return value
    if not value and (value is None or isinstance(value, str | list)):
        return NOTHING
    raise wrong(path, key, "an object")


def items(parent: Fields, key: str, path: str = "$") -> list[Fields]:
    """A list of objects; senders write a list of one as the object itself."""
    value = parent.get(key)
    if isinstance(value, dict):
        return [value]
    if value is None or value == "":
        return []
    if isinstance(value, list):
        return objects(value, f"{path}.{key}")
    raise wrong(path, key, "a list")


def objects(values: list[object], path: str) -> list[Fields]:
    """The same list, known to hold objects only; blanks and nulls are left out."""
    kept: list[Fields] = []
    for value in values:
        if isinstance(value, dict):
            kept.append(value)
        elif value is not None and value != "":
            raise UnusableError("schema_invalid", f"{path}[] is not an object; send the sender's body as it came")
    return kept


def texts(parent: Fields, key: str, path: str = "$") -> list[str]:
    """A list of texts or numbers, blanks left out; a single one counts as a list of one."""
    value = parent.get(key)
    if not isinstance(value, list):
        single = text(parent, key, path)
        return [single] if single else []
    kept = [text({key: one}, key, path) for one in value]
    return [one for one in kept if one]


def wrong(path: str, key: str, expected: str) -> UnusableError:
    """The refusal of a field with a wrong type."""
    return UnusableError("schema_invalid", f"{path}.{key} is not {expected}; send the sender's body as it came")
