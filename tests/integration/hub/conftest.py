"""A whole hub for tests: real Kafka, real workers, driven by its command line as a user drives it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from confluent_kafka import Producer

from hub.cluster.probe import free_port, is_free
from hub.dead_letters import Letter, letters
from hub.reading import Reader, Stored
from hub.standing import lag
from hub.tallies import STAGES, read_tallies
from hub.topics import Catalogue, catalogue

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "tests" / "data" / "samples"
HUB = [sys.executable, "-m", "hub.cli"]
PATIENCE = 90.0


@dataclass
class Hub:
    """One hub with a data folder and ports of its own; every command is a process of its own."""

    data_dir: Path
    kafka_port: int = field(default_factory=free_port)
    metrics_port: int = field(default_factory=lambda: _free_ports())
    http_port: int = field(default_factory=free_port)
    samples: Path = SAMPLES
    topics: Catalogue = field(default_factory=catalogue)

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.kafka_port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a user would set; nothing of the tester's own settings comes through."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        passed = {name: os.environ[name] for name in ("HUB_MAVEN_URL", "HUB_CACHE_DIR") if name in os.environ}
        return {
            **kept,
            **passed,
            "HUB_DATA_DIR": str(self.data_dir),
            "HUB_KAFKA_PORT": str(self.kafka_port),
            "HUB_METRICS_PORT": str(self.metrics_port),
            "HUB_HTTP_PORT": str(self.http_port),
            "HUB_SAMPLES": str(self.samples),
            # Stages alone, where a test does not ask for edges: `hub.run("up", HUB_EDGES='["http"]')`.
            "HUB_EDGES": "[]",
        }

    def run(self, *arguments: str | Path, code: int = 0, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end and hold it to its exit code; no command ever shows a traceback."""
        done = subprocess.run(
            [*HUB, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=180,
            env={**self.environment, **settings},
        )
        said = f"hub {' '.join(map(str, arguments))} → {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == code, f"{said}\n{self.logs()}"
        assert "Traceback" not in done.stdout + done.stderr, said
        return done

    def json(self, *arguments: str | Path, code: int = 0, **settings: str) -> Any:
        """The one JSON object that a command with `--json` prints, and nothing else."""
        return json.loads(self.run(*arguments, "--json", code=code, **settings).stdout)

    def send(self, source: str, *files: Path) -> dict[str, list[dict[str, Any]]]:
        """`hub send`: file → where its records stand."""
        placed: dict[str, list[dict[str, Any]]] = self.json("send", source, *files)["files"]
        return placed

    def send_samples(self, folder: Path) -> None:
        """Every file of the samples, source by source."""
        for source in ("hotline", "citymgmt", "grid", "endpoint"):
            self.send(source, *sorted((folder / source).iterdir()))

    def produce(
        self, topic: str, key: bytes | None, value: bytes | None, headers: dict[str, bytes] | None = None
    ) -> tuple[int, int]:
        """Put one record into Kafka past the hub's edge; its partition and offset."""
        placed: list[tuple[int, int]] = []
        settings = {"bootstrap.servers": self.bootstrap, "message.max.bytes": 18_000_000}
        producer = Producer({**settings, "partitioner": "murmur2_random"})
        producer.produce(
            topic,
            value,
            key,
            headers=list((headers or {}).items()),
            on_delivery=lambda _, message: placed.append((message.partition(), message.offset())),
        )
        assert producer.flush(30) == 0
        return placed[0]

    def settle(self) -> None:
        """Wait until both stages have worked off everything."""
        deadline = time.monotonic() + PATIENCE
        while any(lag(self.bootstrap, stage, self.topics.consumed_by(stage)) for stage in STAGES):
            assert time.monotonic() < deadline, f"not worked off in {PATIENCE} s\n{self.logs()}"
            time.sleep(0.1)

    def tallies(self, stage: str) -> dict[str, int]:
        """The exact counts of a stage."""
        return read_tallies(self.bootstrap, self.topics)[stage]

    def records(self, topic: str) -> list[Stored]:
        """Every committed record of a topic."""
        with Reader(self.bootstrap) as reader:
            return list(reader.scan(topic))

    def letters(self) -> list[Letter]:
        """Every dead letter."""
        with Reader(self.bootstrap) as reader:
            return list(letters(reader, self.topics))

    def processes(self) -> list[psutil.Process]:
        """Everything of this hub that runs, found by its data folder, not by the hub's own files."""
        found = []
        for process in psutil.process_iter():
            try:
                is_ours = process.environ().get("HUB_DATA_DIR") == str(self.data_dir)
                if is_ours and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found

    def pid(self, name: str) -> int:
        """The last process that had that name in `hub status`."""
        return int(json.loads((self.data_dir / "run" / f"{name}.json").read_text())["pid"])

    def log(self, name: str) -> str:
        file = self.data_dir / "logs" / f"{name}.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def logs(self) -> str:
        """The ends of all logs, for a failed test."""
        folder = self.data_dir / "logs"
        files = sorted(folder.iterdir()) if folder.is_dir() else []
        return "\n".join(f"== {file.name}\n{file.read_text(errors='replace')[-2000:]}" for file in files)

    def end(self) -> None:
        """Whatever a test left: everything goes."""
        if not self.data_dir.exists() and not self.processes():
            return
        subprocess.run([*HUB, "down", "--wipe"], env=self.environment, capture_output=True, timeout=120)
        left = self.processes()
        for process in left:
            process.kill()
        assert not left, f"hub down left {left}"


def _free_ports(number: int = 12) -> int:
    """The hub gives its processes the ports from this one on: two slots of three stages and all edges at most."""
    while True:
        port = free_port()
        if all(is_free(port + more) for more in range(1, number)):
            return port


@pytest.fixture(scope="module")
def samples() -> Path:
    """The sample files, good ones and `bad/`."""
    return SAMPLES


@pytest.fixture(scope="module")
def new_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Hub]]:
    """`new_hub()` gives a hub that does not run yet; all are taken down at the end of the module."""
    made: list[Hub] = []

    def make() -> Hub:
        made.append(Hub(tmp_path_factory.mktemp("hub") / "data"))
        return made[-1]

    yield make
    for hub in made:
        hub.end()


@pytest.fixture(scope="module")
def hub(new_hub: Callable[[], Hub]) -> Hub:
    """A hub that is up, shared by the module's tests."""
    hub = new_hub()
    hub.run("up")
    return hub


@pytest.fixture
def until() -> Callable[..., None]:
    """`until(holds, what)` waits for something to hold."""

    def wait(holds: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"no {what} within {seconds} s"
            time.sleep(0.1)

    return wait
