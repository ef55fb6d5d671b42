"""The programs that are compared: ours and the peers, how each is made ready and started."""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec
import psutil

from hub.bench.job import Job
from hub.domain.errors import Misconfigured, Unavailable

CHECKOUT = Path(__file__).resolve().parents[2]
PEERS = CHECKOUT / "tests" / "bench"
_STOP_SECONDS = 10.0
_BUILD_SECONDS = 600.0
_MAINS = {"loop": "Loop", "unify": "Unify", "casework": "Casework"}
_LINES_SHOWN = 4


class Program(Protocol):
    """An engine that can run the benchmarks in `benches`. `share` is the part of the records a slow one gets."""

    name: str
    benches: frozenset[str]
    share: float
    remark: str

    def make_ready(self) -> None:
        """Build or install what is needed; Unavailable says why it cannot run here."""
        ...

    def commands(self, job: Job) -> list[list[str]]:
        """One command line for each process."""
        ...


@dataclass(slots=True)
class Ours:
    """The hub's runtime, one process a worker."""

    name: str = "hub"
    benches: frozenset[str] = frozenset(_MAINS)
    share: float = 1.0
    remark: str = "exactly once"

    def make_ready(self) -> None:
        """Nothing to build."""

    def commands(self, job: Job) -> list[list[str]]:
        """One process a worker, each a slot of its own."""
        told = msgspec.json.encode(job).decode()
        return [[sys.executable, "-m", "hub.bench.worker", told, str(slot)] for slot in range(job.workers)]


@dataclass(slots=True)
class KafkaStreams:
    """Kafka Streams in one Java process, one stream thread a worker."""

    extra: tuple[str, ...] = ()
    name: str = "kafka-streams"
    benches: frozenset[str] = frozenset(_MAINS)
    share: float = 1.0
    remark: str = "4.3.1, exactly_once_v2"

    def make_ready(self) -> None:
        """Compile with Maven when sources are newer than the jar."""
        folder = PEERS / "kafka-streams"
        if not folder.is_dir():
            raise Unavailable("the peers' programs are in a checkout only: tests/bench/kafka-streams is not there")
        for tool in ("java", "mvn"):
            if shutil.which(tool) is None:
                raise Unavailable(f"{tool} is not on the path; install a Java 17 JDK and Maven to compare")
        sources = [folder / "pom.xml", *folder.glob("src/**/*.java")]
        if _is_older(folder / "target" / "kafka-streams-peer-1.jar", sources):
            _run(["mvn", "-q", "-B", "clean", "package"], folder, "Maven could not build the Kafka Streams peer")

    def commands(self, job: Job) -> list[list[str]]:
        """One Java process with as many stream threads as we have processes."""
        target = PEERS / "kafka-streams" / "target"
        settings = {
            "bootstrap": job.bootstrap,
            "application": job.marker,
            "state": job.folder,
            "threads": str(job.workers),
            "input": job.input,
            "output": job.output,
            "dead": job.dead,
            "schema": job.schema,
            "token_key": job.token_key,
        }
        return [
            [
                *(
                    "java",
                    "-Xmx2g",
                    "-Xms1g",
                    "-XX:+UseParallelGC",
                    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                ),
                *("-cp", f"{target / 'kafka-streams-peer-1.jar'}{os.pathsep}{target / 'jars' / '*'}"),
                f"hub.bench.{_MAINS[job.bench]}",
                *(f"{name}={value}" for name, value in settings.items()),
                *self.extra,
            ]
        ]


@dataclass(slots=True)
class QuixStreams:
    """Quix Streams; in an environment of its own, as it pins another confluent-kafka than ours."""

    cache_dir: Path
    name: str = "quix-streams"
    benches: frozenset[str] = frozenset({"unify"})
    share: float = 0.2
    remark: str = "exactly-once, its own state store; the mapping is the hub's"

    def make_ready(self) -> None:
        """Install the pinned requirements once."""
        python = self._python()
        if python.exists():
            return
        draft = python.parents[1].with_suffix(".draft")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(python.parents[1], ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(draft)], CHECKOUT, "no environment for Quix Streams could be made")
        install = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r"]
        _run(
            [str(draft / "bin" / "python"), *install, str(self._requirements())],
            CHECKOUT,
            "Quix Streams could not be installed",
        )
        draft.rename(python.parents[1])

    def commands(self, job: Job) -> list[list[str]]:
        """One process a worker, all in one consumer group."""
        told = msgspec.json.encode(job).decode()
        program = str(PEERS / "quix" / "unify.py")
        return [[str(self._python()), program, told, str(slot)] for slot in range(job.workers)]

    @staticmethod
    def _requirements() -> Path:
        return PEERS / "quix" / "requirements.txt"

    def _python(self) -> Path:
        if not self._requirements().is_file():
            raise Unavailable("the peers' programs are in a checkout only: tests/bench/quix is not there")
        digest = hashlib.sha256(self._requirements().read_bytes()).hexdigest()[:12]
        return self.cache_dir / "bench" / f"quix-{digest}" / "bin" / "python"


