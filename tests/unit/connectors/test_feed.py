"""The feed of the edges, where the client tells of an error among the records it gives."""

import pytest
from confluent_kafka import KafkaError, KafkaException

from connectors import feed
from connectors.feed import Feed
from hub.domain.errors import Unavailable


class Given:
    """What librdkafka hands over: a record, or an error in its place."""

    def __init__(self, offset: int, error: KafkaError | None = None) -> None:
        self._offset, self._error = offset, error

    def error(self) -> KafkaError | None:
        return self._error

    def topic(self) -> str:
        return "notices"

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self._offset

    def key(self) -> bytes:
        return b"case"

    value = key

    def headers(self) -> None:
        return None

    def timestamp(self) -> tuple[int, int]:
        return (1, 1_790_000_000_000)


class Client:
    """Gives what it was told to, a list a call; an exception is raised."""

    def __init__(self, *answers: list[Given] | KafkaException) -> None:
        self._answers = list(answers)

    def list_topics(self, timeout: float) -> None:
        return None

    def assign(self, places: list[object]) -> None:
        return None

    def consume(self, most: int, seconds: float) -> list[Given]:
        answer = self._answers.pop(0) if self._answers else []
        if isinstance(answer, KafkaException):
            raise answer
        return answer


BROKER_GONE = KafkaError(KafkaError._TRANSPORT)


def _feed(monkeypatch, *answers) -> Feed:
    monkeypatch.setattr(feed, "Consumer", lambda *_, **__: Client(*answers))
    return Feed("localhost:1", ("notices",), 1, {})


def test_records_beside_an_error_are_given_before_it_is_raised(monkeypatch):
    """The client does not give a record twice: dropped with the error, it would be lost for good."""
    reading = _feed(monkeypatch, [Given(0)], [Given(1), Given(-1, BROKER_GONE), Given(2)])

    messages, after = reading.poll()

    assert [one.offset for one in messages] == [0, 1, 2]
    assert after == {("notices", 0): 3}
    with pytest.raises(Unavailable, match="_TRANSPORT"):
        reading.poll()
    assert reading.poll() == ([], {})


def test_a_record_is_not_lost_with_the_rest_that_could_not_be_had(monkeypatch):
    """The first record came, the call for more failed."""
    reading = _feed(monkeypatch, [Given(0)], KafkaException(BROKER_GONE))

    assert [one.offset for one in reading.poll()[0]] == [0]
    with pytest.raises(Unavailable):
        reading.poll()
