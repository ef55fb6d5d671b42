"""Reads a topic as anyone would: confluent-kafka's consumer and Avro deserializer, nothing of the hub's code.

Run as its own process: `stock_consumer.py --bootstrap HOST:PORT --topic TOPIC --registry URL --count N`; prints one
JSON object {"records": [{"key", "headers", "value"}]}. With `--values FILE` (a JSON list of {"topic", "hex"}) it
deserializes those values instead and needs no Kafka.

`--strategy TOPIC` is confluent-kafka's own setting `subject.name.strategy.type`. Without it the client first asks
for the topic's "associations", which only Confluent's registry has. Apicurio 3.3.3 answers 404, but now and then
that answer never arrives, and the client would wait for ever.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext


def main() -> int:
    """Exit code 0 when everything asked for was read, 1 when time ran out before."""
    options = _options()
    settings = {"subject.name.strategy.type": options.strategy} if options.strategy else {}
    deserialize = AvroDeserializer(SchemaRegistryClient({"url": options.registry}), conf=settings)
    if options.values:
        entries = json.loads(Path(options.values).read_text("utf-8"))
        records = [
            {
                "value": deserialize(
                    bytes.fromhex(one["hex"]), SerializationContext(one["topic"], MessageField.VALUE)
                )
            }
            for one in entries
        ]
        is_complete = True
    else:
        records = _consume(options, deserialize)
        is_complete = len(records) == options.count
    json.dump({"records": records}, sys.stdout, ensure_ascii=False, default=_plain)
    return 0 if is_complete else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bootstrap")
    parser.add_argument("--topic")
    parser.add_argument("--registry", required=True)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--values")
    parser.add_argument("--strategy")
    options = parser.parse_args()
    if not options.values and not (options.bootstrap and options.topic):
        parser.error("give --bootstrap and --topic, or --values")
    return options


def _consume(options: argparse.Namespace, deserialize: AvroDeserializer) -> list[dict[str, Any]]:
    consumer = Consumer(
        {
            "bootstrap.servers": options.bootstrap,
            "group.id": f"stock-consumer-{time.time_ns()}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
        }
    )
    consumer.subscribe([options.topic])
    records: list[dict[str, Any]] = []
    give_up_at = time.monotonic() + options.seconds
    try:
        while len(records) < options.count and time.monotonic() < give_up_at:
            message = consumer.poll(0.5)
            if message is None:
                continue
            if message.error():
                raise SystemExit(f"{message.error()}")
            records.append(
                {
                    "key": (message.key() or b"").decode(),
                    # A row of case.state carries its timer as eight bytes: not every header is text.
                    "headers": {name: value.decode("utf-8", "replace") for name, value in message.headers() or []},
                    "value": deserialize(
                        message.value(),
                        SerializationContext(message.topic(), MessageField.VALUE, message.headers()),
                    ),
                }
            )
    finally:
        consumer.close()
    return records


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"$hex": value.hex()}
    raise TypeError(type(value).__name__)


if __name__ == "__main__":
    sys.exit(main())
