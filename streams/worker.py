"""`python -m streams.worker`: one worker with its metrics, health and ticker."""

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Collection

import faust
from prometheus_client import CollectorRegistry

from schemas.words import RAW_TOPICS
from sinks.health import Check, serve_health
from sinks.kafka import producer
from sinks.metrics import build_info
from sinks.progress import Progress
from sinks.settings import Settings, SettingsError, load_settings
from streams.app import APP_ID, build_app, partitions_of
from streams.engine.app import EngineApp
from streams.engine.tp import TP
from streams.engine.watchdog import Limits, Watchdog
from streams.metrics import LagCollector, Metrics
from streams.ticker import tick

_LOG = logging.getLogger("wismo.worker")


def main() -> int:
    """Run until stopped; exit code 2 where the settings cannot be used."""
    try:
        settings = load_settings()
        registry = CollectorRegistry()
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        metrics = Metrics(registry)
        app = build_app(settings, metrics)
    except (SettingsError, ValueError, OSError) as error:
        print(f"wismo worker: {error}", file=sys.stderr)
        return 2
    build_info(registry, "worker")
    registry.register(LagCollector(app))
    if settings.ticker:
        _add_ticker(app, settings)
    watchdog = _watchdog(app, settings, metrics)
    health = serve_health(settings.worker_metrics_port, _checks(app), registry, host=settings.metrics_host)
    try:
        faust.Worker(app, loglevel=settings.log_level.value).execute_from_commandline()
    finally:
        watchdog.stop()
        health.close()
    return 0


def _watchdog(app: EngineApp, settings: Settings, metrics: Metrics) -> Watchdog:
    """Looks at the app from the moment its loop runs, recovery included."""
    progress = Progress(settings, APP_ID)

    def reached(tps: Collection[TP]) -> dict[TP, tuple[int, int]]:
        return {TP(*place): found for place, found in progress.reached(tps).items()}

    limits = Limits(still=settings.stall_seconds, recovery=settings.recovery_limit_seconds)
    watchdog = Watchdog(app, reached, limits)
    metrics.stalled.set_function(lambda: watchdog.longest)
    app.on_before_first_start(watchdog.start)
    return watchdog


def _add_ticker(app: EngineApp, settings: Settings) -> None:
    """One worker of the group ticks: the one that reads the first partition. Two for a moment do no harm."""
    first = TP(RAW_TOPICS[0], 0)

    async def ticker() -> None:
        client = producer(settings)
        while not app.should_stop:
            if first in app.consumer.assignment():
                tick(client, partitions_of(settings))
            await asyncio.sleep(settings.mark_interval_seconds - time.time() % settings.mark_interval_seconds)

    app.task(ticker)


def _checks(app: EngineApp) -> dict[str, Callable[[], Check]]:
    # These run on the health thread: what Faust makes on first use must not be made there, hence the private names.
    def assigned() -> Check:
        well = app._consumer is not None and bool(app._consumer.assignment())
        return Check(well, "" if well else "no partition is assigned yet; wait for the group to settle")

    def recovered() -> Check:
        recovery = app.tables._recovery
        well = recovery is not None and recovery.completed.is_set()
        return Check(well, "" if well else "state is still being read back from the changelogs; wait")

    return {"assigned": assigned, "recovered": recovered}


if __name__ == "__main__":
    sys.exit(main())
