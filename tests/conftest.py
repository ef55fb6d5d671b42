"""What tests share: a real Kafka (Docker's where Docker answers, else the embedded one) and topics of their own."""

import contextlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest

from hub.cluster import EmbeddedKafka
from hub.cluster.jars import KAFKA_VERSION
from hub.cluster.probe import cluster_id, free_port
from hub.cluster.properties import server_properties
from hub.settings import load

# A busy machine is no failure: no test asserts a time.
hypothesis.settings.register_profile("hub", deadline=None)
hypothesis.settings.load_profile("hub")

_KAFKA_IMAGE = f"apache/kafka:{KAFKA_VERSION}"
_PULL_AND_START_SECONDS = 120


@dataclass(frozen=True)
class KafkaForTests:
    """A Kafka for tests: its address, where it came from, and how to end it."""

    bootstrap: str
    origin: str
    end: Callable[[], object]


def container_environment(port: int) -> dict[str, str]:
    """The embedded broker's settings as the official image takes them, reachable at the same port outside."""
    settings = server_properties(Path("/tmp/kafka"), port, port + 1 if port < 65535 else port - 1)
    settings["listeners"] = settings["listeners"].replace("127.0.0.1", "0.0.0.0")
    settings["log.dirs"] = "/tmp/kraft-combined-logs"
    return {"KAFKA_" + name.upper().replace(".", "_"): value for name, value in settings.items()}


def start_container() -> KafkaForTests:
    """Kafka's official image by testcontainers; raises whatever Docker raises when it cannot run it."""
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    port = free_port()
    container = DockerContainer(_KAFKA_IMAGE).with_bind_ports(port, port)
    for name, value in container_environment(port).items():
        container.with_env(name, value)
    started = LogMessageWaitStrategy("Kafka Server started").with_startup_timeout(_PULL_AND_START_SECONDS)
    container.waiting_for(started).start()
    return KafkaForTests(f"127.0.0.1:{port}", f"container {_KAFKA_IMAGE}", container.stop)


def docker_answers() -> bool:
    """True when a Docker daemon answers within three seconds."""
    import docker
    from docker.errors import DockerException

    try:
        docker.from_env(timeout=3).ping()
    except DockerException:
        return False
    return True


def choose(
    has_docker: Callable[[], bool], container: Callable[[], KafkaForTests], embedded: Callable[[], KafkaForTests]
) -> KafkaForTests:
    """The container where Docker can run it, else the embedded broker; never no Kafka, never a skip."""
    if not has_docker():
        return embedded()
    try:
        kafka = container()
        if cluster_id(kafka.bootstrap) is not None:
            return kafka
        problem = "it does not answer at its port"
        kafka.end()
    except Exception as error:  # noqa: BLE001 - whatever keeps Docker from it, the tests still need a Kafka
        problem = f"{type(error).__name__}: {error}"
    kafka = embedded()
    return KafkaForTests(
        kafka.bootstrap, f"{kafka.origin}; Docker could not run {_KAFKA_IMAGE}: {problem}", kafka.end
    )


def _embedded_in(
    folder: Path, cache: Path | None = None, echo: Callable[[str], None] = lambda _: None
) -> EmbeddedKafka:
    settings = load()
    return EmbeddedKafka(
        folder,
        free_port(),
        cache or settings.cache_dir,
        maven_url=settings.maven_url,
        start_seconds=settings.kafka_start_seconds,
        echo=echo,
    )


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of one real Kafka that all tests of the session share; topics must be made (`new_topic`)."""

    def embedded() -> KafkaForTests:
        broker = _embedded_in(tmp_path_factory.mktemp("kafka"))
        broker.start()
        return KafkaForTests(broker.bootstrap, f"embedded Kafka {KAFKA_VERSION}", broker.wipe)

    chosen = choose(docker_answers, start_container, embedded)
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\ntests run on {chosen.origin} at {chosen.bootstrap}")
    try:
        yield chosen.bootstrap
    finally:
        chosen.end()


@pytest.fixture
def kafka_broker(tmp_path: Path) -> Iterator[EmbeddedKafka]:
    """A running broker of the test's own, to `stop()`, `start()` or `kill()`; its address is `.bootstrap`."""
    broker = _embedded_in(tmp_path / "broker")
    broker.start()
    try:
        yield broker
    finally:
        broker.wipe()


@pytest.fixture
def new_broker() -> Iterator[Callable[..., EmbeddedKafka]]:
    """`new_broker(folder)` gives an embedded broker that is not started yet; all are wiped at the end."""
    made: list[EmbeddedKafka] = []

    def make(
        folder: Path, cache: Path | None = None, echo: Callable[[str], None] = lambda _: None
    ) -> EmbeddedKafka:
        made.append(_embedded_in(folder, cache, echo))
        return made[-1]

    yield make
    for broker in made:
        broker.wipe()


@pytest.fixture
def topic_prefix() -> str:
    """Begins the names of topics and groups that belong to this test alone."""
    return f"t{uuid.uuid4().hex[:12]}."


@pytest.fixture
def new_topic(kafka: str, topic_prefix: str) -> Iterator[Callable[..., str]]:
    """`new_topic("raw", partitions=2, **{"cleanup.policy": "compact"})` makes a topic and gives its full name."""
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient({"bootstrap.servers": kafka})
    made: list[str] = []

    def make(name: str = "topic", partitions: int = 1, **config: str) -> str:
        full = topic_prefix + name
        topic = NewTopic(full, num_partitions=partitions, replication_factor=1, config=config)
        admin.create_topics([topic])[full].result(30)
        made.append(full)
        return full

    yield make
    if made:
        for deleted in admin.delete_topics(made).values():
            with contextlib.suppress(Exception):
                deleted.result(30)


@pytest.fixture
def test_kafka_choice() -> Callable[..., KafkaForTests]:
    """The function that chooses between Docker and the embedded broker, for its own test."""
    return choose
