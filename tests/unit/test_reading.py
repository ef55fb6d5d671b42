"""Partitions of keys, as every client of the hub must choose them."""

import pytest

from hub.domain.errors import Unavailable
from hub.reading import Reader, Stored, partition_of

# From Kafka's own UtilsTest: murmur2 of these strings.
MURMUR2 = {b"21": -973932308, b"foobar": -790332482, b"a-little-bit-long-string": -985981536, b"abc": 479470107}


@pytest.mark.parametrize(("key", "hashed"), MURMUR2.items())
def test_a_key_goes_where_kafkas_java_client_puts_it(key, hashed):
    """The sign bit is dropped, then modulo the number of partitions."""
    assert partition_of(key, 6) == (hashed & 0x7FFFFFFF) % 6


def test_every_partition_is_used():
    """A thousand case ids spread over all six, none with more than twice its share."""
    counts = [0] * 6
    for number in range(1000):
        counts[partition_of(f"hotline:HL{number}".encode(), 6)] += 1

    assert min(counts) > 80
    assert max(counts) < 333


def test_a_record_is_named_by_its_coordinates():
    """topic/partition/offset, as trace prints it."""
    assert Stored("case.events", 3, 17, None, None, [], 0).place == "case.events/3/17"


def test_no_broker_is_told_with_the_next_step(monkeypatch):
    """Not a hang and not a traceback."""
    monkeypatch.setattr("hub.reading._SECONDS", 0.5)
    with Reader("127.0.0.1:1") as reader, pytest.raises(Unavailable, match="hub up"):
        reader.partitions("case.events")


def test_a_scan_does_not_wait_for_ever(monkeypatch):
    """A broker that dies while it is read from: told after some seconds."""
    monkeypatch.setattr("hub.reading._SECONDS", 0.5)
    monkeypatch.setattr("hub.reading._POLL_SECONDS", 0.1)
    with Reader("127.0.0.1:1") as reader, pytest.raises(Unavailable, match=r"case\.events"):
        list(reader.scan("case.events", partition=0))
