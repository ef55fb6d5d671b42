"""Records and timers on a real Kafka: bad ones, large ones, silent partitions."""

import time

import pytest

pytestmark = pytest.mark.integration


def test_bad_records_become_dead_letters_and_disturb_nobody(bench):
    """Null value, null key, broken JSON, a refusal, a bug and 2 MB, each amid good records."""
    bench.send(b"a", {})
    bench.send(b"a", None)
    bench.send(None, {})
    bench.send(b"a", b"{trunc")
    bench.send(b"a", {"refuse": True}, headers=[("message-id", b"m1")])
    bench.send(b"a", {"boom": True})
    bench.send(b"a", b'{"boom": true}' + b" " * 2_000_000)
    bench.send(b"a", {"big": 2_000_000})
    bench.send(b"a", {})
    worker = bench.start()
    letters = bench.dead_letters(7)
    bench.wait_for(2)
    assert worker.terminate() == 0

    assert bench.outputs() == [b"a=1", b"a=2"]
    reasons = sorted(headers["reason"].decode() for _, _, headers in letters)
    assert reasons == [
        "bad_value",
        "empty_payload",
        "missing_key",
        "output_too_large",
        "processor_error",
        "processor_error",
        "processor_error",
    ]
    assert not any(b"138-0000" in value for _, _, headers in letters for value in headers.values())
    assert next(h for _, _, h in letters if h["reason"] == b"bad_value")["original.message-id"] == b"m1"
    (large,) = [headers for _, _, headers in letters if "quarantine-file" in headers]
    aside = bench.folder / "data" / "quarantine" / large["quarantine-file"].decode()
    assert aside.stat().st_size == int(large["quarantine-length"]) == 2_000_014
    tallies = bench.tallies()
    dead = sum(number for name, number in tallies.items() if name.startswith("dead."))
    assert (tallies["accepted.test"], dead, tallies[f"received.{bench.input}"]) == (2, 7, 9)


def test_timers_fire_on_silent_partitions_and_only_once(bench):
    """No further record comes; the deadline is kept all the same, and not again after a restart."""
    for key in (b"a", b"b", b"c", b"d"):
        bench.send(key, {"due": 1500})
    worker = bench.start()
    bench.wait_for(8)
    assert worker.terminate() == 0
    again = bench.start()
    again.wait_for_log("ready")
    time.sleep(0.5)
    assert again.terminate() == 0

    fired = [value for value in bench.outputs() if b"fired" in value]
    assert fired == [b"a fired at 1", b"b fired at 1", b"c fired at 1", b"d fired at 1"]
    assert all(row.due is None for row in bench.stored().values())
    assert bench.tallies()["fired"] == 4


def test_a_timer_due_while_the_worker_was_away_waits_for_the_backlog(bench):
    """A record that arrived before the deadline is heard before the deadline, however late the worker is."""
    bench.send(b"a", {"due": 3000})
    first = bench.start()
    bench.wait_for(1)
    assert first.terminate() == 0
    for _ in range(50):
        bench.send(b"a", {"due": 3_600_000})
    time.sleep(2.5)
    second = bench.start(batch_size=5)
    bench.wait_for(51)
    time.sleep(0.5)
    assert second.terminate() == 0

    assert not [value for value in bench.outputs() if b"fired" in value]


def test_state_in_another_worker_comes_with_its_timer(bench):
    """A store rebuilt from the changelog has the due index too."""
    bench.send(b"a", {"due": 4000})
    first = bench.start()
    bench.wait_for(1)
    assert first.terminate() == 0
    (bench.folder / "data").rename(bench.folder / "gone")
    second = bench.start()
    bench.wait_for(2)
    assert second.terminate() == 0

    assert bench.outputs() == [b"a fired at 1", b"a=1"]
