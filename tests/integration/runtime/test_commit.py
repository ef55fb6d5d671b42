"""A worker is killed with kill -9 after each numbered step of the commit; see docs/commit.md."""

import pytest

pytestmark = pytest.mark.integration

RECORDS = 200


def kill_then_finish(bench, step):
    """Send, kill in the fourth batch after `step`, restart, let it finish; what must and what does stand there."""
    expected = bench.send_many(RECORDS)
    killed = bench.start(kill=(step, 4), batch_size=20)
    assert killed.wait() == -9
    again = bench.start(batch_size=20)
    bench.wait_for(RECORDS)
    assert again.terminate() == 0, again.log
    assert bench.outputs() == expected
    assert {key: row.value for key, row in bench.stored().items()} == {b"k%d" % n: b"20" for n in range(10)}
    assert bench.tallies() == {"accepted.test": RECORDS, f"received.{bench.input}": RECORDS}
    return again


def test_killed_after_step_0_nothing_of_the_batch_has_happened(bench):
    """The transaction was only begun: the batch is read again."""
    kill_then_finish(bench, 0)


def test_killed_after_step_1_outputs_and_changelog_are_aborted(bench):
    """Outputs and changelog stand in the log without a commit: nobody sees them, the batch is done again."""
    kill_then_finish(bench, 1)


def test_killed_after_step_2_the_offsets_are_aborted_with_the_rest(bench):
    """The offsets were part of the transaction, so they fall with it."""
    kill_then_finish(bench, 2)


def test_killed_after_step_3_replays_only_the_changelog_tail(bench):
    """The batch has happened, the store has not heard of it: exactly its changelog records are replayed."""
    again = kill_then_finish(bench, 3)
    # Four batches of at most ten keys and a tally per partition: only the fourth one's records are missing.
    assert 0 < again.replayed() <= 12


def test_killed_after_step_4_replays_nothing(bench):
    """All five steps are done: the restart finds its store where the changelog ends."""
    again = kill_then_finish(bench, 4)
    assert again.replayed() == 0


def test_a_wiped_store_is_rebuilt_from_the_changelog(bench):
    """Without its data folder a worker comes to the same state from the changelog alone."""
    import shutil

    bench.send_many(100)
    first = bench.start()
    bench.wait_for(100)
    assert first.terminate() == 0
    shutil.rmtree(bench.folder / "data")
    bench.send_many(10)
    second = bench.start()
    bench.wait_for(110)
    assert second.terminate() == 0
    assert second.replayed() > 0
    assert {row.value for row in bench.stored().values()} == {b"11"}
    assert bench.tallies()["accepted.test"] == 110


def test_a_store_of_another_cluster_is_refused_and_rebuilt(bench):
    """A folder that belongs elsewhere is emptied with a clear line, never mixed in."""
    from streams.runtime import Row
    from streams.runtime.rows import Changes
    from streams.runtime.store import Store

    for partition in range(2):
        foreign = Store(bench.folder / "data" / bench.stage / str(partition))
        foreign.be({"cluster": "another", "partition": partition}, valid_hours=1)
        foreign.apply(Changes({b"alien": Row(b"1")}, {b"alien": None}, {}, {bench.changelog: 0}))
        foreign.close()
    bench.send_many(10)
    worker = bench.start()
    bench.wait_for(10)
    assert worker.terminate() == 0
    assert "belongs to another cluster" in worker.log
    assert b"alien" not in bench.stored()
