"""Reads what the topics hold, committed records only, as the checker compares it."""

from collections.abc import Iterable

from hub.chaos.compare import Log
from hub.reading import Reader
from hub.replay import record_of


def read_log(bootstrap: str, topics: Iterable[str]) -> Log:
    """All committed records of the topics."""
    with Reader(bootstrap) as reader:
        return {topic: [record_of(stored) for stored in reader.scan(topic)] for topic in topics}
