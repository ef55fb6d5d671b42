"""Worker processes come, go, take over and give up."""

import signal
import time

import pytest
from confluent_kafka.admin import AdminClient

from hub.cluster.probe import free_port

pytestmark = pytest.mark.integration


def test_sigterm_finishes_the_batch_and_leaves_nothing_hanging(bench):
    """The batch in hand is committed, the exit code is 0, and a successor starts without replaying."""
    for _ in range(3):
        bench.send(b"a", {"slow": 0.5})
    worker = bench.start()
    worker.wait_for_log("ready")
    time.sleep(0.3)
    assert worker.terminate() == 0
    assert "drained" in worker.log
    again = bench.start()
    again.wait_for_log("ready")
    bench.wait_for(3)
    assert again.terminate() == 0
    assert again.replayed() == 0
    assert bench.outputs() == [b"a=1", b"a=2", b"a=3"]


def test_a_killed_worker_takes_its_partitions_back_at_once(bench):
    """Static membership: the restart comes long before the session would time out."""
    expected = bench.send_many(20)
    first = bench.start(session_timeout_ms=30_000)
    bench.wait_for(20)
    first.kill()
    began = time.monotonic()
    second = bench.start(session_timeout_ms=30_000)
    second.wait_for_log("ready")
    assert time.monotonic() - began < 20
    assert second.terminate() == 0
    assert bench.outputs() == expected


def test_a_second_process_of_the_same_slot_ends_the_first(bench):
    """Two processes of one slot: the older one is fenced and says so; every record counts once."""
    expected = bench.send_many(20)
    first = bench.start()
    bench.wait_for(20)
    second = bench.start()
    assert first.wait() == 1
    assert "another process runs this slot" in first.log
    expected = sorted([*expected, b"z=1"])
    bench.send(b"z", {})
    bench.producer.flush()
    bench.wait_for(21)
    assert second.terminate() == 0
    assert bench.outputs() == expected


def test_partitions_move_between_workers_without_loss_or_doubles(bench):
    """A second slot joins while records flow; later it dies and the first takes over what it had."""
    expected = bench.send_many(100)
    first = bench.start(batch_size=10)
    first.wait_for_log("ready")
    second = bench.start(slot=1, batch_size=10)
    second.wait_for_log("ready")
    first.wait_for_log("ready", times=2)
    for number in range(10):
        for key in range(10):
            bench.send(b"k%d" % key, {})
            expected.append(b"k%d=%d" % (key, 11 + number))
    bench.producer.flush()
    bench.wait_for(200)
    second.kill()
    bench.send(b"k0", {})
    bench.send(b"k1", {})
    bench.send(b"k2", {})
    expected += [b"k0=21", b"k1=21", b"k2=21"]
    bench.producer.flush()
    bench.wait_for(203)
    assert first.terminate() == 0
    assert bench.outputs() == sorted(expected)
    assert bench.tallies()["accepted.test"] == 203


def test_a_worker_that_was_paused_past_its_session_changes_nothing(bench):
    """Stopped in the middle, its partitions gone to another: it is fenced out when it wakes up."""
    expected = bench.send_many(40)
    first = bench.start(batch_size=10)
    bench.wait_for(40)
    first.process.send_signal(signal.SIGSTOP)
    try:
        other = bench.start(slot=1, folder="another machine")
        other.wait_for_log("partitions 0,1 ready")
        bench.send(b"z", {})
        bench.producer.flush()
        bench.wait_for(41)
    finally:
        first.process.send_signal(signal.SIGCONT)
    bench.send(b"y", {})
    bench.producer.flush()
    bench.wait_for(42)
    assert other.terminate() == 0
    first.kill()
    assert bench.outputs() == sorted([*expected, b"y=1", b"z=1"])


def test_a_broker_that_is_down_at_start_is_waited_for_and_then_given_up(bench):
    """A clear line for each attempt, exit code 1 after the set time."""
    bench.bootstrap = f"127.0.0.1:{free_port()}"
    worker = bench.start(give_up_after=4.0)
    began = time.monotonic()
    assert worker.wait() == 1
    assert time.monotonic() - began < 25
    assert "no broker answers" in worker.log
    assert "giving up after 4 s" in worker.log


def test_a_missing_topic_is_named_with_what_to_do(bench):
    """The worker waits for the catalogue to be applied, then gives up with exit code 1."""
    admin = AdminClient({"bootstrap.servers": bench.bootstrap})
    admin.delete_topics([bench.changelog])[bench.changelog].result(10)
    worker = bench.start(give_up_after=3.0)
    assert worker.wait() == 1
    assert f"topic {bench.changelog} is missing; apply the topic catalogue" in worker.log


def test_an_input_topic_that_vanishes_is_reported_and_given_up(bench):
    """Deleted under a running worker: the cause is named, then exit code 1."""
    expected = bench.send_many(20)
    worker = bench.start(give_up_after=5.0)
    bench.wait_for(20)
    admin = AdminClient({"bootstrap.servers": bench.bootstrap})
    admin.delete_topics([bench.input])[bench.input].result(10)
    assert worker.wait(60) == 1
    assert bench.input in worker.log
    assert bench.outputs() == expected


@pytest.mark.parametrize("step", [1, 2])
def test_a_broker_lost_amid_a_transaction_costs_no_record_and_doubles_none(kafka_broker, make_bench, step):
    """The transaction in hand is doubtful: it is aborted, the producer replaced, the batch done again.

    The broker is away for longer than the transaction's time-out, so that it decides by itself when it is back.
    """
    bench = make_bench(kafka_broker.bootstrap)
    expected = bench.send_many(200)
    worker = bench.start(batch_size=10, give_up_after=60.0, pause=(step, 4, 2.0))
    worker.wait_for_log("pausing after step")
    kafka_broker.kill()
    worker.wait_for_log("stopped, next attempt")
    kafka_broker.start()
    bench.wait_for(200)
    assert worker.terminate() == 0
    assert bench.outputs() == expected
    assert bench.tallies()["accepted.test"] == 200
    assert {row.value for row in bench.stored().values()} == {b"20"}
