"""Which Kafka the hub works on. The order: the setting, a broker that is already up, the embedded one."""

from dataclasses import dataclass
from typing import Any

from hub.cluster import probe
from hub.cluster.embedded import EmbeddedKafka
from hub.cluster.jars import Echo
from hub.cluster.properties import CLUSTER_ID_PREFIX
from hub.domain.errors import Unavailable
from hub.settings import Settings


@dataclass(slots=True, frozen=True)
class Kafka:
    """The Kafka that was chosen. `started` says that this call started it."""

    bootstrap: str
    embedded: bool
    started: bool


def _silent(_line: str) -> None:
    """Say nothing."""


def embedded(settings: Settings, echo: Echo = _silent) -> EmbeddedKafka:
    """The embedded Kafka as the settings want it, running or not."""
    return EmbeddedKafka(
        settings.data_dir,
        settings.kafka_port,
        settings.cache_dir,
        maven_url=settings.maven_url,
        heap=settings.kafka_heap,
        start_seconds=settings.kafka_start_seconds,
        echo=echo,
    )


def find(settings: Settings) -> Kafka | None:
    """The Kafka of the setting, or one that is already up; None when neither is there. Starts nothing."""
    if settings.bootstrap is not None:
        return Kafka(settings.bootstrap, embedded=False, started=False)
    running = embedded(settings).find_running()
    if running is not None:
        return Kafka(running.bootstrap, embedded=True, started=False)
    address = f"127.0.0.1:{settings.kafka_port}"
    found = probe.cluster_id(address, seconds=1.0)
    # A broker of another hub's data folder is not for us: two hubs on one Kafka would fence each other's workers.
    if found is not None and not found.startswith(CLUSTER_ID_PREFIX):
        return Kafka(address, embedded=False, started=False)
    return None


def up(settings: Settings, echo: Echo = _silent) -> Kafka:
    """A Kafka that answers, started when there is none yet.

    Raises:
        Unavailable: the one of the setting does not answer, or the embedded one cannot start.
    """
    found = find(settings)
    if found is None:
        broker, started = embedded(settings, echo).start()
        return Kafka(broker.bootstrap, embedded=True, started=started)
    if settings.bootstrap is not None and probe.cluster_id(found.bootstrap) is None:
        raise Unavailable(
            f"no Kafka answers at {found.bootstrap} (HUB_BOOTSTRAP or --bootstrap)\n"
            "  fix: start it, name another, or leave the setting away for the embedded one"
        )
    return found


def running(settings: Settings) -> str:
    """The address of a Kafka that is there already; for commands that read or send and start nothing."""
    found = find(settings)
    if found is None:
        raise Unavailable("no Kafka is running\n  fix: hub up, or name one with --bootstrap or HUB_BOOTSTRAP")
    return found.bootstrap


def choose_kafka(settings: Settings) -> str:
    """The address of the Kafka to work on, started when there is none yet."""
    return up(settings).bootstrap


def down(settings: Settings, *, wipe: bool = False, echo: Echo = _silent) -> bool:
    """Stop the embedded Kafka; with `wipe` remove the data folder. True when one was running."""
    kafka = embedded(settings, echo)
    was_running = kafka.stop()
    if wipe:
        kafka.wipe()
    return was_running


def status(settings: Settings) -> dict[str, Any]:
    """What can be said of the chosen Kafka without starting one."""
    found = find(settings)
    if found is None:
        return {"running": False, "bootstrap": f"127.0.0.1:{settings.kafka_port}", "embedded": True}
    facts: dict[str, Any] = {
        "running": not settings.bootstrap or probe.cluster_id(found.bootstrap) is not None,
        "bootstrap": found.bootstrap,
        "embedded": found.embedded,
    }
    broker = embedded(settings).find_running() if found.embedded else None
    if broker is not None:
        facts |= {"pid": broker.pid, "version": broker.version, "data_dir": str(settings.data_dir)}
    return facts
