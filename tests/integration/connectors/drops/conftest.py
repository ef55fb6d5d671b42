"""A file drop on a real Kafka that can be killed after any step, and what unify makes of what it sent."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors.sources import SOURCES
from connectors.sources.limits import unpack
from hub.reading import Reader, Stored
from schemas.codec import codec
from streams.runtime.driver import TestDriver
from streams.unify import Unify

PARTITIONS = 3
TOKEN_KEY = "k" * 32
NOW = 1_794_000_000_000
_SERVER = Path(__file__).with_name("dropping.py")


@dataclass
class DropBench:
    """The grid's drop with topics and folders of its own."""

    server: "subprocess.Popen[str]"
    bootstrap: str
    base: Path
    raw: str
    dead: str
    control: str
    status: str

    @property
    def folder(self) -> Path:
        return self.base / "grid"

    def turn(self, killed_after: int | None = None, times: int = 1) -> int:
        """One turn in a process of its own; its exit code: -9 when it was killed, the n-th time a step was done."""
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        names = ("bootstrap", "raw", "dead", "control", "status")
        given: dict[str, Any] = {name: getattr(self, name) for name in names}
        given |= {"base": str(self.base), "partitions": PARTITIONS, "token_key": TOKEN_KEY, "now": NOW}
        given |= {"killed_after": killed_after, "times": times}
        self.server.stdin.write(json.dumps(given) + "\n")
        self.server.stdin.flush()
        return int(self.server.stdout.readline())

    def place(self, name: str, content: str | bytes) -> Path:
        """What a sender does: write under another name, then rename."""
        self.folder.mkdir(exist_ok=True)
        draft = self.folder / f".{name}"
        draft.write_bytes(content if isinstance(content, bytes) else content.encode())
        return draft.rename(self.folder / name)

    def records(self, topic: str) -> list[Stored]:
        """All records of a topic."""
        with Reader(self.bootstrap) as reader:
            return list(reader.scan(topic))

    def events(self) -> list[dict[str, Any]]:
        """What unify makes of the raw topic, each partition in its order."""
        unify = Unify(
            {self.raw: SOURCES["grid"]},
            events_topic="events",
            changelog="memory",
            encode=codec().encode,
            unpack=unpack,
            token_key=TOKEN_KEY.encode(),
        )
        driver = TestDriver(unify, clock_ms=NOW)
        for one in sorted(self.records(self.raw), key=lambda one: (one.partition, one.offset)):
            driver.pipe_input(self.raw, one.key, one.value, one.headers, timestamp=NOW)
        return [codec().decode(output.value) for output in driver.read_outputs("events")]


@pytest.fixture(scope="module")
def server() -> Iterator["subprocess.Popen[str]"]:
    """The process that forks a drop's turns."""
    command = [sys.executable, str(_SERVER)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def drops(server: "subprocess.Popen[str]", kafka: str, new_topic: Callable[..., str], tmp_path: Path) -> DropBench:
    """A drop that has taken nothing yet."""
    return DropBench(
        server,
        kafka,
        tmp_path,
        new_topic("raw", PARTITIONS, **{"max.message.bytes": "17825792"}),
        new_topic("dead", PARTITIONS),
        new_topic("control", 1),
        new_topic("status", 1),
    )
