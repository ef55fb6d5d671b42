"""The embedded Kafka: started once, found again, back after a crash, gone after a wipe."""

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from hub import cluster
from hub.cluster import EmbeddedKafka, probe
from hub.domain.errors import Unavailable
from hub.settings import Settings, load

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a hub of its own; its broker is started by the first test and serves the module."""
    given = load(data_dir=tmp_path_factory.mktemp("hub") / "data", kafka_port=probe.free_port())
    yield given
    cluster.down(given, wipe=True)


def _write(bootstrap: str, topic: str, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})
    producer.produce(topic, value)
    assert producer.flush(20) == 0


def _first(bootstrap: str, topic: str) -> bytes | None:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    record = consumer.poll(20)
    consumer.close()
    return None if record is None else record.value()


def test_starts_at_once_make_one_broker(settings: Settings) -> None:
    """Two `hub up` at the same moment: one starts Kafka, the other finds it."""
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: cluster.up(settings), range(2)))

    assert sorted(kafka.started for kafka in found) == [False, True]
    assert {kafka.bootstrap for kafka in found} == {f"127.0.0.1:{settings.kafka_port}"}
    assert all(kafka.embedded for kafka in found)


def test_a_second_start_finds_the_running_one(settings: Settings) -> None:
    """Also when another port is asked for meanwhile: one data folder has one broker."""
    cluster.up(settings)

    again = cluster.up(settings.model_copy(update={"kafka_port": probe.free_port()}))

    assert (again.started, again.bootstrap) == (False, f"127.0.0.1:{settings.kafka_port}")
    facts = cluster.status(settings)
    assert (facts["running"], facts["embedded"], facts["version"]) == (True, True, "4.3.1")


def test_a_broker_given_by_setting_is_used(settings: Settings, tmp_path: Path) -> None:
    """No second broker, no data folder."""
    kafka = cluster.up(settings)
    given = load(bootstrap=kafka.bootstrap, data_dir=tmp_path / "other")

    found = cluster.up(given)

    assert (found.embedded, found.started, found.bootstrap) == (False, False, kafka.bootstrap)
    assert not (tmp_path / "other").exists()


def test_another_hubs_broker_at_the_port_is_not_taken(settings: Settings, tmp_path: Path) -> None:
    """Two hubs on one Kafka would fence each other's workers; the message tells whose it is and the fix."""
    cluster.up(settings)
    other = settings.model_copy(update={"data_dir": tmp_path / "other"})

    with pytest.raises(Unavailable, match=r"held by the Kafka of another hub's data folder \(java, pid \d+\)"):
        cluster.up(other)


def test_the_port_is_free_again_and_the_data_gone_after_a_wipe(settings: Settings) -> None:
    """`hub down --wipe` removes the one folder; no process stays behind."""
    cluster.up(settings)
    broker = cluster.embedded(settings).find_running()
    assert broker is not None

    assert cluster.down(settings, wipe=True) is True

    assert not settings.data_dir.exists()
    assert not psutil.pid_exists(broker.pid) or not broker.is_alive()
    assert probe.is_free(settings.kafka_port)


def test_a_killed_broker_is_noticed_and_comes_back_with_its_data(
    kafka_broker: EmbeddedKafka,
) -> None:
    """kill -9 leaves a state file of a dead process: it is told, and what was acknowledged is still there."""
    admin = AdminClient({"bootstrap.servers": kafka_broker.bootstrap})
    admin.create_topics([NewTopic("kept", 1, 1)])["kept"].result(20)
    _write(kafka_broker.bootstrap, "kept", b"acknowledged")
    before = kafka_broker.find_running()
    kafka_broker.kill()
    assert kafka_broker.find_running() is None

    after, started = kafka_broker.start()

    assert started
    assert before is not None
    assert after.pid != before.pid
    assert _first(kafka_broker.bootstrap, "kept") == b"acknowledged"


def test_data_of_another_cluster_is_refused_with_the_reason(
    tmp_path: Path, new_broker: Callable[..., EmbeddedKafka]
) -> None:
    """A folder whose identity was altered does not start; the message shows Kafka's words, the log and the fix."""
    broker = new_broker(tmp_path / "data")
    broker.start()
    broker.stop()
    meta = tmp_path / "data" / "kafka" / "data" / "meta.properties"
    meta.write_text(meta.read_text().replace("node.id=1", "node.id=7"))

    with pytest.raises(Unavailable, match=r"(?s)kafka\.log.*node.*fix: .*hub down --wipe") as error:
        broker.start()

    assert "Kafka ended while starting" in str(error.value)


def test_a_cut_jar_is_fetched_again(tmp_path: Path, new_broker: Callable[..., EmbeddedKafka]) -> None:
    """The cache is repaired before Java sees it."""
    cache = tmp_path / "缓存 1"
    shutil.copytree(load().cache_dir / "maven", cache / "maven", dirs_exist_ok=True)
    for listing in load().cache_dir.glob("kafka-*.json"):
        shutil.copy(listing, cache)
    jar = next((cache / "maven").rglob("kafka-clients-*.jar"))
    whole = jar.read_bytes()
    os.truncate(jar, len(whole) // 2)
    said: list[str] = []

    # A home may have a name that is neither ASCII nor one word.
    new_broker(tmp_path / "李 雷", cache=cache, echo=said.append).start()

    assert f"{jar.name} is missing or damaged: fetching it again" in said
    assert jar.read_bytes() == whole
