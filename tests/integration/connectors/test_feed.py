"""An edge's feed on a real Kafka: compressed records, transactions and their markers, positions of its own."""

from collections.abc import Callable

import pytest
from confluent_kafka import Producer

from connectors.feed import Feed
from connectors.outbox import OrderedFeed
from hub.domain.errors import Unavailable

pytestmark = pytest.mark.integration


def transaction(kafka: str, topic: str, values: list[bytes], *, commit: bool = True) -> None:
    """As the workers write: lz4, in one transaction, each value into partition 0."""
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": topic, "compression.type": "lz4"})
    producer.init_transactions(30)
    producer.begin_transaction()
    for value in values:
        producer.produce(topic, value, b"key", partition=0, headers=[("ce_id", b"1")])
    producer.flush(10)
    (producer.commit_transaction if commit else producer.abort_transaction)(30)


def test_what_the_workers_compress_and_commit_is_read_in_order(kafka: str, new_topic: Callable[..., str]) -> None:
    """Aborted records are not there; the end is reached although the last thing in the log is a marker."""
    topic = new_topic("feed", 2)
    transaction(kafka, topic, [b"a" * 2000, b"b" * 2000])
    transaction(kafka, topic, [b"never"], commit=False)
    transaction(kafka, topic, [b"c" * 2000])
    feed = Feed(kafka, (topic,), 2, {})

    found, after = feed.read_to_end()

    assert [one.value[:1] for one in found] == [b"a", b"b", b"c"]
    assert found[0].headers == {"ce_id": b"1"}
    assert feed.behind() == 0
    feed.close()
    assert resumed(kafka, topic, after) == []
    transaction(kafka, topic, [b"d"])
    assert resumed(kafka, topic, after) == [b"d"]


def resumed(kafka: str, topic: str, after: dict) -> list[bytes]:
    """What another process reads from these positions on."""
    feed = Feed(kafka, (topic,), 2, after)
    found, _ = feed.read_to_end()
    feed.close()
    return [one.value for one in found]


def test_an_ordered_feed_knows_when_all_before_an_end_was_given(kafka: str, new_topic: Callable[..., str]) -> None:
    """Markers count: without them it would wait for ever."""
    topic = new_topic("ordered", 2)
    transaction(kafka, topic, [b"a", b"b"])
    feed = OrderedFeed(kafka, (topic,), 2, {})
    ends = feed.ends()

    assert not feed.is_past(ends)
    feed.read_to_end()
    assert feed.is_past(ends)
    feed.close()


def test_a_kafka_that_is_away_is_told_at_the_start() -> None:
    """With the command that starts one."""
    with pytest.raises(Unavailable, match="hub up"):
        Feed("127.0.0.1:1", ("topic",), 1, {})
