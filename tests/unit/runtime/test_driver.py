"""A processor runs in memory with the semantics of production."""

import pytest

from streams.runtime import Row
from streams.runtime.driver import TestDriver


@pytest.fixture
def driver(counting):
    return TestDriver(counting(), clock_ms=1_000)


def values(driver, topic="out"):
    return [output.value for output in driver.read_outputs(topic)]


def test_later_records_of_a_batch_see_what_earlier_ones_put(driver):
    """The overlay answers before the store has the batch."""
    driver.pipe_batch([driver.record("in", key, b"{}") for key in (b"a", b"b", b"a", b"a")])

    assert values(driver) == [b"a=1", b"b=1", b"a=2", b"a=3"]
    assert driver.rows == {b"a": Row(b"3"), b"b": Row(b"1")}


def test_only_the_last_version_of_a_row_goes_to_the_changelog(driver):
    """Three changes of one row in one batch are one changelog record."""
    driver.pipe_batch([driver.record("in", b"a", b"{}") for _ in range(3)])

    assert driver.changelog == [(b"a", Row(b"3"))]


def test_a_refused_record_leaves_a_dead_letter_and_no_other_trace(driver):
    """Its puts and outputs are discarded; records around it are processed."""
    for value in (b"{}", b'{"refuse": true}', b"{}"):
        driver.pipe_input("in", b"a", value, [("message-id", b"7")])

    assert values(driver) == [b"a=1", b"a=2"]
    (letter,) = driver.dead_letters
    headers = dict(letter.headers)
    assert (letter.key, letter.value) == (b"a", b'{"refuse": true}')
    assert headers["reason"] == b"bad_value"
    assert headers["field"] == b"refuse"
    assert headers["stage"] == b"count"
    assert (headers["topic"], headers["partition"], headers["offset"]) == (b"in", b"0", b"1")
    assert headers["attempts"] == b"1"
    assert headers["original.message-id"] == b"7"
    assert driver.tallies == {"accepted.test": 2, "dead.in.bad_value": 1, "received.in": 3}


def test_a_bug_becomes_a_dead_letter_that_tells_the_place_and_no_data(driver):
    """The exception's message may quote a caller, so only its type and line are kept."""
    driver.pipe_input("in", b"a", b'{"boom": true}')

    headers = dict(driver.dead_letters[0].headers)
    assert headers["reason"] == b"processor_error"
    assert headers["error"] == b"ZeroDivisionError"
    assert headers["detail"].startswith(b"ZeroDivisionError at conftest.py:")
    assert not any(b"138-0000" in value for value in headers.values())
    assert driver.rows == {}


def test_a_replayed_dead_letter_counts_its_attempts(driver):
    """The replay says in a header how often the record was tried before."""
    driver.pipe_input("in", b"a", b'{"boom": true}', [("attempts", b"2")])

    assert dict(driver.dead_letters[0].headers)["attempts"] == b"3"


def test_putting_a_row_that_was_not_named_is_a_bug_of_the_processor(driver):
    """Such a row was not read, so the due index could not be kept; nothing of the record stays."""
    driver.pipe_input("in", b"a", b'{"stray": true}')

    assert dict(driver.dead_letters[0].headers)["error"] == b"KeyError"
    assert driver.rows == {}
    assert values(driver) == []


def test_an_output_too_large_for_its_topic_is_a_dead_letter(driver):
    """It would abort every transaction it is part of, for ever."""
    driver.pipe_input("in", b"a", b'{"big": 1000001}')

    assert dict(driver.dead_letters[0].headers)["reason"] == b"output_too_large"
    assert driver.rows == {}


def test_timers_fire_once_in_due_order_when_the_clock_passes_them(driver):
    """The row stays, without its due instant, unless `fire` says otherwise."""
    for key, due in ((b"late", 300), (b"early", 100), (b"never", 10_000)):
        driver.pipe_input("in", key, b'{"due": %d}' % due)
    values(driver)

    driver.advance_clock(400)

    assert values(driver) == [b"fired 1100 late 300", b"fired 1300 late 100"]
    assert driver.rows[b"early"] == Row(b"1", None)
    assert driver.rows[b"never"].due == 11_000
    driver.advance_clock(400)
    assert values(driver) == []


def test_a_timer_moved_by_its_batch_does_not_fire_at_the_old_instant(driver):
    """Records come first: one that moves a deadline is heard before the deadline."""
    driver.pipe_input("in", b"a", b'{"due": 100}')
    driver.clock.advance(200)
    driver.pipe_input("in", b"a", b'{"due": 500}')

    assert values(driver) == [b"a=1", b"a=2"]
    driver.advance_clock(600)
    assert values(driver) == [b"fired 1700 late 100"]


def test_deleting_a_row_removes_its_timer(driver):
    """No row, no deadline."""
    driver.pipe_input("in", b"a", b'{"due": 100}')
    driver.pipe_input("in", b"a", b'{"delete": true}')
    values(driver)

    driver.advance_clock(200)

    assert values(driver) == []
    assert driver.changelog[-1] == (b"a", None)


def test_a_timer_that_raises_is_spent_and_buried(driver):
    """It would fire for ever otherwise."""
    driver.pipe_input("in", b"broken", b'{"due": 100}')

    driver.advance_clock(100)
    driver.advance_clock(100)

    (letter,) = driver.dead_letters
    assert letter.key == b"broken"
    assert dict(letter.headers)["topic"] == b"log"
    assert driver.rows[b"broken"].due is None


def test_what_goes_to_an_input_is_fed_back(driver):
    """As Kafka would bring it back to the processor."""
    driver.pipe_input("in", b"a", b'{"back": true}')

    assert values(driver) == [b"a=1", b"a=2"]


def test_answers_carry_the_receipt_of_what_was_answered(driver):
    """The runtime observes the seconds from there to the commit."""
    driver.pipe_input("in", b"a", b"{}", timestamp=5)

    assert driver.answers == [("test", 5)]
