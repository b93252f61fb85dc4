"""`wismo up`: the whole service on this machine, fed with a recording."""

import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from cli.children import ChildError
from cli.decide import moment
from cli.drain import NotDrainedError, counts, output_ends, wait_drained
from cli.embedded import EmbeddedError, embedded_services
from cli.feed import Fed, Feeder, FeedError
from cli.output import FOUND, fail, line, messages, recording
from cli.service import Service, running_service
from cli.simulation.presets import demo_day
from cli.status import Status
from schemas.recording import RawRecord
from schemas.topics import load_topics
from sinks.kafka import KafkaUnavailableError, producer
from sinks.settings import Settings, SettingsError, load_settings, variable_of
from sinks.topics import ensure_topics, partition_count

DEMO_SPEED = 120.0
"""Record time over wall time: a day in twelve minutes."""
DEMO_SEED = 7


class _Stopped(Exception):  # noqa: N818 - a signal, not an error
    """SIGTERM: end as Ctrl-C does."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What `up` was asked to do."""

    records: list[RawRecord]
    until: datetime | None
    once: bool
    speed: float | None


def up(
    recording_file: Annotated[
        Path | None, typer.Option("--recording", metavar="FILE", help="JSON lines to feed; a simulated day by default.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Feed and run the clock up to this time (RFC 3339).")] = None,
    once: Annotated[bool, typer.Option("--once", help="Feed, wait until all is done, print a summary, end.")] = False,
    speed: Annotated[
        float | None, typer.Option(help="Record time over wall time. [default: 120; with --once: no limit]")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the simulated day.")] = DEMO_SEED,
) -> None:
    """Start the service: embedded unless KAFKA_BOOTSTRAP_SERVERS and REDIS_URL name real ones."""
    records = recording(recording_file) if recording_file else list(demo_day(seed))
    plan = Plan(records, moment(until, "--until"), once, speed or (None if once else DEMO_SPEED))
    signal.signal(signal.SIGTERM, _stop)
    # Started in the background by a shell, SIGINT would be ignored, and everything would be left running.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with _environment() as (settings, env, folder):
            _run(plan, settings, env, folder)
    except (KeyboardInterrupt, _Stopped):
        messages.print("\nstopped; nothing is left running")
    except (SettingsError, EmbeddedError, KafkaUnavailableError) as error:
        fail(str(error))
    except (ChildError, FeedError, NotDrainedError) as error:
        fail(str(error), FOUND)


@contextlib.contextmanager
def _environment() -> Iterator[tuple[Settings, dict[str, str], Path]]:
    """Settings of a service whose broker and Redis run: the ones named, else embedded ones."""
    asked = load_settings()
    folder = Path(tempfile.mkdtemp(prefix="wismo-")) if "data_dir" not in asked.model_fields_set else asked.data_dir
    folder.mkdir(parents=True, exist_ok=True)
    with embedded_services(
        folder, kafka=asked.kafka_bootstrap_servers is None, with_redis=asked.redis_url is None
    ) as services:
        env = {
            "KAFKA_BOOTSTRAP_SERVERS": asked.kafka_bootstrap_servers or services.bootstrap or "",
            "REDIS_URL": asked.redis_url or services.redis_url or "",
            "WISMO_DATA_DIR": str(folder),
            "WISMO_TICKER": "false",
            "WISMO_ORDER": "strict",
            "WISMO_WEBHOOK_ALLOW_PRIVATE_NETWORKS": "true",
        }
        if "digest_seconds" not in asked.model_fields_set:
            # A recording plays faster than its own time, and its partitions are never a minute apart.
            env[variable_of("digest_seconds")] = "5"
        # The processes run in the data folder, where a relative path would mean another file.
        for name in ("policy_file", "shadow_policy_file", "carrier_tables"):
            path: Path | None = getattr(asked, name)
            if path is not None:
                env[variable_of(name)] = str(path.resolve())
        if services.bootstrap is not None:
            # The embedded broker makes a new member wait for half the session of the old one.
            env["WISMO_SESSION_TIMEOUT_SECONDS"] = "6"
            messages.print("[dim]embedded broker: memory only, its data ends with this command[/]")
        settings = load_settings(
            kafka_bootstrap_servers=env["KAFKA_BOOTSTRAP_SERVERS"], redis_url=env["REDIS_URL"], data_dir=folder
        )
        messages.print(f"data and logs: {folder}")
        yield settings, env, folder


def _run(plan: Plan, settings: Settings, env: dict[str, str], folder: Path) -> None:
    partitions = partition_count(settings, load_topics())
    report = ensure_topics(settings, load_topics())
    for difference in report.differences:
        messages.print(f"[yellow]topics:[/] {difference}")
    _warn_of_retention(plan)
    before = output_ends(settings, partitions)
    port = settings.web_port if "web_port" in settings.model_fields_set else None
    with running_service(folder, env, port) as service:
        messages.print(f"board: [bold]{service.url}[/]  (Ctrl-C stops everything)")
        _tell_how_to_look(env)
        started = time.monotonic()
        feeder = Feeder(producer(settings), partitions, plan.speed)
        with Status(service, len(plan.records)) as status:
            fed = feeder.feed(plan.records, plan.until, status)
        if plan.once:
            wait_drained(service, settings, partitions, fed)
            _summary(fed, counts(before, output_ends(settings, partitions)), time.monotonic() - started)
            return
        _stay(feeder, service)


def _warn_of_retention(plan: Plan) -> None:
    """A real Kafka counts retention from the records' own times: it may delete a recording while it plays."""
    age = datetime.now(UTC) - plan.records[0].timestamp if plan.records else timedelta()
    kept = min(topic.retention for topic in load_topics().topics if topic.retention is not None)
    if "KAFKA_BOOTSTRAP_SERVERS" in os.environ and age > kept:
        messages.print(
            f"[yellow]retention:[/] the recording begins {age.days} days ago, the topics keep {kept.days}: "
            "this Kafka may delete its records while they play; raise retention.ms for a rehearsal"
        )


def _tell_how_to_look(env: dict[str, str]) -> None:
    names = ("KAFKA_BOOTSTRAP_SERVERS", "REDIS_URL")
    said = " ".join(f"{name}={env[name]}" for name in names)
    messages.print(f"[dim]from another terminal: {said} {sys.argv[0]} dlq list[/]")


def _stay(feeder: Feeder, service: Service) -> None:
    """Let the recording's clock go on at the pace of ours: what people do and send from now on has its effects."""
    messages.print("the recording has been fed; its clock goes on, the board stays up until Ctrl-C")
    while True:
        service.require_alive()
        time.sleep(1)
        feeder.pass_time(timedelta(seconds=1))


def _summary(fed: Fed, out: dict[str, int], seconds: float) -> None:
    dead = out.pop("dead-letters")
    line({"records_in": fed.records, "out": out, "dead_letters": dead, "seconds": round(seconds, 1)})


def _stop(_signal: int, _frame: object) -> None:
    raise _Stopped
