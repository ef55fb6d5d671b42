"""A bench for one stage on a real Kafka: its topics, its worker processes, and what came out."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from streams.runtime import Row, read_tallies
from streams.runtime.store import Store

WORKER = Path(__file__).with_name("counting_worker.py")
PATIENCE = 30.0


class WorkerProcess:
    """A running worker, its log, its end."""

    def __init__(self, settings: dict[str, Any], log: Path) -> None:
        self._log = log
        with log.open("ab") as file:
            command = [sys.executable, str(WORKER), json.dumps(settings)]
            self.process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)

    @property
    def log(self) -> str:
        return self._log.read_text()

    def wait(self, timeout: float = PATIENCE) -> int:
        """Its exit code; negative for a signal."""
        return self.process.wait(timeout)

    def wait_for_log(self, text: str, times: int = 1) -> None:
        until(lambda: self.log.count(text) >= times, f"{text!r} in the log", lambda: self.log)

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    def replayed(self) -> int:
        """Changelog records that the last start replayed."""
        return int(re.findall(r"(\d+) changelog records replayed", self.log)[-1])


class Bench:
    """One stage with its own topics."""

    def __init__(self, bootstrap: str, folder: Path, stage: str, partitions: int) -> None:
        self.bootstrap = bootstrap
        self.folder = folder
        self.stage = stage
        self.input, self.output = f"{stage}.in", f"{stage}.out"
        self.changelog, self.dead = f"{stage}.log", f"{stage}.dead"
        self.partitions = partitions
        self.admin = AdminClient({"bootstrap.servers": bootstrap})
        self.workers: list[WorkerProcess] = []
        names = (self.input, self.output, self.changelog, self.dead)
        made = self.admin.create_topics(
            [NewTopic(name, partitions, 1, config={"max.message.bytes": "8000000"}) for name in names]
        )
        for future in made.values():
            future.result(30)
        settings = {"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "message.max.bytes": 8_000_000}
        self.producer = Producer(settings)

    def send(self, key: bytes | None, value: object = None, headers: list[tuple[str, bytes]] | None = None) -> None:
        """One record; anything but bytes and None goes as JSON."""
        data = value if value is None or isinstance(value, bytes) else json.dumps(value).encode()
        self.producer.produce(self.input, data, key, headers=headers or [])
        self.producer.poll(0)

    def send_many(self, number: int, keys: int = 10, wish: object = None) -> list[bytes]:
        """Records over some keys; returns the outputs they must lead to, sorted."""
        expected = []
        for index in range(number):
            key = b"k%d" % (index % keys)
            self.send(key, wish or {})
            expected.append(b"%s=%d" % (key, index // keys + 1))
        self.producer.flush()
        return sorted(expected)

    def start(
        self,
        *,
        slot: int = 0,
        kill: tuple[int, int] | None = None,
        pause: tuple[int, int, float] | None = None,
        folder: str = "data",
        **config: Any,
    ) -> WorkerProcess:
        """A worker process; `kill` = (step, n-th time), `pause` the same and the seconds."""
        self.producer.flush()
        settings: dict[str, Any] = {
            "bootstrap": self.bootstrap,
            "data_dir": str(self.folder / folder),
            "stage": self.stage,
            "inputs": [self.input],
            "changelog": self.changelog,
            "output": self.output,
            "dead_letters": self.dead,
            "config": {"slot": slot, **config},
        }
        if kill is not None:
            settings["kill"] = kill
        if pause is not None:
            settings["pause"] = pause
        worker = WorkerProcess(settings, self.folder / f"worker-{slot}-{len(self.workers)}.log")
        self.workers.append(worker)
        return worker

    def read(self, topic: str, *, at_least: int = 0) -> list[Any]:
        """Every committed record of a topic, read to its end once there are so many."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": "reader",
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
            }
        )
        partitions = range(self.partitions)
        consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
        messages: list[Any] = []
        ended: set[int] = set()
        deadline = time.monotonic() + PATIENCE
        while len(messages) < at_least or len(ended) < self.partitions:
            assert time.monotonic() < deadline, f"{len(messages)} of {at_least} in {topic}\n{self.logs()}"
            for message in consumer.consume(1000, 0.1):
                if message.error() is None:
                    messages.append(message)
                    ended.discard(message.partition())
                else:
                    ended.add(message.partition())
        consumer.close()
        return messages

    def outputs(self, at_least: int = 0) -> list[bytes]:
        """Values of the output topic, sorted."""
        return sorted(message.value() for message in self.read(self.output, at_least=at_least))

    def dead_letters(self, at_least: int = 1) -> list[tuple[bytes | None, bytes | None, dict[str, bytes]]]:
        return [
            (each.key(), each.value(), dict(each.headers())) for each in self.read(self.dead, at_least=at_least)
        ]

    def tallies(self) -> dict[str, int]:
        return read_tallies(self.bootstrap, self.changelog)

    def stored(self) -> dict[bytes, Row]:
        """All rows of the local stores; no worker may run."""
        rows: dict[bytes, Row] = {}
        for partition in range(self.partitions):
            store = Store(self.folder / "data" / self.stage / str(partition))
            rows.update(store.items())
            store.close()
        return rows

    def wait_for(self, outputs: int) -> None:
        """Until so many outputs are committed."""
        self.read(self.output, at_least=outputs)

    def logs(self) -> str:
        return "\n".join(worker.log for worker in self.workers)

    def close(self) -> None:
        for worker in self.workers:
            if worker.process.poll() is None:
                os.kill(worker.process.pid, signal.SIGCONT)
            worker.kill()


def until(holds: Callable[[], bool], what: str, context: Callable[[], str], timeout: float = PATIENCE) -> None:
    """Wait for something to hold, or fail with the context."""
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline, f"no {what} within {timeout} s\n{context()}"
        time.sleep(0.05)


@pytest.fixture
def make_bench(tmp_path: Path, topic_prefix: str) -> Iterator[Callable[..., Bench]]:
    """Benches on any broker: `make_bench(bootstrap, partitions)`."""
    benches: list[Bench] = []

    def make(bootstrap: str, partitions: int = 2) -> Bench:
        stage = f"{topic_prefix}count{len(benches)}"
        folder = tmp_path / f"bench{len(benches)}"
        folder.mkdir()
        benches.append(Bench(bootstrap, folder, stage, partitions))
        return benches[-1]

    yield make
    for bench in benches:
        bench.close()


@pytest.fixture
def bench(kafka: str, make_bench: Callable[..., Bench]) -> Bench:
    """A stage of two partitions on the shared Kafka."""
    return make_bench(kafka)
