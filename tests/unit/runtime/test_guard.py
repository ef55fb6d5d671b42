"""The guard of hung transactions."""

import threading

from streams.runtime.guard import Guard


def test_a_transaction_that_hangs_ends_the_process():
    """librdkafka's commit may never return after a broker was killed: the slot must not wait for it."""
    ended = threading.Event()
    with Guard("unify-0", lambda: 31.0, 30.0, ended.set):
        assert ended.wait(5)


def test_a_transaction_within_its_time_is_left_alone():
    """Neither a young one nor none at all is a reason to end."""
    ended: list[str] = []
    for age in (0.0, 29.9, 30.0):
        assert not Guard("unify-0", lambda age=age: age, 30.0, lambda: ended.append("ended")).look()
    assert ended == []
