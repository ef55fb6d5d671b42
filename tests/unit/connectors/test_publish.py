"""The way into the raw topics, before Kafka: which message a payload becomes, and which error a failure."""

import gzip
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kafka.errors import KafkaTimeoutError

from connectors import publish
from connectors.publish import RawPublisher
from connectors.sources import SOURCES
from hub.domain.errors import Unavailable

HOTLINE, GRID = SOURCES["hotline"], SOURCES["grid"]
ROWS = "上报编号,上报时间,事件描述\nWG1,2026-11-20 08:00,一\nWG2,2026-11-20 08:00,二\n".encode()


class Delivery:
    """Stands for kafka-python's future of one record."""

    def __init__(self, metadata: Any, failure: Exception | None) -> None:
        self._metadata = metadata
        self._failure = failure

    def get(self, timeout: float) -> Any:
        if self._failure is not None:
            raise self._failure
        return self._metadata


@dataclass
class Kafka:
    """Stands for kafka-python's producer: keeps what it is given and acknowledges at once."""

    sent: list[tuple[str, bytes | None, bytes, dict[str, bytes]]] = field(default_factory=list)
    failure: Exception | None = None

    def send(self, topic: str, *, value: bytes, key: bytes | None, headers: list[tuple[str, bytes]]) -> Delivery:
        metadata = SimpleNamespace(topic=topic, partition=0, offset=len(self.sent))
        self.sent.append((topic, key, value, dict(headers)))
        return Delivery(metadata, self.failure)

    def flush(self, timeout: float) -> None:
        if self.failure is not None:
            raise self.failure

    def close(self, timeout: float) -> None:
        pass


@pytest.fixture
def kafka(monkeypatch) -> Kafka:
    """Where the publisher's producer leads."""
    kafka = Kafka()
    monkeypatch.setattr(publish, "KafkaProducer", lambda **_: kafka)
    return kafka


@pytest.fixture
def publisher(kafka, tmp_path: Path) -> RawPublisher:
    """A publisher at half past the epoch."""
    return RawPublisher(
        "127.0.0.1:1",
        raw_topic=lambda source: f"raw.{source}",
        dead_letters="dead.letters",
        quarantine=tmp_path / "quarantine",
        now_ms=lambda: 1_800_000,
        connector="test",
    )


def test_a_batch_becomes_one_message_a_record_under_its_case_id(publisher, kafka):
    """Key, transport headers, and a message id that is the same for the same bytes."""
    first = [one.wait() for one in publisher.publish(GRID, ROWS, {"content-type": "text/csv"})]
    again = [one.wait() for one in publisher.publish(GRID, ROWS, {"content-type": "text/csv"})]

    assert [(one.record, one.key, one.topic) for one in first] == [(1, "WG1", "raw.grid"), (2, "WG2", "raw.grid")]
    (_, key, _, one), (_, _, _, two), (_, _, _, resent), _ = kafka.sent
    assert key == b"WG1"
    assert (one["received-at"], one["connector"]) == (b"1800000", b"test")
    assert one["message-id"] == resent["message-id"] != two["message-id"]
    assert [place.offset for place in again] == [2, 3]


def test_what_the_edge_says_wins_over_what_a_source_claims(publisher, kafka):
    """A sender cannot set the instant of receipt."""
    publisher.publish(HOTLINE, b"{", {"received-at": "1", "connector": "other", "x-own": "kept"})

    (_, _, _, headers) = kafka.sent[0]
    assert (headers["received-at"], headers["connector"], headers["x-own"]) == (b"1800000", b"test", b"kept")


def test_a_payload_that_cannot_be_split_goes_as_it_is(publisher, kafka):
    """unify makes the letter; the sender is told the reason at once."""
    (pending,) = publisher.publish(HOTLINE, b'{"orderId": ', {"content-type": "application/json"})

    assert pending.wait().reason == "malformed_json"
    assert kafka.sent[0][:3] == ("raw.hotline", None, b'{"orderId": ')


def test_a_large_payload_that_cannot_be_split_stays_in_quarantine(publisher, kafka, tmp_path):
    """Over 1 MiB: a file named by its digest, and the letter with reason, length and digest."""
    payload = b"[" + b" " * 1_100_000
    digest = hashlib.sha256(payload).hexdigest()

    (pending,) = publisher.publish(HOTLINE, payload, {})

    topic, _, value, headers = kafka.sent[0]
    assert (topic, value, pending.wait().reason) == ("dead.letters", b"", "oversized")
    assert (headers["quarantine-length"], headers["quarantine-sha256"]) == (b"1100001", digest.encode())
    assert (headers["reason"], headers["stage"], headers["source"]) == (b"oversized", b"edge", b"hotline")
    assert (tmp_path / "quarantine" / digest).read_bytes() == payload


def test_a_file_beyond_the_limit_is_copied_and_not_read(publisher, kafka, tmp_path):
    """Refused with its length; nothing but the quarantined file is left in the folder."""
    file = tmp_path / "large.json"
    file.write_bytes(b"x" * 3_000_000)

    with file.open("rb") as content:
        publisher.refuse_file(HOTLINE, content)

    digest = hashlib.sha256(b"x" * 3_000_000).hexdigest()
    assert [one.name for one in (tmp_path / "quarantine").iterdir()] == [digest]
    assert kafka.sent[0][3]["quarantine-length"] == b"3000000"


def test_a_compressed_payload_is_split_like_a_plain_one(publisher, kafka):
    """The records go on plain: no record needs its batch's compression."""
    publisher.publish(GRID, gzip.compress(ROWS), {"content-type": "text/csv", "content-encoding": "gzip"})

    assert [key for _, key, _, _ in kafka.sent] == [b"WG1", b"WG2"]
    assert not [headers for *_, headers in kafka.sent if "content-encoding" in headers]


def test_a_damaged_compression_keeps_its_encoding(publisher, kafka):
    """unify must see the same bytes with the same headers to come to the same reason."""
    (pending,) = publisher.publish(GRID, gzip.compress(ROWS)[:20], {"content-encoding": "gzip"})

    assert pending.wait().reason == "wrong_encoding"
    assert kafka.sent[0][3]["content-encoding"] == b"gzip"


def test_nothing_is_acknowledged_that_kafka_did_not_take(publisher, kafka):
    """A failed record and a failed flush are `Unavailable`: the source keeps its file."""
    kafka.failure = KafkaTimeoutError("60 s")
    (pending,) = publisher.publish(HOTLINE, b"{", {})

    with pytest.raises(Unavailable, match="send the file again"):
        pending.wait()
    with pytest.raises(Unavailable, match="did not acknowledge"):
        publisher.flush()


def test_no_broker_is_told_with_the_next_step(monkeypatch, tmp_path):
    """Whoever opens a publisher without a Kafka learns how to start one."""

    def away(**_: Any) -> None:
        raise KafkaTimeoutError("no node")

    monkeypatch.setattr(publish, "KafkaProducer", away)
    with pytest.raises(Unavailable, match="hub up"):
        RawPublisher(
            "127.0.0.1:1",
            raw_topic=str,
            dead_letters="dead.letters",
            quarantine=tmp_path,
            now_ms=lambda: 0,
            connector="test",
        )
