"""Refuses to start on a Faust or aiokafka whose replaced methods are not the known ones."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version

from streams.engine.errors import UpstreamChanged

VERSIONS: Mapping[str, str] = {
    "faust-streaming": "0.15.3",
    "mode-streaming": "0.7.1",
    "aiokafka": "0.14.0",
}

HASHES: Mapping[str, str] = {}


def digest(path: str) -> str:
    """Return the hash of the source of `module:Class.method`."""
    module, _, name = path.partition(":")
    found: object = import_module(module)
    for part in name.split("."):
        found = inspect.getattr_static(found, part)
    if isinstance(found, property):
        found = found.fget
    return hashlib.sha256(inspect.getsource(found).encode()).hexdigest()[:16]


def check_upstream(versions: Mapping[str, str] = VERSIONS, hashes: Mapping[str, str] = HASHES) -> None:
    """Compare what is installed with what the engine replaces.

    Raises:
        UpstreamChanged: naming each package or method that differs.
    """
    wrong = [
        f"{name} {version(name)} is installed, {known} is known"
        for name, known in versions.items()
        if version(name) != known
    ]
    wrong += [f"{path} has changed" for path, known in hashes.items() if _digest_or_none(path) != known]
    if wrong:
        raise UpstreamChanged(
            "the engine replaces methods it no longer knows; compare them and renew"
            f" streams/engine/guards.py: {'; '.join(wrong)}"
        )


def _digest_or_none(path: str) -> str | None:
    try:
        return digest(path)
    except (AttributeError, ImportError, TypeError, OSError):
        return None
