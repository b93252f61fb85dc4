"""Reads exceptions-support into a table of open cases. Needs Kafka's address, and confluent-kafka; nothing of Wismo."""

import json
import os
import sqlite3
import sys

from confluent_kafka import Consumer

db = sqlite3.connect(sys.argv[1] if len(sys.argv) > 1 else "subscriber.db")
db.execute("create table if not exists seen (event_id text primary key, subject_id text, sequence integer)")
db.execute("create table if not exists cases (dedup_key text primary key, state text, severity text, to_do text)")
OURS = {"damaged": "ask for photos", "attempt_failed": "offer a pickup point"}


def handle(event: dict) -> None:
    """Keep the row of a case as its last event says."""
    with db:  # the work and the memory of it in one transaction: both, or neither
        subject, sequence = event["subject_id"], event["sequence"]
        last = db.execute("select max(sequence) from seen where subject_id = ?", (subject,)).fetchone()[0]
        memory = db.execute("insert or ignore into seen values (?, ?, ?)", (event["event_id"], subject, sequence))
        if memory.rowcount == 0:
            return  # at least once: this very event came before
        if last is not None and sequence > last + 1:
            print(f"{subject}: events {last + 1} to {sequence - 1} are missing", file=sys.stderr)
        if event["resolved_by"] is not None:
            state = f"ended by {event['resolved_by']}"
        else:
            state = "open" if event["owner"] == "support" else f"handed over to {event['owner']}"
        to_do = OURS.get(event["kind"], event["next_action"])  # also for kinds that do not exist yet
        row = (event["dedup_key"], state, event["severity"], to_do)
        db.execute("insert or replace into cases values (?, ?, ?, ?)", row)
        print(event["change"], event["kind"], subject, event["severity"], state, flush=True)


consumer = Consumer(
    {
        "bootstrap.servers": os.environ["KAFKA_BOOTSTRAP_SERVERS"],
        "group.id": "my-support-desk",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "session.timeout.ms": 10_000,
        "partition.assignment.strategy": "range",  # the demo's broker knows no list of strategies
    }
)
consumer.subscribe(["exceptions-support"])
while True:
    message = consumer.poll(1.0)
    if message is None or message.error() or message.value() is None:
        continue  # Kafka's client mends errors of the network by itself
    handle(json.loads(message.value()))
    consumer.commit(message=message, asynchronous=False)  # only now: a crash before repeats, and never loses
