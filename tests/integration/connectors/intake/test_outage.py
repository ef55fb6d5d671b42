"""Intake while Kafka is away."""

import signal
import subprocess
import time
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from hub.cluster import EmbeddedKafka
from tests.integration.connectors.intake.conftest import PARTITIONS, Door


@pytest.mark.integration
def test_while_kafka_is_away_a_caller_is_told_within_ten_seconds(
    server: "subprocess.Popen[str]", kafka_broker: EmbeddedKafka, tmp_path: Path
) -> None:
    """503 with Retry-After and nothing lost: the message is taken when Kafka is back, and becomes one event."""
    topic = NewTopic("raw", num_partitions=PARTITIONS, replication_factor=1)
    admin = AdminClient({"bootstrap.servers": kafka_broker.bootstrap})
    admin.create_topics([topic])["raw"].result(30)
    door = Door(server, kafka_broker.bootstrap, "raw", tmp_path)
    door.open()
    try:
        assert door.post(1).status_code == 202
        kafka_broker.kill()
        began = time.monotonic()
        away = door.post(2)
        took = time.monotonic() - began
        kafka_broker.start()
        back = door.post(2)
        cases = sorted(event["source_case_id"] for event in door.unified()[0])
    finally:
        door.end(signal.SIGKILL)

    assert away.status_code == 503
    assert int(away.headers["retry-after"]) > 0
    assert took < 10
    assert back.status_code == 202
    assert cases == [f"HL{number:014d}" for number in (1, 2)]
