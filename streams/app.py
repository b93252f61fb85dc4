"""The worker's Faust app: four raw topics to facts, facts to decisions, three agents and their tables."""

import ssl
from typing import Any

import faust

from rules.loading import load_policy
from schemas.topics import load_topics
from schemas.words import LINK_EVENTS, RAW_TOPICS, SHIPMENT_EVENTS
from sinks.settings import Order, SecurityProtocol, Settings, StoreKind
from streams.carrier_tables import TableFiles
from streams.engine.app import EngineApp
from streams.engine.tp import TP
from streams.hops import DUE, LINKS, LINKS_DUE, SHIPMENTS, Handlers
from streams.metrics import Metrics
from streams.policies import PolicyFiles

APP_ID = "wismo"
"""Consumer group of the worker and prefix of its changelogs."""


class WorkerApp(EngineApp):
    """The engine's app, telling the handlers and the metrics what is done."""

    def __init__(self, handlers: Handlers, **options: Any) -> None:
        self._handlers = handlers
        super().__init__(APP_ID, **options)

    def book(self, tp: TP, *, records: int, seconds: float) -> None:
        """A batch has had all its effects and is acked."""
        super().book(tp, records=records, seconds=seconds)
        self._handlers.heard.done(tp.topic, tp.partition)
        self._handlers.metrics.finished(tp.topic, tp.partition)


def build_app(settings: Settings, metrics: Metrics) -> EngineApp:
    """Declare the worker's tables and agents; nothing connects yet."""
    files = PolicyFiles(load_policy, settings.policy_file, settings.shadow_policy_file)
    handlers = Handlers(
        partitions=partitions_of(settings),
        strict=settings.order is Order.STRICT,
        policy=files.books().live,
        metrics=metrics,
        files=files,
        tables=TableFiles(settings.carrier_files, settings.carrier_tables),
    )
    app = WorkerApp(handlers, **_options(settings))
    links, links_due = app.batch_table(LINKS), app.batch_table(LINKS_DUE, ordered=True)
    # The row of a reused number hands over to its parcels' rows: theirs have to stand first.
    shipments, due = app.batch_table(SHIPMENTS, parents_last=True), app.batch_table(DUE, ordered=True)
    app.batch_agent(RAW_TOPICS, handlers.route, name="router", poison=handlers.poison)
    # Rows before the agenda: a crash in between repeats steps that are known already and changes nothing; the other
    # way round an event that waited would be off the agenda before it is in its row.
    app.batch_agent([LINK_EVENTS], handlers.link, tables=[links, links_due], name="linker", poison=handlers.poison)
    app.batch_agent([SHIPMENT_EVENTS], handlers.track, tables=[shipments, due], name="tracker", poison=handlers.poison)
    return app


def partitions_of(settings: Settings) -> int:
    """The one partition count of all topics."""
    return settings.partitions or load_topics().partitions


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "broker": f"kafka://{settings.bootstrap.replace(',', ';kafka://')}",
        "broker_credentials": _credentials(settings),
        "store": "rocksdb://" if settings.store is StoreKind.ROCKSDB else "memory://",
        "broker_session_timeout": settings.session_timeout_seconds,
        "broker_heartbeat_interval": settings.session_timeout_seconds / 5,
        "datadir": str(settings.data_dir / "worker"),
        "topic_partitions": partitions_of(settings),
        "topic_replication_factor": settings.replication_factor,
    }


def _credentials(settings: Settings) -> Any:
    protocol = settings.kafka_security_protocol
    context = None
    if protocol in (SecurityProtocol.SSL, SecurityProtocol.SASL_SSL):
        context = ssl.create_default_context(cafile=settings.kafka_ssl_cafile)
        if settings.kafka_ssl_certfile is not None:
            context.load_cert_chain(settings.kafka_ssl_certfile, settings.kafka_ssl_keyfile)
    if protocol.sasl and settings.kafka_sasl_password is not None:
        return faust.SASLCredentials(
            username=settings.kafka_sasl_username,
            password=settings.kafka_sasl_password.get_secret_value(),
            mechanism=settings.kafka_sasl_mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context is not None else None
