"""A crash of the embedded Kafka loses no transaction whose commit it has acknowledged."""

import threading

import pytest
from confluent_kafka import KafkaException, Producer

from hub.cluster import EmbeddedKafka
from hub.reading import Reader

PRODUCERS = 6
PARTITIONS = 24


@pytest.mark.integration
def test_acknowledged_commits_survive_kill_9_of_the_broker(kafka_broker: EmbeddedKafka):
    """Producers commit as fast as they can, so that some transaction is just being completed at the moment."""
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient({"bootstrap.servers": kafka_broker.bootstrap})
    admin.create_topics([NewTopic("committed", PARTITIONS, 1)])["committed"].result()
    acknowledged: set[bytes] = set()
    enough = threading.Barrier(PRODUCERS + 1)

    def commit_until_the_broker_dies(name: int) -> None:
        producer = _producer(kafka_broker, name)
        producer.init_transactions(30)
        number = 0
        while True:
            values = [b"%d/%d/%d" % (name, number, partition) for partition in range(PARTITIONS)]
            try:
                producer.begin_transaction()
                for partition, value in enumerate(values):
                    producer.produce("committed", value, partition=partition)
                producer.commit_transaction(5)
            except KafkaException:
                return
            acknowledged.update(values)
            number += 1
            if number == 5:
                enough.wait(60)

    threads = [threading.Thread(target=commit_until_the_broker_dies, args=(n,)) for n in range(PRODUCERS)]
    for thread in threads:
        thread.start()
    enough.wait(60)
    kafka_broker.kill()
    kafka_broker.start()
    for thread in threads:
        thread.join(60)
    for name in range(PRODUCERS):
        # What was open is decided now, so that nothing hides behind it.
        _producer(kafka_broker, name).init_transactions(30)
    with Reader(kafka_broker.bootstrap) as reader:
        seen = {stored.value for stored in reader.scan("committed")}

    assert len(acknowledged) >= PRODUCERS * PARTITIONS * 5
    assert acknowledged <= seen


def _producer(broker: EmbeddedKafka, name: int) -> Producer:
    settings = {"bootstrap.servers": broker.bootstrap, "transactional.id": f"crash-{name}", "log_level": 0}
    return Producer(settings)
