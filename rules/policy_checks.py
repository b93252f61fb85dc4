"""What is wrong between the entries of a policy: gaps, disorder, ties, and what can never take effect."""

from collections.abc import Iterator
from itertools import product
from typing import Final

from rules.hours import is_quiet
from rules.policy import ALL, LAYERS, Entry, Policy, PolicyBook, Scope
from rules.policy_reading import PolicyFile
from rules.values import LEAVES

_OF_ORDERS: Final = frozenset(("not_shipped",))
_OF_CARRIERS: Final = frozenset(("feed_silent", "incident"))
"""Kinds of other subjects: an order has no carrier yet, and a carrier or an incident belongs to no storefront."""
_BY_CARRIER: Final = ("feed.", "incident.")
"""Values that are asked of a carrier as a whole."""
_SLOT: Final = ("messages.digest.enabled", "messages.digest.at", "messages.quiet.from", "messages.quiet.to")
"""Values that have to go together: a digest in the quiet hours would be held over each of its slots."""


def check_entries(file: PolicyFile, base: tuple[Entry, ...] = ()) -> None:
    """Add what is wrong between the file's entries, and those of the policy that it builds on, to its problems."""
    entries = (*base, *file.entries)
    if not base:
        _whole(file, file.entries[0])
    for number in range(len(base), len(entries)):
        entry, earlier = entries[number], entries[:number]
        # A candidate's days are not yet those of a promotion, so they may lie before those of the live policy.
        above = file.entries[: number - len(base)] if file.extends == "live" else earlier
        for what in (
            *_twice(entry, earlier),
            *_disorder(entry, tuple(above)),
            *_ties(entry, earlier),
            *_unreachable(entry),
        ):
            file.note(entry.line, what)
        for what in _revokes(entry, earlier, entries[0]):
            file.note(entry.line, what)
    if not file.problems:
        _slots_at_night(file, entries)


def crossings(entries: tuple[Entry, ...]) -> list[str]:
    """Pairs of entries whose scopes overlap while neither is within the other: no fault, but worth knowing who wins."""
    told = []
    for number, later in enumerate(entries):
        for earlier in entries[:number]:
            both = _both(earlier, later)
            if both and _cross(earlier.scope, later.scope) and _meet(earlier, later):
                winner = max(earlier, later, key=lambda entry: (*entry.scope.rank, entry.begins))
                paths = ", ".join(both)
                told.append(f"{earlier.version} and {later.version} both set {paths}: {winner.version} wins")
    return told


def _whole(file: PolicyFile, first: Entry) -> None:
    missing = sorted(LEAVES.keys() - first.values.keys())
    if missing:
        file.note(first.line, f"the first entry has to set every value; {', '.join(missing)} not set")
    if first.scope.named or first.until is not None:
        file.note(first.line, "the first entry is for everybody and for good: leave out `for` and `until`")


def _twice(entry: Entry, earlier: tuple[Entry, ...]) -> Iterator[str]:
    if entry.version in {one.version for one in earlier}:
        yield f"entry {entry.version} is there twice; give it another name or `from`"


def _disorder(entry: Entry, earlier: tuple[Entry, ...]) -> Iterator[str]:
    if entry.at is not None:
        if entry.begins < entry.at:
            yield f"entry {entry.version} begins before it was appended (`at`): what was decided cannot change"
        if any(one.at is not None and one.at > entry.at for one in earlier):
            yield f"entry {entry.version} was appended (`at`) before one above it; entries are only ever appended"
    elif earlier and entry.begins < max(one.begins for one in earlier):
        yield (
            f"entry {entry.version} begins before the one above it; entries are appended, so give it a later `from`,"
            " or say with `at` when it was appended"
        )


