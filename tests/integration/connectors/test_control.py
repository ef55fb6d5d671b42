"""`SourceControl` on a real Kafka: a pause is known before anything is taken, and reaches every edge."""

import time
from collections.abc import Callable

import pytest
from confluent_kafka import Producer

from connectors.control import PauseState, SourceControl, encode, state_key
from hub.domain.errors import Unavailable
from hub.reading import Reader

pytestmark = pytest.mark.integration


def write(kafka: str, topic: str, source: str, is_paused: bool, *, transactional: bool = False) -> None:
    producer = Producer(
        {"bootstrap.servers": kafka, **({"transactional.id": f"control-{topic}"} if transactional else {})}
    )
    if transactional:
        producer.init_transactions(30)
        producer.begin_transaction()
    state = PauseState(paused=is_paused, at=1, actor="QQHR-ZHZX", reason="test")
    producer.produce(topic, encode(state), state_key(source))
    if transactional:
        producer.commit_transaction(30)
    assert producer.flush(30) == 0


def test_a_pause_is_known_at_start_and_a_change_is_heard(kafka: str, new_topic: Callable[..., str]) -> None:
    """Two edges: what stood there before they began holds at once, what comes later within moments."""
    topic = new_topic("control", 1, **{"cleanup.policy": "compact"})
    write(kafka, topic, "grid", True, transactional=True)
    # A transaction is committed a moment before its end is written to the topic.
    with Reader(kafka) as reader:
        while not list(reader.scan(topic)):
            time.sleep(0.05)

    first, second = SourceControl(kafka, topic), SourceControl(kafka, topic)
    assert first.is_paused("grid")
    assert not first.is_paused("hotline")

    write(kafka, topic, "grid", False)
    write(kafka, topic, "hotline", True, transactional=True)
    until = time.monotonic() + 30
    while not all(edge.is_paused("hotline") and not edge.is_paused("grid") for edge in (first, second)):
        assert time.monotonic() < until, "the change did not reach both edges"
        time.sleep(0.05)
    first.close()
    second.close()


def test_without_the_topic_there_is_no_guess(kafka: str, topic_prefix: str) -> None:
    """An edge that cannot know whether a source is paused does not begin."""
    with pytest.raises(Unavailable):
        SourceControl(kafka, topic_prefix + "missing", patience=2)
