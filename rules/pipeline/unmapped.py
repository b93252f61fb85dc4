"""A message parked for unmapped codes, read again with the tables of today: which of them they know now."""

from dataclasses import dataclass

from rules.normalize import parse_scans
from schemas.codec import loads
from schemas.facts import Rejected, Scan


@dataclass(frozen=True, slots=True)
class Reread:
    """What today's tables make of a parked message."""

    unknown: tuple[Scan, ...] = ()
    """Scans that no table knows."""
    known: tuple[Scan, ...] = ()
    """Scans that no table knew when the message was parked, and one does now."""
    problem: str = ""
    """Why the message cannot be read today; then `codes` is all there is."""
    codes: tuple[str, ...] = ()
    """The codes it was parked for."""

    @property
    def ready(self) -> bool:
        """Whether a replay would change something: some code is known now, or nothing of it is unknown any more."""
        return not self.problem and (bool(self.known) or not self.unknown)

    @property
    def progress(self) -> str:
        """`all`, `partly` or `none` of its codes are known now."""
        if not self.ready:
            return "none"
        return "partly" if self.unknown else "all"


def reread(source: str, value: bytes | None, listed: str) -> Reread:
    """Read a parked message again; `listed` is its header `__wismo.errors.scan`."""
    codes = parked_codes(listed)
    parsed = parse_scans(source, value) if value is not None else None
    if parsed is None or isinstance(parsed, Rejected):
        return Reread(problem=parsed.message if parsed else "it has no value", codes=codes)
    unknown = tuple(scan for scan in parsed if not scan.mapped)
    # A code counts as known only when each of its scans is: a text may tell meanings of one code apart.
    still = {code_of(scan) for scan in unknown}
    since = set(codes) - still
    known = tuple(scan for scan in parsed if scan.mapped and code_of(scan) in since)
    return Reread(unknown, known, codes=codes)


def code_of(scan: Scan) -> str:
    """What a dead letter calls a scan by: its code, else its text."""
    return scan.code or scan.description or ""


def parked_codes(listed: str) -> tuple[str, ...]:
    """The codes of the header; one that was cut keeps those that came whole."""
    for text in (listed, listed.rpartition('","')[0] + '"]'):
        try:
            codes = loads(text.encode())
        except ValueError:
            continue
        if isinstance(codes, list):
            return tuple(code for code in codes if isinstance(code, str))
    return ()
