"""What a slot asks for when the group gives it partitions."""

from confluent_kafka import TopicPartition

from streams.runtime.session import Session


class Assigned:
    """Stands where Kafka's consumer stands, and notes what is assigned."""

    def __init__(self) -> None:
        self.places: list[list[TopicPartition]] = []

    def assign(self, places: list[TopicPartition]) -> None:
        self.places.append(places)


def test_no_place_stands_in_for_one_that_is_not_known_yet():
    """The end of the log, looked up for the time being, once replaced the true position: 279 records skipped."""
    session = Session.__new__(Session)
    consumer = Assigned()

    session._on_assign(consumer, [TopicPartition("raw.citymgmt", 3)])

    assert consumer.places == [[]]
