"""Planted bugs: the engine with one guard or one order taken out, and plans in which that should show.

The names are those of docs/reliability.md, where each known way to lose or double has a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from tests.simulation import planted
from tests.simulation.plan import Fault, Happening, Plan


@dataclass(frozen=True, slots=True)
class Plant:
    """A bug: what to replace, and how to bend a drawn plan so that the bug has its chance."""

    about: str
    replaced: dict[str, Any]
    bend: Callable[[Plan], Plan] = lambda plan: plan

    @contextmanager
    def planted(self) -> Iterator[None]:
        """The bug is in; only while the cluster runs, never while the oracle judges."""
        with ExitStack() as stack:
            for target, bug in self.replaced.items():
                stack.enter_context(patch(target, bug))
            yield


def _crash(moment: str, *, before: bool) -> Callable[[Plan], Plan]:
    def bent(plan: Plan) -> Plan:
        return replace(_alone(plan), faults=(Fault("crash", moment, 5 + plan.seed % 40, before=before),))

    return bent


def _alone(plan: Plan) -> Plan:
    """One worker and nothing from outside, so that only the bug and what is bent in can show."""
    return replace(plan, workers=1, faults=(), happenings=(), poison=(), lost_acks=0.0)


def _early_ack(plan: Plan) -> Plan:
    crash = Fault("crash", "commit", 1 + plan.seed % 5)
    return replace(_alone(plan), faults=(crash,), slow_partition=0, max_poll=4)


def _moved_back(plan: Plan) -> Plan:
    """Workers come and go: partitions move, and come back to who had them before."""
    comings = (("join", 1.0), ("join", 2.5), ("leave", 4.0), ("join", 5.5), ("leave", 7.0))
    happenings = tuple(
        Happening(what, at + plan.seed % 7 / 5, which=plan.seed + n) for n, (what, at) in enumerate(comings)
    )
    return replace(_alone(plan), workers=2, happenings=happenings, partitions=max(2, plan.partitions))


def _paused(plan: Plan) -> Plan:
    pause = Fault("freeze", "changelog", 8 + plan.seed % 30, seconds=14.0)
    return replace(_alone(plan), workers=2, faults=(pause,), partitions=max(2, plan.partitions), slow_partition=0)


def _paused_while_writing(plan: Plan, moment: str = "part") -> Plan:
    """Paused inside a write of rows in many requests, early enough that the successor changes those rows again."""
    pause = Fault("freeze", moment, 1 + plan.seed % 12, seconds=14.0)
    return replace(_paused(plan), faults=(pause,), batch_rows=1, max_poll=25, slow_partition=None)


def _split(plan: Plan) -> Plan:
    """Killed somewhere inside the many requests of large writes."""
    crash = Fault("crash", "changelog", 30 + 13 * plan.seed % 200, before=True)
    return replace(_alone(plan), faults=(crash,), batch_rows=2, max_poll=400)


def _failing_over(plan: Plan) -> Plan:
    return replace(_alone(plan), happenings=tuple(Happening("failover", 1.5 + n) for n in range(5)))


def _poisoned(plan: Plan) -> Plan:
    return replace(_alone(plan), poison=("router", "tracker"), max_poll=25)


PLANTS: dict[str, Plant] = {
    "w01": Plant(
        "after recovery the streams flow before the queues are cleared",
        {"streams.engine.recovery.EngineRecovery._flow": planted.flow_then_clear},
        _crash("output", before=False),
    ),
    "w02": Plant(
        "a batch whose handler raised is acked",
        {"streams.engine.slices.Decider.decide": planted.swallow_errors},
        _poisoned,
    ),
    "w03": Plant(
        "a batch is acked before its outputs and rows are durable",
        {"streams.engine.runner.Runner._process": planted.ack_first},
        _early_ack,
    ),
    "w04": Plant(
        "batches of a partition overlap, and the last ack counts for all before it",
        {
            "streams.engine.runner.Runner.submit": planted.run_at_once,
            "streams.engine.ledger.Ledger.ack": planted.ack_up_to,
        },
        _early_ack,
    ),
    "w05": Plant(
        "a record that cannot be read is passed over without a dead letter",
        {"rules.pipeline.hops.parked_letter": planted.no_letter, "rules.pipeline.hops.routed_outs": planted.only_whole},
        lambda plan: replace(_alone(plan), poison=("garbage",)),
    ),
    "w06": Plant(
        "a scan that was heard before counts once more",
        {"rules.intake.twin_of": lambda *args: None},
        _crash("commit", before=True),
    ),
    "w07": Plant(
        "the id of an event is not computed from its cause: a restarted worker gives others",
        {"streams.app.Handlers": planted.NumberedHandlers},
        _crash("changelog", before=True),
    ),
    "w08": Plant(
        "rows are durable before the outputs are",
        {"streams.engine.runner.Runner._process": planted.rows_first},
        _crash("output", before=True),
    ),
    "w09": Plant(
        "the local store is ahead of the changelog",
        {"streams.engine.runner.Runner._send_changelogs": planted.store_first},
        lambda plan: replace(_crash("changelog", before=True)(plan), store="rocksdb"),
    ),
    "w10": Plant(
        "a worker that was paused for longer than its session goes on writing",
        {"streams.engine.app.EngineApp.may_write": planted.write_anyway},
        _paused,
    ),
    "w11": Plant(
        "one copy is enough for an ack",
        {"streams.engine.producer.EngineProducer._settings_extra": lambda self: {"acks": 1}},
        _failing_over,
    ),
    "w12": Plant(
        "a producer's retry may write twice",
        {"streams.engine.producer.EngineProducer._settings_extra": lambda self: {"acks": "all"}},
        lambda plan: replace(_alone(plan), lost_acks=0.1),
    ),
    "fetch-races-seek": Plant(
        "a fetch may run through a seek",
        {"streams.engine.consumer.EngineConsumer._move": planted.move_without_waiting},
        _moved_back,
    ),
    "agenda-before-rows": Plant(
        "the agenda's changelog is written before the rows'",
        {"streams.engine.app.EngineApp.batch_agent": planted.tables_turned_round},
        _crash("changelog", before=True),
    ),
    "rows-kept": Plant(
        "a worker keeps the rows of a partition that others had meanwhile",
        {"streams.engine.stores.MemoryRows.drop": lambda self, partitions: None},
        lambda plan: replace(_moved_back(plan), store="memory"),
    ),
    "half-a-batch": Plant(
        "what a raising handler had written stays",
        {"streams.engine.overlay.Overlay.rollback": lambda self: None},
        _poisoned,
    ),
    "hole-too-early": Plant(
        "recovery ends where the client has read to, whether or not it has arrived",
        {"streams.engine.recovery.EngineRecovery._pass_hole": planted.pass_at_once},
        _moved_back,
    ),
    "removals-first": Plant(
        "of a write in several requests the removals may be durable and what they made room for not",
        {"streams.engine.tables.BatchTable.changelog_records": planted.removals_first},
        _split,
    ),
    "no-look-between": Plant(
        "between the requests of one write nobody asks whether the partition is still ours",
        {"streams.engine.app.EngineApp.write": planted.write_it_all},
        _paused_while_writing,
    ),
    "said-too-early": Plant(
        "what a router remembers of a batch counts before the batch is done",
        {"streams.heard.Heard.after": planted.said_at_once},
        _moved_back,
    ),
}

LIMITS: dict[str, Plant] = {
    "pause-before-the-request": Plant(
        "no bug: a pause between the last look at the lease and the request is beyond what a client can see",
        {},
        lambda plan: replace(_paused_while_writing(plan, "request"), pause_anywhere=True),
    ),
}
"""What the engine as it is does not withstand."""
