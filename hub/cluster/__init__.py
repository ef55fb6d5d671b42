"""The Kafka of the hub: one that is given, one that runs already, or the embedded one."""

from hub.cluster.choice import Kafka, choose_kafka, down, embedded, running, status, up
from hub.cluster.embedded import Broker, EmbeddedKafka

__all__ = ["Broker", "EmbeddedKafka", "Kafka", "choose_kafka", "down", "embedded", "running", "status", "up"]
