"""`wismo topics`: what is declared, and whether a cluster has it."""

from typing import Annotated, NoReturn

import typer

from schemas.topics import Topic, load_topics
from sinks.kafka import KafkaUnavailableError
from sinks.settings import Settings, SettingsError, load_settings
from sinks.topics import TopicReport, check_topics, ensure_topics, partition_count

app = typer.Typer(help="The topics of the service: list, create, check.", no_args_is_help=True)

_FOUND_SOMETHING = 1
_BAD_USE = 2

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@app.command("list")
def list_topics(json: Json = False) -> None:
    """Print the declared topics; needs no cluster."""
    partitions = partition_count(_settings(), load_topics())
    for topic in load_topics().topics:
        typer.echo(topic.model_dump_json() if json else _row(topic, partitions))


@app.command("create")
def create() -> None:
    """Create the topics that are missing; say what differs. Nothing that exists is altered."""
    settings = _settings()
    try:
        report = ensure_topics(settings, load_topics())
    except (KafkaUnavailableError, SettingsError) as error:
        _fail(str(error))
    for name in report.created:
        typer.echo(f"created {name}")
    _conclude(report, f"{len(report.created)} created, {len(report.present)} already there")


@app.command("check")
def check() -> None:
    """Compare the cluster with what is declared; exit 1 where something differs."""
    settings = _settings()
    try:
        report = check_topics(settings, load_topics())
    except (KafkaUnavailableError, SettingsError) as error:
        _fail(str(error))
    _conclude(report, f"{len(report.present)} of {len(load_topics().topics)} topics present")


def _settings() -> Settings:
    try:
        return load_settings()
    except SettingsError as error:
        _fail(str(error))


def _conclude(report: TopicReport, summary: str) -> None:
    for difference in report.differences:
        typer.echo(str(difference))
    typer.echo(f"{summary}, {len(report.differences)} differences", err=True)
    if not report.ok:
        raise typer.Exit(_FOUND_SOMETHING)


def _row(topic: Topic, partitions: int) -> str:
    kept = "for good" if topic.retention is None else f"{topic.retention.days} days"
    what = f"{topic.contract} v{topic.version}, by {topic.key}"
    return f"{topic.name:<28}{partitions:>4}  {topic.cleanup:<8}{kept:<10}  {what}"


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(_BAD_USE)