@dataclass(slots=True)
class Faust:
    """faust-streaming, which the hub has installed for its board."""

    name: str = "faust-streaming"
    benches: frozenset[str] = frozenset({"unify"})
    share: float = 0.05
    remark: str = "at least once (its exactly-once doubles outputs), table in RocksDB; the mapping is the hub's"

    def make_ready(self) -> None:
        """It is a dependency of the hub; the program stands in the checkout."""
        if not (PEERS / "faust" / "unify.py").is_file():
            raise Unavailable("the peers' programs are in a checkout only: tests/bench/faust is not there")
        if importlib.util.find_spec("faust") is None:
            raise Unavailable("faust-streaming is not installed")

    def commands(self, job: Job) -> list[list[str]]:
        """One process a worker, all in one consumer group."""
        told = msgspec.json.encode(job).decode()
        program = str(PEERS / "faust" / "unify.py")
        return [[sys.executable, program, told, str(slot)] for slot in range(job.workers)]


class Running:
    """The processes of one program. Leaving the block stops them."""

    def __init__(self, program: Program, job: Job) -> None:
        self._commands = program.commands(job)
        self._folder = Path(job.folder)
        self._children: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Running":
        self._folder.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
        for number, command in enumerate(self._commands):
            with self._log(number).open("wb") as sink:
                self._children.append(
                    subprocess.Popen(
                        command,
                        stdin=subprocess.DEVNULL,
                        stdout=sink,
                        stderr=subprocess.STDOUT,
                        env=environment,
                        start_new_session=True,
                    )
                )
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children:
            if child.poll() is None:
                child.terminate()
        for child in self._children:
            try:
                child.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                child.wait()

    def cpu_seconds(self) -> float:
        """Processor time of all its processes so far; it tells the work even on a machine that others load."""
        total = 0.0
        for child in self._children:
            with contextlib.suppress(psutil.NoSuchProcess):
                times = psutil.Process(child.pid).cpu_times()
                total += times.user + times.system
        return total

    def how_ended(self) -> str | None:
        """Exit code and last words of a process that has ended, None while all run."""
        for number, child in enumerate(self._children):
            if child.poll() is not None:
                said = self._log(number).read_text(errors="replace").strip().splitlines()[-_LINES_SHOWN:]
                return f"exit code {child.returncode}: {' | '.join(said)}"
        return None

    def _log(self, number: int) -> Path:
        return self._folder / f"process-{number}.log"


def peers(cache_dir: Path, bench: str, only: Sequence[str] | None = None) -> list[Program]:
    """The peers of a benchmark, all or those named.

    Raises:
        Misconfigured: a name is no peer of this benchmark.
    """
    every: list[Program] = [KafkaStreams(), QuixStreams(cache_dir), Faust()]
    fitting = [peer for peer in every if bench in peer.benches]
    names = [peer.name for peer in fitting]
    if wrong := [name for name in only or () if name not in names]:
        raise Misconfigured([f"--peer {name}: the peers of {bench} are {', '.join(names)}" for name in wrong])
    return [peer for peer in fitting if not only or peer.name in only]


def available(programs: Sequence[Program], echo: Callable[[str], None]) -> tuple[list[Program], dict[str, str]]:
    """The peers that can run here, and why each other one cannot."""
    ready: list[Program] = []
    missing: dict[str, str] = {}
    for program in programs:
        try:
            echo(f"making {program.name} ready")
            program.make_ready()
            ready.append(program)
        except Unavailable as error:
            missing[program.name] = str(error)
    return ready, missing


def _is_older(product: Path, sources: Sequence[Path]) -> bool:
    return not product.exists() or product.stat().st_mtime < max(source.stat().st_mtime for source in sources)


def _run(command: list[str], folder: Path, problem: str) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=_BUILD_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{problem}: it took more than {_BUILD_SECONDS:.0f} s") from None
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()[-_LINES_SHOWN:]
        raise Unavailable(f"{problem}: {' | '.join(said)}")
