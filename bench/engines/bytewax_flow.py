"""The same work as a Bytewax dataflow: keyed state, snapshots to its recovery store.

`python -m bench.engines.bytewax_flow BOOTSTRAP PARTITIONS MODE FOLDER`. Its sink cannot name a partition: records are
placed by key.
"""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSinkMessage, KafkaSource, KafkaSourceMessage
from bytewax.connectors.kafka import operators as kafka
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main

from bench.engines.work import STATEFUL, DictRows, Work, headers_of, millis, moment
from rules.pipeline.records import Out, Record
from schemas.words import RAW_TOPICS


def build(bootstrap: str, partitions: int, mode: str) -> Dataflow:
    work = Work(mode, partitions)
    flow = Dataflow("bench-bytewax")
    settings = {"linger.ms": "5", "acks": "all", "partitioner": "murmur2_random", "message.max.bytes": str(8 << 20)}

    def decide(state: dict[bytes, bytes] | None, message: Any) -> tuple[dict[bytes, bytes], list[Out]]:
        rows = {} if state is None else state
        return rows, work.decide([_record(message)], DictRows(rows))

    raw = op.input("raw", flow, KafkaSource([bootstrap], RAW_TOPICS, batch_size=1000))
    routed = op.flat_map("route", raw, lambda message: work.route([_record(message)]))
    streams = [routed]
    for name in STATEFUL:
        facts = op.input(name, flow, KafkaSource([bootstrap], [name], batch_size=1000))
        keyed = op.key_on(f"{name}-key", facts, lambda message: (message.key or b"-").decode())
        streams.append(op.key_rm(f"{name}-rm", op.stateful_flat_map(f"{name}-decide", keyed, decide)))
    messages = op.map("messages", op.merge("outs", *streams), _message)
    kafka.output("out", messages, brokers=[bootstrap], topic=None, add_config=settings)
    return flow


def _record(message: KafkaSourceMessage[Any, Any]) -> Record:
    place = (message.topic or "", message.partition or 0, message.offset or 0)
    when = moment(message.timestamp[1] if message.timestamp else 0)
    return Record(*place, when, message.key, message.value, tuple(message.headers or ()))


def _message(out: Out) -> KafkaSinkMessage[Any, Any]:
    return KafkaSinkMessage(out.key, out.value, out.topic, headers_of(out), timestamp=millis(out))


def main(bootstrap: str, partitions: str, mode: str, folder: str) -> None:
    recovery = Path(folder) / "bytewax"
    recovery.mkdir(parents=True, exist_ok=True)
    init_db_dir(recovery, 1)
    cli_main(
        build(bootstrap, int(partitions), mode),
        epoch_interval=timedelta(seconds=5),
        recovery_config=RecoveryConfig(str(recovery)),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
