"""Quix Streams peer of `hub bench unify`: the hub's mapping on its engine, exactly-once, with its own store."""

import json
import sys

from quixstreams import Application
from quixstreams.kafka.configuration import ConnectionConfig

from connectors.sources.hotline import HOTLINE
from hub.domain.errors import Rejected
from hub.domain.identity import complete
from schemas.cloudevents import headers as cloudevents_headers
from schemas.codec import Codec


def main() -> None:
    """Run one process of the consumer group until told to stop."""
    job, slot = json.loads(sys.argv[1]), sys.argv[2]
    token_key = bytes.fromhex(job["token_key"])
    encode = Codec().encode
    application = Application(
        broker_address=ConnectionConfig(bootstrap_servers=job["bootstrap"]),
        consumer_group=job["marker"],
        processing_guarantee="exactly-once",
        commit_interval=1.0,
        auto_offset_reset="earliest",
        auto_create_topics=True,
        consumer_extra_config={"fetch.message.max.bytes": 4 * 1024 * 1024},
        producer_extra_config={"linger.ms": 20, "compression.type": "lz4"},
        state_dir=f"{job['folder']}/state-{slot}",
        use_changelog_topics=True,
        loglevel="WARNING",
    )
    source = application.topic(job["input"], key_deserializer="bytes", value_deserializer="bytes")
    events = application.topic(job["output"], key_serializer="bytes", value_serializer="bytes")
    letters = application.topic(job["dead"], key_serializer="bytes", value_serializer="bytes")

    def read(value: bytes, key: bytes, timestamp: int, headers: object) -> tuple[str, object]:
        try:
            (record,) = HOTLINE.split(value, {})
            event = complete(HOTLINE.map(record), token_key)
        except Rejected as error:
            return "letter", (error.reason, value)
        event["received_at"] = timestamp
        event["raw"] = {"topic": job["input"], "partition": 0, "offset": 0}
        return "event", event

    def is_new(read: tuple[str, object], state: object) -> bool:
        kind, event = read
        if kind == "letter":
            return True
        if state.get(event["event_id"]) is not None:
            return False
        state.set(event["event_id"], event["received_at"])
        return True

    def with_headers(
        read: tuple[str, object], key: bytes, timestamp: int, headers: object
    ) -> list[tuple[str, bytes]]:
        event = read[1]
        kind = f"hub.v1.CaseEvent.{event['kind']}"
        return cloudevents_headers(
            event["event_id"], kind, "/sources/hotline", event["occurred_at"], event["case_id"]
        )

    passed = application.dataframe(source).apply(read, metadata=True).filter(is_new, stateful=True)
    accepted = passed.filter(lambda read: read[0] == "event").set_headers(with_headers)
    accepted = accepted.apply(lambda read: encode("CaseEvent", read[1]))
    accepted.to_topic(events)
    passed.filter(lambda read: read[0] == "letter").apply(lambda read: read[1][1]).to_topic(letters)
    application.run()


if __name__ == "__main__":
    main()
