"""Edges as real processes that are killed, and receivers that misbehave."""

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hub.cluster import EmbeddedKafka
from hub.cluster.probe import free_port
from hub.settings import load
from hub.topics import apply, catalogue


class Misbehaving:
    """An HTTP receiver in this process: late, broken, failing by chance; it takes each key once.

    `taken` has the keys in the order in which they were first taken, with their bodies; `asked` counts requests.
    """

    def __init__(self, key_header: str, seed: int = 7, late_seconds: float = 1.5) -> None:
        self.taken: dict[str, bytes] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.asked: Counter[str] = Counter()
        self.status = 200
        self.is_calm = False
        self._key_header = key_header
        self._late_seconds = late_seconds
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/in"

    def end(self) -> None:
        self._server.shutdown()

    def _mood(self) -> str:
        moods = ("ok",) * 12 + ("refuse", "late", "mute", "cut", "twice", "garbage")
        with self._lock:
            return "ok" if self.is_calm else self._chance.choice(moods)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if len(body) < int(self.headers["Content-Length"]):
                    # The sender was killed in the middle of it.
                    self.close_connection = True
                    return
                key = self.headers[receiver._key_header]
                mood = receiver._mood()
                with receiver._lock:
                    receiver.asked[key] += 1
                    if receiver.status == 200 and mood != "refuse":
                        receiver.taken.setdefault(key, body)
                        receiver.headers.setdefault(key, {n.lower(): v for n, v in self.headers.items()})
                self._reply(mood, key)

            def _reply(self, mood: str, key: str) -> None:
                status = 503 if mood == "refuse" else receiver.status
                answer = json.dumps({"id": key, "message_id": f"m-{key}"}).encode()
                whole = b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (status, len(answer), answer)
                if mood == "late":
                    time.sleep(receiver._late_seconds)
                self.close_connection = True
                sent = {"mute": b"", "cut": whole[:-5], "twice": whole * 2, "garbage": b"\x16\x03 no HTTP"}
                try:
                    self.wfile.write(sent.get(mood, whole))
                except OSError:
                    return

            def log_message(self, format: str, *args: object) -> None:
                """Silent."""

        return Handler


class EdgeProcess:
    """`hub edge NAME` with its own data folder: started, killed with -9, started again."""

    def __init__(self, name: str, environment: dict[str, str], folder: Path) -> None:
        self.name = name
        self.environment = environment
        self.data_dir = Path(environment["HUB_DATA_DIR"])
        self.log = folder / f"{name}.log"
        self.metrics_port = free_port()
        self.kills = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "hub.cli", "edge", self.name, "--metrics-port", str(self.metrics_port)]
        with self.log.open("ab") as sink:
            self._process = subprocess.Popen(command, env=self.environment, stdout=sink, stderr=sink)

    def kill(self) -> None:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()[-3000:]
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self.kills += 1

    def delivered(self) -> int:
        """How many messages its file says are delivered; 0 while there is none."""
        file = self.data_dir / "edges" / f"{self.name}.sqlite"
        try:
            with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as base:
                return int(base.execute("SELECT count(*) FROM messages WHERE state = 'delivered'").fetchone()[0])
        except sqlite3.OperationalError:
            return 0

    def strike(self, times: int, seed: int = 1) -> None:
        """Kill -9 again and again while it works: each time after some deliveries more; then let it run."""
        chance = random.Random(seed)
        for _ in range(times):
            before = self.delivered()
            self.start()
            deadline = time.monotonic() + 90
            while self.delivered() < before + 20:
                assert time.monotonic() < deadline, self.log.read_text()[-3000:]
                time.sleep(0.05)
            time.sleep(chance.random() * 0.3)
            self.kill()
        self.start()

    def metrics(self) -> str:
        """What Prometheus would read."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=20) as answer:
            return str(answer.read().decode())

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(30)

    def hub(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of the operator."""
        return subprocess.run(
            [sys.executable, "-m", "hub.cli", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def open_messages(self) -> int:
        done = self.hub(self.name, "list", "--json")
        assert done.returncode == 0, done.stderr
        return sum(row["waiting"] + row["parked"] for row in json.loads(done.stdout)["targets"])


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Kafka of the module's own with all topics of the hub."""
    settings = load()
    broker = EmbeddedKafka(
        tmp_path_factory.mktemp("broker"), free_port(), settings.cache_dir, maven_url=settings.maven_url
    )
    broker.start()
    try:
        apply(broker.bootstrap, catalogue())
        yield broker.bootstrap
    finally:
        broker.wipe()


@pytest.fixture
def new_receiver() -> Iterator[Callable[..., Misbehaving]]:
    """`new_receiver("webhook-id")`; all end with the test."""
    made: list[Misbehaving] = []

    def make(key_header: str, **more: float) -> Misbehaving:
        made.append(Misbehaving(key_header, **more))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for receiver in made:
        receiver.end()


@pytest.fixture
def new_edge(bootstrap: str, tmp_path: Path) -> Iterator[Callable[..., EdgeProcess]]:
    """`new_edge("notices", {"notices.yaml": text})`: its city is the usual one with these files instead."""
    made: list[EdgeProcess] = []

    def make(name: str, files: dict[str, str]) -> EdgeProcess:
        city = tmp_path / "city"
        city.mkdir(exist_ok=True)
        for file in (Path(__file__).parents[2] / "deploy/cities/qiqihar").iterdir():
            if file.name not in files and not (city / file.name).exists():
                (city / file.name).symlink_to(file)
        for file_name, text in files.items():
            (city / file_name).unlink(missing_ok=True)
            (city / file_name).write_text(text)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        more = {"HUB_BOOTSTRAP": bootstrap, "HUB_DATA_DIR": str(tmp_path / "data"), "HUB_CITY": str(city)}
        made.append(EdgeProcess(name, {**kept, **more}, tmp_path))
        return made[-1]

    yield make
    for edge in made:
        edge.stop()


@pytest.fixture
def until() -> Callable[..., None]:
    """`until(holds, what)` waits for something to hold."""

    def wait(holds: Callable[[], object], what: str, seconds: float = 180) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"no {what} within {seconds} s"
            time.sleep(0.1)

    return wait
