"""Intake on a real Kafka, in a process that can be killed, and what unify makes of what it published."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.intake import secret_files
from connectors.sources import SOURCES
from connectors.sources.limits import unpack
from connectors.standard_webhooks import read_secret, sign
from hub.cluster.probe import free_port
from hub.reading import Reader, Stored
from schemas.codec import codec
from streams.runtime.driver import TestDriver
from streams.unify import Unify

PARTITIONS = 3
_SAMPLE = Path(__file__).parents[3] / "data" / "samples" / "hotline" / "01-heating-create.json"
_SERVER = Path(__file__).with_name("serving.py")


def message(number: int) -> tuple[str, bytes]:
    """The id and body of a hotline's message; each is a case of its own."""
    body = json.loads(_SAMPLE.read_text("utf-8"))
    body["orderId"], body["eventId"] = f"HL{number:014d}", f"EV{number:08d}"
    return f"msg_{number}", json.dumps(body, ensure_ascii=False).encode()


@dataclass
class Door:
    """Hotline's intake at an address; it can be killed and opened again."""

    server: "subprocess.Popen[str]"
    bootstrap: str
    raw: str
    folder: Path
    port: int = field(default_factory=free_port)
    pid: int | None = None

    def __post_init__(self) -> None:
        self.key = read_secret(secret_files.make(self.folder / "secret"))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/sources/hotline/events"

    def open(self) -> None:
        """Serve; returns when it listens."""
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        given = {"bootstrap": self.bootstrap, "raw": self.raw, "folder": str(self.folder), "port": self.port}
        self.server.stdin.write(json.dumps(given) + "\n")
        self.server.stdin.flush()
        self.pid = int(self.server.stdout.readline())
        deadline = time.monotonic() + 30
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/openapi.json", timeout=5)
                return
            except httpx.TransportError:
                assert time.monotonic() < deadline, "intake does not listen"
                time.sleep(0.02)

    def end(self, number: signal.Signals) -> None:
        """Send a signal to the serving process."""
        if self.pid is not None:
            os.kill(self.pid, number)
        self.pid = None

    def signed(self, message_id: str, body: bytes) -> dict[str, str]:
        """The headers of an attempt now."""
        return {"content-type": "application/json", **sign([self.key], message_id, int(time.time()), body)}

    def post(self, number: int) -> httpx.Response:
        """Post a message."""
        message_id, body = message(number)
        return httpx.post(self.url, content=body, headers=self.signed(message_id, body), timeout=30)

    def records(self) -> list[Stored]:
        """Everything in the raw topic."""
        with Reader(self.bootstrap) as reader:
            return list(reader.scan(self.raw))

    def unified(self) -> tuple[list[dict[str, Any]], dict[str, int]]:
        """The events that unify makes of the raw topic, and its counts."""
        unify = Unify(
            {self.raw: SOURCES["hotline"]},
            events_topic="events",
            changelog="memory",
            encode=codec().encode,
            unpack=unpack,
            token_key=b"k" * 32,
        )
        driver = TestDriver(unify)
        for one in sorted(self.records(), key=lambda one: (one.partition, one.offset)):
            driver.pipe_input(self.raw, one.key, one.value, one.headers, timestamp=one.timestamp)
        events = [codec().decode(output.value) for output in driver.read_outputs("events")]
        return events, driver.tallies


@pytest.fixture(scope="module")
def server() -> Iterator["subprocess.Popen[str]"]:
    """The process that forks intakes."""
    command = [sys.executable, str(_SERVER)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def door(
    server: "subprocess.Popen[str]", kafka: str, new_topic: Callable[..., str], tmp_path: Path
) -> Iterator[Door]:
    """An open intake on the Kafka that all tests share."""
    door = Door(server, kafka, new_topic("raw", PARTITIONS), tmp_path)
    door.open()
    yield door
    door.end(signal.SIGKILL)
