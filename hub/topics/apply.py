"""Makes a cluster's topics agree with the catalogue."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from hub.domain.errors import Misconfigured, Unavailable
from hub.topics.catalogue import Catalogue, Topic

_SECONDS = 30.0
_BOOTSTRAP_SECONDS = 5.0
# The catalogue's replication is the least; where it is one, the cluster's own default decides.
_CLUSTER_DEFAULT = -1


@dataclass(slots=True)
class Report:
    """What `apply` did: topics made, settings altered (topic → setting → new value), topics that agreed already."""

    created: list[str] = field(default_factory=list)
    altered: dict[str, dict[str, str]] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Drift:
    """How a cluster differs from the catalogue."""

    missing: list[Topic] = field(default_factory=list)
    settings: dict[str, dict[str, str]] = field(default_factory=dict)
    partitions: list[str] = field(default_factory=list)


def apply(bootstrap: str, catalogue: Catalogue) -> Report:
    """Create what is missing and alter what differs; a second call changes nothing.

    Raises:
        Misconfigured: a topic has another partition count; one line for each, with the fix. Nothing is changed.
        Unavailable: no Kafka answers there, or it refuses.
    """
    with _admin(bootstrap) as admin:
        found = _drift(admin, catalogue)
        if found.partitions:
            raise Misconfigured(found.partitions)
        _create(admin, found.missing)
        _alter(admin, found.settings)
    made = [topic.name for topic in found.missing]
    touched = {*made, *found.settings}
    unchanged = [topic.name for topic in catalogue.topics if topic.name not in touched]
    return Report(made, found.settings, unchanged)


def drift(bootstrap: str, catalogue: Catalogue) -> Drift:
    """How the cluster differs from the catalogue; changes nothing."""
    with _admin(bootstrap) as admin:
        return _drift(admin, catalogue)


@contextmanager
def _admin(bootstrap: str) -> Iterator[Any]:
    from kafka.admin import KafkaAdminClient
    from kafka.errors import KafkaError

    admin = None
    try:
        admin = KafkaAdminClient(
            bootstrap_servers=bootstrap.split(","),
            client_id="hub-topics",
            bootstrap_timeout_ms=int(_BOOTSTRAP_SECONDS * 1000),
        )
        yield admin
    except KafkaError as error:
        raise Unavailable(f"the topics at {bootstrap} cannot be read or changed: {error}") from error
    finally:
        if admin is not None:
            admin.close()


def _drift(admin: Any, catalogue: Catalogue) -> Drift:
    counts = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics()}
    present = [topic for topic in catalogue.topics if topic.name in counts]
    configs = _configs(admin, [topic.name for topic in present])
    found = Drift(missing=[topic for topic in catalogue.topics if topic.name not in counts])
    for topic in present:
        if counts[topic.name] != topic.partitions:
            found.partitions.append(_wrong_count(topic, counts[topic.name]))
        wanted = topic.config().items()
        wrong = {name: value for name, value in wanted if configs[topic.name].get(name) != value}
        if wrong:
            found.settings[topic.name] = wrong
    return found


def _wrong_count(topic: Topic, count: int) -> str:
    # More partitions would send a key to another partition than its earlier records: order within a case breaks.
    return (
        f"topic {topic.name} has {count} partitions, the catalogue says {topic.partitions}: "
        f"set its `partitions` in the catalogue to {count}, or start with empty data "
        "(embedded Kafka: hub down --wipe)"
    )


def _configs(admin: Any, names: list[str]) -> dict[str, dict[str, str]]:
    from kafka.admin import ConfigResource

    if not names:
        return {}
    found = admin.describe_configs([ConfigResource("TOPIC", name) for name in names], config_filter="all")
    topics = next(iter(found.values()))
    return {name: {key: data["value"] for key, data in config.items()} for name, config in topics.items()}


def _create(admin: Any, topics: list[Topic]) -> None:
    from kafka.errors import TopicAlreadyExistsError

    if not topics:
        return
    wanted = {
        topic.name: {
            "num_partitions": topic.partitions,
            "replication_factor": topic.replication if topic.replication > 1 else _CLUSTER_DEFAULT,
            "configs": topic.config(),
        }
        for topic in topics
    }
    # Two starts at once may both see a topic missing: who comes second finds it made.
    with suppress(TopicAlreadyExistsError):
        admin.create_topics(wanted, timeout_ms=int(_SECONDS * 1000))
    admin.wait_for_topics([topic.name for topic in topics], timeout_ms=int(_SECONDS * 1000))


def _alter(admin: Any, settings: dict[str, dict[str, str]]) -> None:
    """Alter the settings and wait until the brokers tell the new ones: they follow the controller with a delay."""
    from kafka.admin import ConfigResource

    if not settings:
        return
    answers = admin.alter_configs([ConfigResource("TOPIC", name, configs) for name, configs in settings.items()])
    refused = [f"{name}: {answer}" for name, answer in next(iter(answers.values())).items() if answer != "OK"]
    if refused:
        raise Misconfigured([f"Kafka refuses settings of topic {line}" for line in refused])
    deadline = time.monotonic() + _SECONDS
    while not _agree(_configs(admin, list(settings)), settings):
        if time.monotonic() > deadline:
            raise Unavailable(f"the new settings of {', '.join(settings)} are not in force after {_SECONDS:.0f} s")
        time.sleep(0.05)


def _agree(found: dict[str, dict[str, str]], wanted: dict[str, dict[str, str]]) -> bool:
    return all(found[name].get(key) == value for name, configs in wanted.items() for key, value in configs.items())
