"""Recall and precision of every kind against the simulator's labels: `python -m bench.labels [--shipments N ...]`.

A label states the cause of a trouble, never a threshold. Counted is what shows in the data: a scan that tells of it, or
a silence past the shipped threshold, as `bench.label_truth` measures it without the kinds. One JSON line a kind on
standard output, a table on standard error; exit 1 where a message breaks one of the two absolute rules.
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bench.label_incidents import Where, cause_of, fits, shows, struck
from bench.label_reading import Read, read
from bench.label_truth import truth_of, unshipped
from cli.simulation import world
from cli.simulation.labels import line
from cli.simulation.presets import DEFAULT_START
from cli.simulation.recordings import lines
from cli.simulation.things import Trouble
from cli.simulation.timing import seconds
from rules.loading import load_policy
from rules.pipeline.replay import Replay
from schemas.codec import dumps, loads, parse_rfc3339
from schemas.facts import base_id
from schemas.recording import RawRecord, read_recording
from schemas.words import CUSTOMER_MESSAGES, KINDS, SHIPMENTS

Found = tuple[str, str]
"""A kind and a subject's id, without what tells parcels under one number apart."""
Places = dict[str, dict[Where, list[datetime]]]
"""By what struck many parcels: when they came to stand still, by the place where they were last seen."""
_EXAMPLES: Final = 5
_MOMENTS: Final = {"pickup_expiring": 2}
"""Topics that the catalogue gives more than one moment to speak: the reminder, and the end of the counter's time."""
_GREAT: Final = ("feed_silent", "incident")


