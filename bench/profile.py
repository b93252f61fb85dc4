"""Where the core's time goes: samples of the stack by CPU time, summed by what each part is for."""

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Final

from bench.ground import recording
from bench.process import ROOT
from bench.results import say
from rules.loading import load_policy
from rules.pipeline.replay import Replay

COMMAND: Final = "python -m bench profile"
EVERY: Final = 0.001
GROUPS: Final = (
    ("reading senders' messages", ("rules/normalize/",)),
    ("facts and links of a message", ("rules/pipeline/route.py", "rules/pipeline/park.py")),
    (
        "joining orders, tickets and numbers",
        ("rules/pipeline/link.py", "rules/pipeline/entries.py", "rules/merging.py"),
    ),
    ("feeds, places and incidents", ("rules/pipeline/fleet/",)),
    ("history and state", ("rules/history.py", "rules/intake.py", "rules/lifecycle.py", "rules/retractions.py")),
    ("the kinds of exception", ("rules/kinds/", "rules/situation.py", "rules/calendar.py", "rules/feeds.py")),
    ("cases and their scores", ("rules/cases.py", "rules/scoring.py", "rules/case_events.py", "rules/owners.py")),
    ("messages to customers", ("rules/messages.py", "rules/fates.py", "rules/texts.py", "rules/message_events.py")),
    ("clock and agenda", ("rules/pipeline/clock.py", "rules/pipeline/memory.py")),
    ("events and their bytes", ("rules/emission.py", "rules/updates.py", "rules/pipeline/hops.py")),
)
"""The first group that one of the innermost files belongs to; the rest is the frame around them."""
_REST: Final = "decisions, rows and the way between them"


def measure(shipments: int = 3000) -> None:
    """Say the share of each part, and of the dearest single functions."""
    records, policy = recording(shipments), load_policy(None)
    stacks = sampled(lambda: list(Replay(policy).run(records)))
    total = len(stacks)
    groups = Counter(_group(stack) for stack in stacks)
    own = Counter(stack[0] for stack in stacks if stack and not stack[0].startswith("bench/"))
    say(
        "profile",
        COMMAND,
        records=len(records),
        samples=total,
        percent={name: 100 * count / total for name, count in groups.most_common()},
        percent_of_functions={name: 100 * count / total for name, count in own.most_common(12)},
    )


def sampled(work: Callable[[], object]) -> list[tuple[str, ...]]:
    """The stacks met while working, innermost first, of files of this project."""
    stacks: list[tuple[str, ...]] = []

    def note(_signal: int, frame: FrameType | None) -> None:
        stacks.append(tuple(_own(frame)))

    before = signal.signal(signal.SIGPROF, note)
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    try:
        work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    return stacks


def _own(frame: FrameType | None) -> Iterator[str]:
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT) and ".venv" not in path.parts:
            yield f"{path.relative_to(ROOT)}:{frame.f_code.co_qualname}"
        frame = frame.f_back


def _group(stack: tuple[str, ...]) -> str:
    """What the innermost frame is for; what serves everybody counts for whoever called it."""
    for place in stack:
        for name, files in GROUPS:
            if place.startswith(files):
                return name
        if place.startswith("rules/"):
            return _REST
    return _REST