def _ties(entry: Entry, earlier: tuple[Entry, ...]) -> Iterator[str]:
    """Two entries of one scope and one beginning: nothing says which of them wins."""
    for other in earlier[1:]:  # the first is what everything else overrides
        both = _both(other, entry)
        if both and other.scope == entry.scope and other.begins == entry.begins and _meet(other, entry):
            yield (
                f"entries {other.version} and {entry.version} are for the same scope from the same time, and both set "
                f"{', '.join(both)}: let one begin later, or take it out of one"
            )


def _unreachable(entry: Entry) -> Iterator[str]:
    if entry.until is not None and entry.until <= entry.begins:
        yield f"entry {entry.version} ends before it begins, so it never holds"
    if not entry.sets and not entry.revokes:
        yield f"entry {entry.version} sets nothing"
    named = entry.scope.named
    apart = [path for path in entry.values if path.startswith(_BY_CARRIER)]
    if named.keys() - {"carrier"}:
        apart += [f"kinds.{kind}" for kind in entry.modes if kind in _OF_CARRIERS]
        if apart:
            yield f"{', '.join(apart)} concern a carrier as a whole: no storefront or service level reaches them"
    if named.keys() - {"storefront"} and _OF_ORDERS & entry.modes.keys():
        yield "kinds.not_shipped concerns orders that have no parcel yet: no carrier or service level reaches it"


def _revokes(entry: Entry, earlier: tuple[Entry, ...], first: Entry) -> Iterator[str]:
    known = {one.version for one in earlier}
    for version in entry.revokes:
        if version not in known:
            yield f"no entry above is called {version}; known are {', '.join(sorted(known))}"
        elif version == first.version:
            yield f"{version} is what everything builds on and cannot be revoked"


def _both(one: Entry, other: Entry) -> list[str]:
    """What both set."""
    paths = {path for path in one.sets if path in other.sets}
    if ALL in one.modes and other.modes:
        paths |= {f"kinds.{kind}" for kind in other.modes}
    if ALL in other.modes and one.modes:
        paths |= {f"kinds.{kind}" for kind in one.modes}
    return sorted(paths)


def _cross(one: Scope, other: Scope) -> bool:
    mine, theirs = one.named, other.named
    if any(mine[name] != theirs[name] for name in mine.keys() & theirs.keys()):
        return False
    return bool(mine.keys() - theirs.keys()) and bool(theirs.keys() - mine.keys())


def _meet(one: Entry, other: Entry) -> bool:
    """Whether there is a moment at which both hold."""
    begins = max(one.begins, other.begins)
    return all(entry.until is None or begins < entry.until for entry in (one, other))


def _slots_at_night(file: PolicyFile, entries: tuple[Entry, ...]) -> None:
    """Note where the digest's slot lies in the quiet hours, for whomever and whenever: they come from any layers."""
    book, asked = PolicyBook(entries, {}), [entry for entry in entries if any(path in entry.values for path in _SLOT)]
    names = {layer: sorted({entry.scope.named.get(layer, "") for entry in asked} - {""}) for layer in LAYERS}
    moments = sorted({entry.begins for entry in entries} | {entry.until for entry in entries if entry.until})
    told: set[str] = set()
    places = list(product(*([None, *names[layer]] for layer in LAYERS)))
    for moment, (storefront, carrier, level) in product(moments, places):
        policy = book.at(moment, carrier, storefront, level)
        what = _slot_at_night(policy)
        if what is not None and what not in told:
            told.add(what)
            setters = {policy.limit(path).path.removesuffix(f":{path}") for path in _SLOT}
            # The entry that came last is the one that brought them together.
            file.note(max((one.line for one in file.entries if one.version in setters), default=1), what)


def _slot_at_night(policy: Policy) -> str | None:
    enabled, at, begin, end = (policy.limit(path) for path in _SLOT)
    if not enabled.value or not is_quiet(at.value, begin.value, end.value):
        return None
    return (
        f"messages.digest.at {at.value:%H:%M} ({at.path}) lies in the quiet hours {begin.value:%H:%M} to "
        f"{end.value:%H:%M} ({begin.path}, {end.path}), so a digest could never go: let it lie outside them"
    )
