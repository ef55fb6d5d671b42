"""faust-streaming peer of `hub bench unify`: the hub's mapping in an agent, ids of events in a table."""

import json
import sys
from pathlib import Path

import faust

from connectors.sources.hotline import HOTLINE
from hub.domain.errors import Rejected
from hub.domain.identity import complete
from schemas.cloudevents import headers as cloudevents_headers
from schemas.codec import Codec


def application(job: dict, slot: str) -> faust.App:
    """The Faust application of one process of the consumer group."""
    app = faust.App(
        job["marker"],
        broker=f"kafka://{job['bootstrap']}",
        store="rocksdb://?driver=rocksdict",
        datadir=f"{job['folder']}/state-{slot}",
        topic_partitions=6,
        topic_replication_factor=1,
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=1.0,
        stream_buffer_maxsize=16384,
        broker_max_poll_records=1000,
        producer_linger=0.02,
        producer_max_batch_size=262144,
        producer_acks=-1,
        web_enabled=False,
        key_serializer="raw",
        value_serializer="raw",
    )
    token_key = bytes.fromhex(job["token_key"])
    encode = Codec().encode
    raw = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
    source = app.topic(job["input"], **raw)
    events = app.topic(job["output"], **raw)
    letters = app.topic(job["dead"], **raw)
    seen = app.Table("seen", partitions=6, key_type=bytes, value_type=bytes)

    @app.agent(source, concurrency=1)
    async def unify(stream: faust.StreamT) -> None:
        async for message in stream.events():
            try:
                (record,) = HOTLINE.split(message.value, {})
                event = complete(HOTLINE.map(record), token_key)
            except Rejected:
                await letters.send(key=message.key, value=message.value)
                continue
            event_id = event["event_id"].encode()
            if event_id in seen:
                continue
            at = message.message
            event["received_at"] = int(at.timestamp * 1000)
            event["raw"] = {"topic": at.topic, "partition": at.partition, "offset": at.offset}
            seen[event_id] = str(event["received_at"]).encode()
            kind = f"hub.v1.CaseEvent.{event['kind']}"
            headers = cloudevents_headers(
                event["event_id"], kind, "/sources/hotline", event["occurred_at"], event["case_id"]
            )
            await events.send(
                key=event["case_id"].encode(), value=encode("CaseEvent", event), headers=dict(headers)
            )

    return app


def main() -> None:
    """Run one process until told to stop."""
    job, slot = json.loads(sys.argv[1]), sys.argv[2]
    app = application(job, slot)
    Path(app.conf.datadir).mkdir(parents=True, exist_ok=True)
    app.Worker(loglevel="WARNING").execute_from_commandline()


if __name__ == "__main__":
    main()
