"""Works off a department's dispatches, each once: read_committed, then work and ce_id in one transaction.

pip install "confluent-kafka[avro,schemaregistry]"
hub schemas serve --port 8081 &
python consumer.py --topic dispatch.county --group housing-bureau
"""

import argparse
import json
import sqlite3
import sys
import time
from typing import Any

from confluent_kafka import Consumer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext


def main() -> None:
    """Read until interrupted, or until nothing has come for `--idle` seconds."""
    options = parse()
    # The client would first ask for "associations", which Confluent's own registry alone has.
    strategy = {"subject.name.strategy.type": "TOPIC"}
    read = AvroDeserializer(SchemaRegistryClient({"url": options.registry}), conf=strategy)
    consumer = Consumer(
        {
            "bootstrap.servers": options.bootstrap,
            "group.id": options.group,
            # What a transaction of the hub has aborted is not shown.
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            # Offsets are committed after the work: what was under way at a crash comes again.
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([options.topic])
    base = sqlite3.connect(options.database)
    base.execute("CREATE TABLE IF NOT EXISTS done (ce_id TEXT PRIMARY KEY)")
    base.execute("CREATE TABLE IF NOT EXISTS work (case_id TEXT, dispatch_id TEXT, action TEXT, unit TEXT)")
    last = time.monotonic()
    try:
        while not options.idle or time.monotonic() - last < options.idle:
            message = consumer.poll(0.5)
            if message is None:
                continue
            if message.error():
                sys.exit(str(message.error()))
            last = time.monotonic()
            context = SerializationContext(message.topic(), MessageField.VALUE)
            work_off(base, dict(message.headers())["ce_id"].decode(), read(message.value(), context))
            consumer.commit(message, asynchronous=False)
    except KeyboardInterrupt:
        pass
    finally:
        consumer.close()


def work_off(base: sqlite3.Connection, ce_id: str, dispatch: dict[str, Any]) -> None:
    """The work and the id stand together or not at all; a record that comes again changes nothing."""
    with base:
        is_new = base.execute("INSERT OR IGNORE INTO done VALUES (?)", (ce_id,)).rowcount == 1
        if is_new:
            row = tuple(dispatch[name] for name in ("case_id", "dispatch_id", "action", "unit"))
            base.execute("INSERT INTO work VALUES (?, ?, ?, ?)", row)
    print(json.dumps({"ce_id": ce_id, "case_id": dispatch["case_id"], "new": is_new}), flush=True)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", default="127.0.0.1:19092")
    parser.add_argument("--registry", default="http://127.0.0.1:8081")
    parser.add_argument("--topic", default="dispatch.county")
    parser.add_argument("--group", default="example-python")
    parser.add_argument("--database", default="department.db")
    parser.add_argument("--idle", type=float, default=0, help="end after so many seconds without a record")
    return parser.parse_args()


if __name__ == "__main__":
    main()
