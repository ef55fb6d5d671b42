"""After a crash: lets the controller give up the dead broker before the broker starts again.

Otherwise Kafka 4.3.1 may lose transactions that a single node has committed. The new broker loads those that were
being completed while it still holds itself for the leader; then the controller fences its former self and no
partition has a leader; `KRaftMetadataCache.getPartitionLeaderEndpoint` answers the same as for a deleted topic, and
`TransactionMarkerChannelManager` leaves the commit markers out.
Figures: docs/decisions/005-fence-the-crashed-broker-first.md
"""

import contextlib
import subprocess
import time
from pathlib import Path

from hub.cluster.properties import LOG4J, write_properties

# Kafka writes this file at the end of an orderly shutdown, and takes it away at its next start.
_CLEAN = ".kafka_cleanshutdown"
# What the controller says, at INFO only: it works; it has decided; the decision stands in its log. The last is said
# of older decisions too, when the log is read back, so only what follows the decision counts.
_SPEAKER = "org.apache.kafka.controller"
_WORKS = "Activated periodic tasks"
_DECIDED = "Fencing broker"
_FENCED = "fenced=1,"
_SESSION_MS = 1000
# A broker that had been fenced before is not fenced again, and nothing is said.
_SILENCE_SECONDS = 3.0
_MOST_SECONDS = 30.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.05
_BROKER_ONLY = ("advertised.listeners", "inter.broker.listener.name")


def has_crashed(folder: Path) -> bool:
    """True when the broker of this folder ran and did not shut down in order."""
    data = folder / "data"
    return (data / "meta.properties").is_file() and not (data / _CLEAN).exists()


def controller_properties(server: dict[str, str]) -> dict[str, str]:
    """The settings of the node as a controller alone, quick to give a silent broker up."""
    listeners = server["listeners"].split(",")
    return {
        **{name: value for name, value in server.items() if name not in _BROKER_ONLY},
        "process.roles": "controller",
        "listeners": next(listener for listener in listeners if listener.startswith("CONTROLLER:")),
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT",
        "broker.session.timeout.ms": str(_SESSION_MS),
    }


def fence(command: list[str], main: str, server: dict[str, str], folder: Path, environment: dict[str, str]) -> bool:
    """Run the controller alone until it has fenced the dead broker. True when it says so.

    False after a while, or when the controller ends by itself: the broker's own start then tells what is wrong.
    """
    properties = folder / "controller.properties"
    write_properties(properties, controller_properties(server))
    logging = folder / "controller-log4j2.yaml"
    logging.write_text(f"{LOG4J}      - name: {_SPEAKER}\n        level: info\n")
    log = folder / "controller.log"
    with log.open("wb") as sink:
        child = subprocess.Popen(
            [*command, f"-Dlog4j2.configurationFile={logging}", main, str(properties)],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environment,
        )
    try:
        return _wait_until_fenced(child, log)
    finally:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_STOP_SECONDS)
        child.kill()
        child.wait()


def _wait_until_fenced(child: subprocess.Popen[bytes], log: Path) -> bool:
    deadline = time.monotonic() + _MOST_SECONDS
    works_since: float | None = None
    while time.monotonic() < deadline and child.poll() is None:
        said = log.read_text(errors="replace")
        decided = said.find(_DECIDED)
        if decided >= 0 and said.find(_FENCED, decided) >= 0:
            return True
        if works_since is None and _WORKS in said:
            works_since = time.monotonic()
        if works_since is not None and time.monotonic() - works_since > _SILENCE_SECONDS and decided < 0:
            return False
        time.sleep(_POLL_SECONDS)
    return False
