"""The engine's errors.

EngineError
├── UpstreamChanged   a method of Faust or aiokafka that the engine replaces is not the one it knows
├── RecordTooLarge    a record or row does not fit into one request to the broker
├── BrokenOrder       offsets were fetched and not delivered, or came twice
└── Stalled           the worker no longer works; only the watchdog names it
"""


class EngineError(Exception):
    """Base of everything the engine raises by itself."""


class UpstreamChanged(EngineError):
    """The installed Faust or aiokafka is not the one this engine was written against."""


class RecordTooLarge(EngineError):
    """A record or a row is larger than one request to the broker may be."""


class BrokenOrder(EngineError):
    """A partition's records came with a step back or after a batch that was dropped."""


class Stalled(EngineError):
    """A worker stands still, does not come out of recovery or does not answer; its supervisor should start another."""
