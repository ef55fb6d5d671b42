"""The audit log under several writers at once: every act on record once, every chain unbroken."""

import threading
from collections.abc import Callable

import pytest

from hub.auditing import Act, AuditLog
from hub.domain.audit import is_chained
from hub.reading import Reader
from schemas.codec import codec

pytestmark = pytest.mark.integration


def _records(kafka: str, topic: str) -> list[dict]:
    with Reader(kafka) as reader:
        return [codec().decode(one.value) for one in reader.scan(topic)]


def test_three_writers_at_once_do_not_fork_a_chain(kafka: str, new_topic: Callable[..., str]) -> None:
    """Each takes the log from the others again and again; nothing is lost, nothing twice."""
    topic = new_topic("audit", partitions=2)
    logs = [AuditLog(kafka, topic, 2, codec(), lambda: 1_000) for _ in range(3)]

    def work(number: int) -> None:
        for step in range(2):
            logs[number].write(Act("endpoint/EP-1", f"writer {number}", "looked", str(step)))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    found = _records(kafka, topic)

    assert is_chained(found)
    assert sorted((one["actor"], one["reason"]) for one in found) == sorted(
        (f"writer {number}", str(step)) for number in range(3) for step in range(2)
    )


def test_a_new_writer_goes_on_where_the_last_one_ended(kafka: str, new_topic: Callable[..., str]) -> None:
    """Several acts of one call are chained among themselves too; each subject has its own chain."""
    topic = new_topic("audit", partitions=2)
    AuditLog(kafka, topic, 2, codec(), lambda: 1).write(Act("a", "li", "did"), Act("b", "li", "did"))
    AuditLog(kafka, topic, 2, codec(), lambda: 2).write(Act("a", "wang", "did"), Act("a", "wang", "did again"))

    found = _records(kafka, topic)

    assert is_chained([one for one in found if one["subject"] == "a"])
    assert is_chained([one for one in found if one["subject"] == "b"])
    assert len(found) == 4
