"""What Kafka is told."""

import base64
import uuid
from pathlib import Path

from hub.cluster.properties import new_cluster_id, server_properties, write_properties


def test_a_cluster_id_is_one_that_kafka_takes() -> None:
    """16 bytes in URL-safe base64 without padding, different each time, and known as a hub's."""
    ids = {new_cluster_id() for _ in range(100)}

    assert len(ids) == 100
    for text in ids:
        decoded = base64.urlsafe_b64decode(text + "==")
        assert uuid.UUID(bytes=decoded)
        assert base64.urlsafe_b64encode(decoded).decode().rstrip("=") == text
        assert text.startswith("WhistleHub")


def test_the_broker_listens_on_this_machine_only() -> None:
    """Raw topics hold callers' data: the embedded Kafka is not for the network."""
    listeners = server_properties(Path("/data"), 19092, 19093)["listeners"].split(",")

    assert listeners == ["BROKER://127.0.0.1:19092", "CONTROLLER://127.0.0.1:19093"]


def test_every_catalogued_size_fits_the_broker() -> None:
    """The largest message of the catalogue passes the broker's own limit."""
    from hub.settings import load
    from hub.topics import catalogue

    limit = int(server_properties(Path("/data"), 1, 2)["message.max.bytes"])

    assert max(topic.max_message_bytes for topic in catalogue(load().topics_file).topics) < limit


def test_any_path_survives_the_file(tmp_path: Path) -> None:
    """Java reads Latin-1 and takes a backslash for an escape; whatever is not ASCII is written as one."""
    write_properties(tmp_path / "p", {"log.dirs": "C:\\data", "b": "/家/𠮷"})

    assert (tmp_path / "p").read_text() == "log.dirs=C:\\\\data\nb=/\\u5bb6/\\ud842\\udfb7\n"
