"""Reads what the topics hold, committed records only, as the checker compares it."""

from collections.abc import Iterable

from hub.chaos.compare import Log
from hub.reading import Reader, Stored
from streams.runtime.api import Record


def read_log(bootstrap: str, topics: Iterable[str]) -> Log:
    """All committed records of the topics."""
    with Reader(bootstrap) as reader:
        return {topic: [_record(stored) for stored in reader.scan(topic)] for topic in topics}


def _record(stored: Stored) -> Record:
    return Record(
        stored.topic,
        stored.partition,
        stored.offset,
        stored.key,
        stored.value,
        stored.headers,
        stored.timestamp,
    )
