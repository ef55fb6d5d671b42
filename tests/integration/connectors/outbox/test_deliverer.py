"""The loop of an edge that delivers, on a real Kafka: order across partitions, receipts, lost files."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Producer
from prometheus_client import CollectorRegistry, generate_latest

from connectors.feed import Feed, Message
from connectors.outbox import (
    Backoff,
    Delivered,
    Deliverer,
    Failed,
    Limits,
    OrderedFeed,
    Outbox,
    OutboxMetrics,
    Outcome,
    Outgoing,
    Receipts,
)
from hub.domain.errors import Unavailable
from schemas.codec import codec

pytestmark = pytest.mark.integration
PARTITIONS = 3


class Edge:
    """One edge of a test: its file, its topics, a receiver that keeps what it got."""

    def __init__(self, kafka: str, topic: str, receipts_topic: str, file: Path, *, ordered: bool = False) -> None:
        self.kafka, self.topic, self.receipts_topic, self.file, self.ordered = (
            kafka,
            topic,
            receipts_topic,
            file,
            ordered,
        )
        self.got: list[str] = []
        self.fails: dict[str, int] = {}
        self.registry = CollectorRegistry()

    async def deliver(self, message: Outgoing) -> Outcome:
        if self.fails.get(message.id, 0) > 0:
            self.fails[message.id] -= 1
            return Failed("503")
        self.got.append(message.id)
        return Delivered("200")

    def messages_of(self, record: Message) -> Iterator[Outgoing]:
        case, _, version = (record.value or b"").decode().partition(":")
        yield Outgoing(f"{case}:{version}", "hook", case, record.value or b"", int(version))

    @contextmanager
    def running(self) -> Iterator[Outbox]:
        """The edge as a process would run it, from opening the file to the last receipt."""
        outbox = Outbox(self.file)
        outbox.hold()
        self.registry = CollectorRegistry()
        receipts = Receipts(self.kafka, self.receipts_topic, PARTITIONS, codec(), "test")
        receipts.load(outbox, round(time.time() * 1000))
        feed = (OrderedFeed if self.ordered else Feed)(self.kafka, (self.topic,), PARTITIONS, outbox.positions())
        stop = threading.Event()
        problems: list[BaseException] = []
        deliverer = Deliverer(
            outbox,
            receipts,
            self.messages_of,
            self.deliver,
            backoff=Backoff(first_seconds=0.05, longest_seconds=0.2, attempts=4),
            chance=lambda: 0.5,
            hub_now_ms=lambda: 1_794_558_000_000,
            metrics=OutboxMetrics("test", self.registry),
            limits=Limits(drain_seconds=3),
        )

        def work() -> None:
            try:
                deliverer.run(feed, stop)
            except BaseException as error:  # noqa: BLE001 - told by the test
                problems.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield outbox
        finally:
            stop.set()
            thread.join(20)
            feed.close()
            receipts.close()
            outbox.close()
            assert not problems
            assert not thread.is_alive()


def produce(kafka: str, topic: str, *records: tuple[int, str]) -> None:
    producer = Producer({"bootstrap.servers": kafka})
    for partition, value in records:
        producer.produce(topic, value.encode(), partition=partition)
    assert producer.flush(20) == 0


def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def edge(kafka: str, new_topic: Callable[..., str], tmp_path: Path) -> Edge:
    receipts = new_topic("deliveries", PARTITIONS, **{"cleanup.policy": "compact"})
    return Edge(kafka, new_topic("records", PARTITIONS), receipts, tmp_path / "edge.sqlite")


def test_a_lost_file_delivers_nothing_twice_and_misses_nothing(edge: Edge, kafka: str):
    """Receipts tell a new file what was delivered; what came meanwhile is delivered."""
    produce(kafka, edge.topic, *((n % PARTITIONS, f"c{n}:1") for n in range(200)))
    with edge.running():
        until(lambda: len(edge.got) == 200)
    for file in edge.file.parent.glob("edge.sqlite*"):
        file.unlink()
    produce(kafka, edge.topic, (0, "c0:2"))
    with edge.running() as outbox:
        until(lambda: len(edge.got) == 201)
        until(lambda: not outbox.unreceipted(1))
    assert sorted(edge.got) == sorted([*(f"c{n}:1" for n in range(200)), "c0:2"])


def test_an_old_copy_of_the_file_delivers_nothing_twice(edge: Edge, kafka: str, tmp_path: Path):
    """A backup that was put back does not know of the deliveries after it; the receipts do."""
    produce(kafka, edge.topic, (0, "a:1"))
    with edge.running():
        until(lambda: edge.got == ["a:1"])
    shutil.copy(edge.file, tmp_path / "backup")
    produce(kafka, edge.topic, (0, "a:2"), (1, "b:1"))
    with edge.running():
        until(lambda: len(edge.got) == 3)
    for file in edge.file.parent.glob("edge.sqlite-*"):
        file.unlink()
    shutil.copy(tmp_path / "backup", edge.file)
    with edge.running():
        time.sleep(1.5)
    assert sorted(edge.got) == ["a:1", "a:2", "b:1"]


def test_a_case_keeps_its_order_across_partitions(edge: Edge, kafka: str):
    """Version 1 stands behind another transaction that is still open; version 2, read already, waits for it."""
    edge.ordered = True
    other = Producer({"bootstrap.servers": kafka, "transactional.id": f"{edge.topic}-other"})
    mine = Producer({"bootstrap.servers": kafka, "transactional.id": f"{edge.topic}-mine"})
    for producer in (other, mine):
        producer.init_transactions(20)
    other.begin_transaction()
    other.produce(edge.topic, b"z:1", partition=0)
    other.flush(20)
    for version, partition in ((1, 0), (2, 1)):
        mine.begin_transaction()
        mine.produce(edge.topic, f"a:{version}".encode(), partition=partition)
        mine.commit_transaction(20)
    with edge.running() as outbox:
        until(lambda: len(outbox.kept()) == 1)
        time.sleep(1)
        assert edge.got == []
        other.abort_transaction(20)
        until(lambda: len(edge.got) == 2)
    assert edge.got == ["a:1", "a:2"]


def test_a_backlog_is_delivered_in_each_case_s_order(edge: Edge, kafka: str):
    """Read partition by partition after an outage, as many cases as there are go out along their versions."""
    edge.ordered = True
    produce(kafka, edge.topic, *((v % PARTITIONS, f"c{n}:{v}") for v in range(1, 7) for n in range(100)))
    edge.fails = {f"c{n}:2": n % 3 for n in range(100)}
    with edge.running():
        until(lambda: len(edge.got) == 600, 40)
    for n in range(100):
        mine = [one for one in edge.got if one.startswith(f"c{n}:")]
        assert mine == [f"c{n}:{v}" for v in range(1, 7)]


def test_after_the_last_attempt_it_is_parked_and_shown(edge: Edge, kafka: str):
    """The metrics say what the file says; a replay sends it, and then the one behind it."""
    edge.fails = {"a:1": 4}
    produce(kafka, edge.topic, (0, "a:1"), (0, "a:2"))
    with edge.running() as outbox:
        until(lambda: [one.state for one in outbox.kept()] == ["parked", "waiting"])
        until(lambda: 'hub_edge_open{edge="test",state="parked",target="hook"} 1.0' in shown(edge))
        assert edge.got == []
        outbox.replay(round(time.time() * 1000))
        until(lambda: edge.got == ["a:1", "a:2"])
        expected = [
            'hub_edge_attempts_total{edge="test",outcome="failed",target="hook"} 4.0',
            'hub_edge_attempts_total{edge="test",outcome="delivered",target="hook"} 2.0',
            *(
                f'hub_edge_{name}_total{{edge="test"}} {number}.0'
                for name, number in (("records_read", 2), ("taken", 2), ("known", 0), ("receipts", 2))
            ),
        ]
        until(lambda: all(line in shown(edge) for line in expected))


def test_a_full_disk_loses_nothing_and_sends_nothing_again(edge: Edge, kafka: str):
    """Neither what was read when the file was full, nor an answer that it did not take."""
    produce(kafka, edge.topic, (0, "a:1"))
    with edge.running() as outbox:
        until(lambda: edge.got == ["a:1"])
        pages = outbox._base.execute("PRAGMA page_count").fetchone()[0]
        outbox._base.execute(f"PRAGMA max_page_count = {pages}")
        produce(kafka, edge.topic, *((n % PARTITIONS, f"c{n}:1") for n in range(300)))
        time.sleep(1.5)
        before = len(outbox.kept())
        outbox._base.execute("PRAGMA max_page_count = 1000000")
        until(lambda: len(edge.got) == 301, 40)
    assert before == 1
    assert len(set(edge.got)) == 301


def shown(edge: Edge) -> str:
    return generate_latest(edge.registry).decode()


def test_a_second_process_does_not_deliver_from_the_same_file(edge: Edge):
    """It says so and ends."""
    with edge.running(), pytest.raises(Unavailable), edge.running():
        pass
