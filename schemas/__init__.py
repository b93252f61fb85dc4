"""Contracts: what travels on topics, and the words it uses. Knows nobody."""

from typing import Final

VERSION: Final = "0.1.0"
"""The version of this package, told on every dead letter: whether a replay is worth trying."""
