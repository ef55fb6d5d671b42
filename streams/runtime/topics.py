"""Are the topics that a processor needs there, with one partition count, and which ones exactly?"""

from typing import NamedTuple

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from hub.domain.errors import Unavailable


class NoAnswer(Unavailable):
    """No broker answered; nothing is known about the topics."""


class Topics(NamedTuple):
    """The cluster and the identity of each topic: a topic deleted and made again is another one."""

    cluster: str
    ids: dict[str, str]


def look_up(admin: AdminClient, together: list[str], others: list[str], timeout: float = 5.0) -> Topics:
    """All topics, or `Unavailable` with what is missing. `together` must have one partition count."""
    names = [*together, *others]
    try:
        metadata = admin.list_topics(timeout=timeout)
    except KafkaException as error:
        raise NoAnswer(f"no broker answers: {error.args[0].str()}") from error
    missing = sorted(set(names) - set(metadata.topics))
    if missing:
        raise Unavailable(f"topic {', '.join(missing)} is missing; apply the topic catalogue")
    counts = {name: len(metadata.topics[name].partitions) for name in together}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
        raise Unavailable(f"topics processed together differ in their partition count: {listed}")
    ids = {}
    described = admin.describe_topics(TopicCollection(names), request_timeout=timeout)
    for name, future in described.items():
        try:
            ids[name] = str(future.result().topic_id)
        except KafkaException as error:
            raise Unavailable(f"topic {name}: {error.args[0].str()}") from error
    return Topics(str(metadata.cluster_id), ids)
