"""`python -m cli.carriers_doc [--check]`: writes docs/carriers.md from the senders' descriptions and their tables."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rules.normalize.senders import Coverage, Sender, coverage, load_senders

PAGE: Final = Path(__file__).parents[1] / "docs" / "carriers.md"
_HEAD: Final = """\
# Senders

Whose messages are understood, in which shapes, by which codes.
Generated from `rules/carriers/` by `python -m cli.carriers_doc`; `make check` fails where it is out of date.

A code that no table knows changes nothing, is counted, and its message is parked: see
[unmapped codes](runbook.md#unmapped-codes).
`info` rows change nothing; `silent` rows change nothing and say why (no record yet, number expired); a retraction
takes an earlier scan back.
`wismo check --carriers` prints these numbers with your own tables; its `--json` has the reasons that no row reaches.
"""


def page() -> str:
    """The whole page."""
    senders = load_senders()
    lines = [_HEAD, "## Scans", "", *_summary(senders.scans), ""]
    for source, sender in senders.scans.items():
        lines += [*_scans(sender, coverage(source, sender)), ""]
    for title, some in (("Orders", senders.orders), ("Tickets", senders.tickets)):
        lines += [f"## {title}", ""]
        for source, sender in some.items():
            lines += [f"### {source} ({title.lower()})", "", *_told(sender), ""]
    return "\n".join(lines).rstrip() + "\n"


def main(arguments: list[str]) -> int:
    """Write the page, or with --check say whether it is up to date (exit 1 where it is not)."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m cli.carriers_doc [--check]\n")
        return 2
    text = page()
    if not arguments:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
        sys.stderr.write("docs/carriers.md is out of date; run python -m cli.carriers_doc\n")
        return 1
    return 0


def _summary(senders: dict[str, Sender]) -> Iterator[str]:
    yield "| sender | shapes | codes | with a state | info | silent | retractions | left out | gaps |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for source, sender in senders.items():
        one = coverage(source, sender)
        numbers = (one.rows, sum(one.states.values()), one.informational, one.silent, one.retractions, one.left_out)
        cells = (f"[{source}](#{source})", len(sender.shapes), *numbers, len(sender.gaps))
        yield f"| {' | '.join(map(str, cells))} |"


def _scans(sender: Sender, one: Coverage) -> Iterator[str]:
    yield f"### {one.source}"
    yield ""
    yield from _told(sender)
    if not one.tables:
        return
    states = ", ".join(f"{state} {count}" for state, count in one.states.items())
    others = f"; also reads {', '.join(f'`{name}.csv`' for name in one.tables[1:])}" if one.tables[1:] else ""
    yield f"- codes: {one.rows} in `{one.tables[0]}.csv`{others}. By state: {states}"
    if one.unreached_states:
        yield f"- no code for: {', '.join(one.unreached_states)}"
    yield f"- checked: {one.oldest if one.oldest == one.newest else f'{one.oldest} to {one.newest}'}"
    yield f"- sources: {'; '.join(sorted(one.sources))}"
    for key, why in sender.left_out.items():
        yield f"- left out: `{key}`, {why}"


def _told(sender: Sender) -> Iterator[str]:
    for shape in sender.shapes:
        named = f": {', '.join(f'`{name}`' for name in shape.has)}" if shape.has else ""
        yield f"- shape: {shape.what}{named}"
    if sender.unseen:
        yield f"- no sample of an answer was at hand; the shapes are built from documented fields: {sender.unseen}"
    if sender.key:
        yield f"- key: {sender.key}"
    yield f"- times: {sender.times}"
    for gap in sender.gaps:
        yield f"- gap: {gap}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
