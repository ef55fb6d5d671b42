"""Brings the whole hub up on one machine and takes it down: Kafka, topics, workers."""

import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hub import cluster, processes
from hub.city import load_city
from hub.cluster import probe
from hub.domain.city import City
from hub.domain.errors import Misconfigured, Unavailable
from hub.edges import Edge
from hub.edges.setup import wanted
from hub.settings import Settings
from hub.stages import STAGES as STAGES
from hub.topics import apply, catalogue

_READY_SECONDS = 60.0


@dataclass(slots=True, frozen=True)
class Up:
    """What `up` found or started."""

    bootstrap: str
    embedded: bool
    kafka_started: bool
    workers_started: bool


def up(
    settings: Settings,
    echo: Callable[[str], None],
    environment: Callable[[], Mapping[str, str]] = dict,
) -> Up:
    """Start what does not run yet: Kafka (unless one is given), the topics, the supervised workers.

    `environment` is asked, just before workers are started, for what they get beside the hub's own variables.

    Raises:
        Misconfigured: settings, catalogue or city folder are wrong; nothing was started.
        Unavailable: a port is taken, Kafka or a worker does not come up.
    """
    catalogue()
    city_of(settings)
    supervised = _supervised(settings)
    if not supervised:
        _refuse_taken_ports(slots(settings), settings)
    kafka = cluster.up(settings, echo)
    echo(f"Kafka {'started' if kafka.started else 'runs'} at {kafka.bootstrap}")
    report = apply(kafka.bootstrap, catalogue())
    if report.created:
        echo(f"{len(report.created)} topics made")
    if supervised:
        echo(f"workers run already: {', '.join(supervised)}")
    else:
        _start_workers(settings, kafka.bootstrap, environment(), echo)
    return Up(kafka.bootstrap, kafka.embedded, kafka.started, workers_started=not supervised)


def down(settings: Settings, *, wipe: bool, echo: Callable[[str], None]) -> bool:
    """Stop the workers, then the embedded Kafka; with `wipe` remove its data. True when something ran."""
    workers = processes.stop_all(settings.data_dir, echo)
    kafka = cluster.down(settings, wipe=wipe, echo=echo)
    return bool(workers) or kafka


def supervise(settings: Settings) -> None:
    """Run the supervisor in this process until it is told to stop."""
    processes.Supervisor(settings.data_dir, slots(settings)).run()


def slots(settings: Settings) -> list[processes.Slot]:
    """The processes of this hub: the workers of each stage, then the edges that are wanted."""
    workers = processes.slots(STAGES, settings.workers, settings.metrics_port)
    edges = processes.edge_slots(wanted(settings), settings.metrics_port + len(workers))
    return [*workers, *edges]


def city_of(settings: Settings) -> City:
    """The city of the settings; what is wrong with it is told with the folder's name."""
    try:
        return load_city(settings.city)
    except Misconfigured as wrong:
        place = f"city folder {settings.city} (HUB_CITY) cannot be used:"
        raise Misconfigured([place, *wrong.problems]) from None


def _supervised(settings: Settings) -> list[str]:
    """The processes that a living supervisor keeps. Workers left without one are stopped: nobody keeps them."""
    running = [process for process in processes.known(settings.data_dir) if process.is_alive()]
    if any(process.name == processes.SUPERVISOR for process in running):
        return [process.name for process in running]
    for orphan in running:
        processes.stop(orphan)
    return []


def _refuse_taken_ports(wanted_slots: list[processes.Slot], settings: Settings) -> None:
    for slot in wanted_slots:
        port = slot.metrics_port
        if not probe.is_free(port):
            raise Unavailable(
                f"port {port}, for the metrics of {slot.name}, is taken ({probe.holder(port)})\n"
                f"  fix: HUB_METRICS_PORT={probe.free_port()} hub up, or stop the other one"
            )
    serves_http = any(slot.name == Edge.HTTP for slot in wanted_slots)
    if serves_http and not probe.is_free(settings.http_port):
        raise Unavailable(
            f"port {settings.http_port}, for intake and gateway, is taken ({probe.holder(settings.http_port)})\n"
            f"  fix: HUB_HTTP_PORT={probe.free_port()} hub up, or stop the other one"
        )


def _start_workers(
    settings: Settings, bootstrap: str, more: Mapping[str, str], echo: Callable[[str], None]
) -> None:
    command = [sys.executable, "-m", "hub.cli", "supervise", "--workers", str(settings.workers)]
    environment = {"HUB_BOOTSTRAP": bootstrap, "HUB_DATA_DIR": str(settings.data_dir), **more}
    child = processes.spawn(command, settings.data_dir / "logs" / "supervisor.log", environment)
    processes.remember(settings.data_dir, processes.SUPERVISOR, child.pid)
    started = slots(settings)
    for slot in started:
        _wait_until_ready(settings, slot, child.poll)
    echo(f"workers started: {', '.join(slot.name for slot in started)}")


def _wait_until_ready(settings: Settings, slot: processes.Slot, supervisor_ended: Callable[[], int | None]) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if is_ready(slot.metrics_port):
            return
        if supervisor_ended() is not None:
            break
        time.sleep(0.1)
    log = settings.data_dir / "logs" / f"{slot.name}.log"
    raise Unavailable(f"{slot.name} did not become ready in {_READY_SECONDS:.0f} s; its log: {log}")


def is_ready(port: int) -> bool:
    """True when the process on that metrics port says it has its partitions and works."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