@dataclass(slots=True)
class Told:
    """What the core said of a recording."""

    cases: dict[Found, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    hidden: set[Found] = field(default_factory=set)
    """What was found and kept back, because a greater case or an incident spoke for it."""
    sent: list[dict[str, Any]] = field(default_factory=list)


def simulated(shipments: int, days: int, seed: int) -> tuple[list[RawRecord], list[dict[str, Any]]]:
    """A recording and its labels."""
    troubles: list[Trouble] = []
    made = world.build(seed, seconds(parse_rfc3339(DEFAULT_START)), days)
    records = list(read_recording(lines(made, shipments, troubles.append)))
    return records, [line(trouble) for trouble in troubles]


def decided(records: Iterable[RawRecord]) -> Told:
    """Run the pure core."""
    told = Told()
    for out in Replay(load_policy()).run(records):
        value = loads(out.value) if out.value else {}
        if out.topic == CUSTOMER_MESSAGES and value["fate"] == "send":
            told.sent.append(value)
        elif out.topic == SHIPMENTS:
            told.hidden |= {(one["kind"], base_id(value["shipment_id"])) for one in value.get("suppressed_cases") or ()}
        elif out.topic.startswith("exceptions-") and value["change"] in ("opened", "reopened"):
            told.cases[value["kind"], base_id(value["subject_id"])].append(value)
    return told


def scores(found: Read, labels: list[dict[str, Any]], told: Told) -> Iterator[dict[str, Any]]:
    """One row a kind that has a label, a case or a cause in the data."""
    places = {cause: struck(cause, found, labels) for cause in ("storm", "hub_outage")}
    _name_incidents(labels, told, places)
    named: dict[str, set[str]] = defaultdict(set)
    for label in labels:
        named[label["kind"]].add(base_id(label["subject_id"]))
    cases: dict[str, set[str]] = defaultdict(set)
    for kind, subject in told.cases:
        cases[kind].add(subject)
    for kind in KINDS:
        surely, possibly = _great(kind, found, labels, places) if kind in _GREAT else _shown(kind, found)
        if named[kind] or cases[kind]:
            yield _row(kind, named[kind], cases[kind], (surely, possibly), told)


def _row(kind: str, named: set[str], cases: set[str], shown: tuple[set[str], set[str]], told: Told) -> dict[str, Any]:
    surely, possibly = shown
    hidden = {subject for one, subject in told.hidden if one == kind}
    due, known = named & surely, cases | hidden
    missed, natural = due - known, (cases - named) & possibly
    false = cases - named - possibly
    return {
        "kind": kind, "labels": len(named), "shows": len(due), "found": len(due & cases),
        "hidden": len((due & hidden) - cases), "missed": len(missed), "recall": _share(len(due & known), len(due)),
        "cases": len(cases), "by_label": len(cases & named), "natural": len(natural), "false": len(false),
        "precision": _share(len(cases) - len(false), len(cases)),
        "unlabelled_missed": len(surely - named - known),
        "missed_examples": sorted(missed)[:_EXAMPLES], "false_examples": sorted(false)[:_EXAMPLES],
        "unlabelled_examples": sorted(surely - named - known)[:_EXAMPLES],
    }  # fmt: skip


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _shown(kind: str, found: Read) -> tuple[set[str], set[str]]:
    truth = truth_of(found)
    if kind == "not_shipped":
        asked = {sale.order_id: unshipped(truth, sale) for sale in found.sales.values()}
    else:
        asked = {}
        for parcel in found.parcels.values():
            before, now = asked.get(base_id(parcel.shipment_id), (False, False)), truth.shows(kind, parcel)
            asked[base_id(parcel.shipment_id)] = (before[0] or now[0], before[1] or now[1])
    return {name for name, one in asked.items() if one[0]}, {name for name, one in asked.items() if one[1]}


def _great(kind: str, found: Read, labels: list[dict[str, Any]], places: Places) -> tuple[set[str], set[str]]:
    """Outages of feeds, and what strikes many parcels at once."""
    named = {one["subject_id"] for one in labels if one["kind"] == kind}
    if kind == "incident":
        return {one for one in named if shows(places[cause_of(one)], found)}, set()
    silence = truth_of(found).limits["feed.silence"]
    silent = {carrier for carrier in found.carriers if found.gaps(carrier) >= silence}
    # With few parcels under way a carrier is never called silent, and that is no miss.
    return silent & named, silent


def _name_incidents(labels: list[dict[str, Any]], told: Told, places: Places) -> None:
    """Ids of incidents are of our own making: a case is given the id of the label that it is of."""
    great = [one for one in labels if one["kind"] == "incident"]
    for kind, subject in [one for one in told.cases if one[0] == "incident"]:
        opened = told.cases[kind, subject]
        ids = [one["subject_id"] for one in great if fits(one, places[cause_of(one["subject_id"])], subject, opened)]
        if ids:
            told.cases.setdefault((kind, ids[0]), []).extend(told.cases.pop((kind, subject)))


def told_twice(sent: Iterable[dict[str, Any]]) -> list[str]:
    """Messages of one shipment, class, topic and episode that were sent more often than the topic has moments."""
    said = Counter((one["subject_id"], one["class"], one["about"], one["episode"]) for one in sent)
    return [
        f"{' '.join(map(str, one))}: sent {times} times"
        for one, times in said.items()
        if times > _MOMENTS.get(one[2], 1)
    ]


def sent_over_tickets(found: Read, sent: Iterable[dict[str, Any]]) -> list[str]:
    """Messages of another class than `critical` that were sent while a ticket on the order or the parcel was open."""
    broken = []
    for one in sent:
        names, at = {one["order_id"], one["tracking_number"]} - {None}, datetime.fromisoformat(one["received_at"])
        over = [
            asked
            for name in sorted(names)
            for asked in found.tickets_of.get(name, ())
            if asked.begins < at and (asked.ends is None or at < asked.ends)
        ]
        if over and one["class"] != "critical":
            broken.append(f"{one['subject_id']} {one['class']}/{one['about']} at {one['received_at']}: {over[0].name}")
    return broken


def measured(shipments: int, days: int, seed: int) -> tuple[list[dict[str, Any]], dict[str, list[str]]]:
    """Rows of all kinds, and what breaks the two absolute rules."""
    records, labels = simulated(shipments, days, seed)
    found, told = read(records), decided(records)
    for label in labels:
        if label["kind"] == "feed_silent":
            ends = parse_rfc3339(label["ends"]) if label["ends"] else found.last
            found.outages.setdefault(label["subject_id"], []).append((parse_rfc3339(label["begins"]), ends))
    broken = {"told_twice": told_twice(told.sent), "sent_over_tickets": sent_over_tickets(found, told.sent)}
    return list(scores(found, labels, told)), broken


def table(rows: Iterable[dict[str, Any]]) -> Table:
    """The rows for people."""
    columns = (
        "kind", "labels", "shows", "found", "hidden", "missed", "recall", "cases", "by_label", "natural", "false",
        "precision", "unlabelled_missed",
    )  # fmt: skip
    shown = Table(*columns, title="Kinds against labels: what shows in the data")
    for row in rows:
        shown.add_row(*("-" if row[column] is None else str(row[column]) for column in columns))
    return shown


def main() -> int:
    """Measure and print; 1 where a customer was told twice, or over an open ticket."""
    parser = argparse.ArgumentParser(prog="python -m bench.labels", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shipments", type=int, default=3000)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    rows, broken = measured(asked.shipments, asked.days, asked.seed)
    for row in rows:
        sys.stdout.buffer.write(dumps(row) + b"\n")
    for rule, examples in broken.items():
        found = {"rule": rule, "broken": len(examples), "examples": examples[:_EXAMPLES]}
        sys.stdout.buffer.write(dumps(found) + b"\n")
    Console(stderr=True, width=180).print(table(rows))
    return 1 if any(broken.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
