"""`hub topics apply` against a real Kafka: made once, altered when they differ, never repartitioned."""

import time
from collections.abc import Callable

import pytest
from confluent_kafka.admin import AdminClient
from kafka.admin import ConfigResource, KafkaAdminClient

from hub.domain.errors import Misconfigured, Unavailable
from hub.settings import load
from hub.topics import Catalogue, apply, catalogue, drift

pytestmark = pytest.mark.integration


@pytest.fixture
def topics(topic_prefix: str) -> Catalogue:
    """The released catalogue under names of this test's own."""
    released = catalogue(load().topics_file)
    prefix = "".join(chr(ord("g") + int(digit, 16)) for digit in topic_prefix[1:-1])
    data = released.model_dump(by_alias=True)
    return Catalogue.model_validate(
        {
            "partitions": 2,
            "defaults": {"replication": 1, "cleanup": "delete", "retention": "30d", "max_message": "2MiB"},
            "topics": {
                f"{prefix}_{name}": {
                    "doc": entry["doc"],
                    "schema": entry["schema"],
                    "producers": ["a"],
                    "consumers": ["b"],
                }
                for name, entry in data["topics"].items()
            },
        }
    )


def test_a_second_apply_changes_nothing(kafka: str, topics: Catalogue) -> None:
    """All topics are made with the catalogue's partitions and settings; after that there is nothing to do."""
    first = apply(kafka, topics)
    second = apply(kafka, topics)

    names = [topic.name for topic in topics.topics]
    assert first.created == names
    assert (second.created, second.altered, second.unchanged) == ([], {}, names)
    found = AdminClient({"bootstrap.servers": kafka}).list_topics(timeout=10).topics
    assert {len(found[name].partitions) for name in names} == {2}


def test_a_setting_that_somebody_changed_is_put_right(kafka: str, topics: Catalogue) -> None:
    """Retention is what the catalogue says, whoever altered it by hand."""
    apply(kafka, topics)
    name = topics.topics[0].name
    with_hand = KafkaAdminClient(bootstrap_servers=kafka)
    with_hand.alter_configs([ConfigResource("TOPIC", name, {"retention.ms": "1000"})])
    with_hand.close()

    wanted = {name: {"retention.ms": topics.topics[0].config()["retention.ms"]}}
    # Brokers learn of a change a moment after the controller has it.
    deadline = time.monotonic() + 15
    while not drift(kafka, topics).settings and time.monotonic() < deadline:
        time.sleep(0.1)
    assert apply(kafka, topics).altered == wanted
    assert drift(kafka, topics).settings == {}


def test_another_partition_count_is_an_error_that_names_the_fix(
    kafka: str, topics: Catalogue, new_topic: Callable[..., str]
) -> None:
    """Adding partitions would part a case's later records from its earlier ones, so nothing at all is changed."""
    first, second = topics.topics[0].name, topics.topics[1].name
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.create_topics({first: {"num_partitions": 5, "replication_factor": 1}}, wait_for_metadata=True)

    with pytest.raises(Misconfigured, match=rf"topic {first} has 5 partitions, the catalogue says 2: set") as error:
        apply(kafka, topics)

    assert len(error.value.problems) == 1
    assert second not in admin.list_topics()
    admin.close()


def test_without_a_kafka_the_address_is_named() -> None:
    """Exit code 1, not a stack trace."""
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9"):
        apply("127.0.0.1:9", catalogue(load().topics_file))
