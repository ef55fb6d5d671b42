"""The local store of a partition: rows, due index, positions, identity."""

import multiprocessing
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.domain.errors import Unavailable
from streams.runtime import Row
from streams.runtime.driver import MemoryRows
from streams.runtime.rows import Changes
from streams.runtime.store import Store

keys = st.binary(max_size=3)
dues = st.none() | st.integers(0, 2**63)
rows = st.one_of(
    st.none(),
    st.builds(Row, st.binary(max_size=4), dues, st.none()),
    st.builds(Row, st.just(b""), dues, st.binary(max_size=4)),
)


def apply(store, puts, tallies=None, positions=None):
    store.apply(Changes(puts, store.get(list(puts)), tallies or {}, positions or {}))


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "0")
    yield store
    store.close()


@settings(max_examples=60, deadline=None)
@given(batches=st.lists(st.dictionaries(keys, rows, max_size=5), max_size=6), until=st.integers(0, 2**63))
def test_the_store_on_disk_equals_plain_dictionaries(tmp_path_factory, batches, until):
    """Rows, timers and the next due instant are those of the in-memory rows after every batch."""
    store, plain = Store(tmp_path_factory.mktemp("store") / "0"), MemoryRows()
    for puts in batches:
        apply(store, puts)
        apply(plain, puts)
        assert dict(store.items()) == plain.rows
        assert store.next_due() == plain.next_due()
        assert store.due(until, 100) == plain.due(until, 100)
    store.close()


def test_a_local_form_is_kept_in_place_of_the_changelog_s(store):
    """What the changelog takes need not stand on disk as well; the row tells in which form it is."""
    apply(store, {b"a": Row(b"portable", 5, b"local")})

    assert store.get([b"a"]) == {b"a": Row(b"", 5, b"local")}


def test_due_timers_come_in_due_order_and_no_more_than_asked_for(store):
    """Big-endian instants make the index's order the order of time."""
    apply(store, {b"c": Row(b"", 256), b"a": Row(b"", 255), b"b": Row(b"", 1), b"z": Row(b"", 70_000)})

    assert store.due(256, 10) == [(1, b"b"), (255, b"a"), (256, b"c")]
    assert store.due(256, 2) == [(1, b"b"), (255, b"a")]


def test_a_timer_earlier_than_all_others_is_found_after_a_search(store):
    """The search starts at the earliest instant known; an earlier put moves it back."""
    apply(store, {b"a": Row(b"", 500)})
    assert store.next_due() == 500
    apply(store, {b"b": Row(b"", 100)})
    assert store.next_due() == 100
    apply(store, {b"a": None, b"b": None})
    assert store.next_due() is None
    apply(store, {b"c": Row(b"", 7)})
    assert store.next_due() == 7


def test_rows_tallies_and_positions_survive_closing(tmp_path):
    """One atomic write holds all three."""
    store = Store(tmp_path / "0")
    apply(store, {b"a": Row(b"1", 5), b"b": Row(b"2")}, {"accepted": 2}, {"log": 12})
    store.close()
    again = Store(tmp_path / "0")

    assert again.get([b"a", b"b", b"c"]) == {b"a": Row(b"1", 5), b"b": Row(b"2"), b"c": None}
    assert again.tallies() == {"accepted": 2}
    assert again.positions() == {"log": 12}
    again.close()


def test_a_position_of_one_topic_leaves_the_others(store):
    """Changelog and memory topic advance each for itself."""
    apply(store, {}, positions={"log": 3, "memory": 1})
    apply(store, {}, positions={"log": 4})

    assert store.positions() == {"log": 4, "memory": 1}


@pytest.mark.parametrize("other", [{"cluster": "x", "partition": 0}, {"cluster": "c", "partition": 1}])
def test_a_store_of_something_else_is_emptied(store, other, caplog):
    """Rows of another cluster, topic or partition must never be mixed in."""
    store.be({"cluster": "c", "partition": 0}, valid_hours=1)
    apply(store, {b"a": Row(b"1")}, positions={"log": 9})

    store.be(other, valid_hours=1)

    assert (dict(store.items()), store.positions()) == ({}, {})
    assert "belongs to another" in caplog.text


def test_a_store_left_alone_for_too_long_is_emptied(store, caplog):
    """Compaction may have dropped tombstones that the store never saw."""
    store.be({"cluster": "c"}, valid_hours=1)
    apply(store, {b"a": Row(b"1")})
    time.sleep(0.01)

    store.be({"cluster": "c"}, valid_hours=0)

    assert dict(store.items()) == {}
    assert "left alone" in caplog.text


def test_the_same_store_again_keeps_its_rows(store):
    """An identity that fits changes nothing."""
    store.be({"cluster": "c"}, valid_hours=1)
    apply(store, {b"a": Row(b"1")})
    store.be({"cluster": "c"}, valid_hours=1)

    assert dict(store.items()) == {b"a": Row(b"1")}


def _hold(path, ready, seconds):
    store = Store(path)
    ready.set()
    time.sleep(seconds)
    store.close()


def test_a_dying_predecessor_is_waited_for(tmp_path):
    """The lock of a process that is just ending is not a failure."""
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    holder = context.Process(target=_hold, args=(tmp_path / "0", ready, 0.5))
    holder.start()
    assert ready.wait(20)
    Store(tmp_path / "0", lock_wait=20).close()
    holder.join()


def test_a_store_held_by_another_process_is_named_after_the_wait(tmp_path):
    """Two owners of one store would be a disaster: the second says what to do and gives up."""
    first = Store(tmp_path / "0")
    with pytest.raises(Unavailable, match="still held by another process"):
        Store(tmp_path / "0", lock_wait=0.1)
    first.close()


def test_a_damaged_store_says_which(tmp_path):
    """A folder that RocksDB cannot open is the environment's trouble, with its path."""
    Store(tmp_path / "0").close()
    (tmp_path / "0" / "CURRENT").write_text("nonsense\n")
    with pytest.raises(Unavailable, match="does not open"):
        Store(tmp_path / "0", lock_wait=0.1)
