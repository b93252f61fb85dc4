"""What is remembered of a parcel's scans, and what they come to."""

from datetime import datetime

from msgspec import Struct


class Seen(Struct, frozen=True, array_like=True):
    """One scan, as much of it as folding the history again needs."""

    at: datetime
    """Where it stands in the history; for a scan without a clock time, where its day and its state put it."""
    index: int
    """Its place in the message that told it: settles equal times."""
    id: str
    occurred_at: datetime | None
    heard: datetime
    """When we first heard of it."""
    state: str | None
    reason: str | None
    flags: tuple[str, ...]
    direction: str
    mapped: bool
    quality: str
    code: str | None
    text: str | None
    place: str | None
    country: str | None
    estimate: datetime | None
    service_level: str | None
    version: str | None
    """Of the table that mapped it."""
    undoes: tuple[str, ...] = ()
    """Of a retraction: the states it can take back; empty means whatever came last."""
    estimate_heard: datetime | None = None
    """When the estimate was last told: the newest counts, earlier or later than the one before."""
    estimate_least: datetime | None = None
    """The earliest estimate that was ever told with this scan, where the newest is another."""

    @property
    def happened(self) -> datetime:
        """When it happened, or when we heard where the sender gave no time."""
        return self.occurred_at or self.heard


class Contradiction(Struct, frozen=True, omit_defaults=True):
    """Two scans that cannot both be true."""

    name: str
    at: datetime
    scan: str
    """What the scan that contradicts said: its state."""
    scan_id: str


class Lifecycle(Struct, omit_defaults=True):
    """Where the shipment is and how it got there: the fold of its scans in true order of occurrence."""

    state: str = "unknown"
    previous_state: str | None = None
    state_at: datetime | None = None
    state_quality: str = "offset"
    state_version: str | None = None
    """Of the table that mapped the scan which brought the state."""
    reason: str | None = None
    flags: tuple[str, ...] = ()
    direction: str = "outbound"
    labelled_at: datetime | None = None
    possessed_at: datetime | None = None
    """First possession by the carrier."""
    moved_at: datetime | None = None
    """Last scan that says where the parcel is, after possession."""
    moved_quality: str = "offset"
    attempts: tuple[datetime, ...] = ()
    """Scans of failed attempts; several on one local day are one attempt."""
    final_attempt: bool = False
    country: str | None = None
    """Of the last scan that named one."""
    origin: str | None = None
    """The country of the first scan that named one."""
    out_at: datetime | None = None
    delivered_at: datetime | None = None
    returning_at: datetime | None = None
    returned_at: datetime | None = None
    damaged_at: datetime | None = None
    refused_at: datetime | None = None
    contradictions: tuple[Contradiction, ...] = ()
    estimated_at: datetime | None = None
    """The carrier's latest estimate."""
    estimate_least: datetime | None = None
    """The earliest estimate the carrier has told: what people go by."""
    service_level: str | None = None
    earlier: int = 0
    """Parcels that ended under this number before this one."""
