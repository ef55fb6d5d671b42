"""Up to which instant an input has been heard."""

from streams.runtime.heard import Heard

EVENTS, MORE = ("case.events", 0), ("more", 0)


def test_nothing_is_heard_of_a_partition_that_was_not_read():
    """Neither read nor seen to be empty: whatever is in it may be from before."""
    assert not Heard().is_up_to([EVENTS], 0)


def test_an_empty_partition_is_heard_to_its_end():
    """Silence holds nothing up."""
    heard = Heard()
    heard.reached_end(EVENTS, 0)

    assert heard.is_up_to([EVENTS], 10**15)


def test_behind_its_queue_a_reader_has_heard_up_to_the_record_it_is_at():
    """What came before that record was read; of what came later there may be more."""
    heard = Heard()
    heard.reached_end(EVENTS, 5)
    heard.read(EVENTS, 7, 1_000)

    assert heard.is_up_to([EVENTS], 1_000)
    assert not heard.is_up_to([EVENTS], 1_001)


def test_at_the_end_everything_was_heard():
    """The end may lie behind the marks of transactions, which are no records."""
    heard = Heard()
    heard.read(EVENTS, 7, 1_000)
    heard.reached_end(EVENTS, 9)

    assert heard.is_up_to([EVENTS], 5_000)
    assert heard.end(EVENTS) == 9

    heard.read(EVENTS, 9, 2_000)
    assert not heard.is_up_to([EVENTS], 5_000)


def test_of_several_inputs_the_one_furthest_behind_counts():
    """All of them may hold the word that keeps a deadline."""
    heard = Heard()
    heard.read(EVENTS, 0, 9_000)
    heard.read(MORE, 0, 1_000)

    assert heard.is_up_to([EVENTS, MORE], 1_000)
    assert not heard.is_up_to([EVENTS, MORE], 2_000)
