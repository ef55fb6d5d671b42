"""The time of a demo: durations as they are typed, hours as long as what happens in them."""

from datetime import date

import pytest

from hub.demo.rehearsal import Rehearsal, seconds_of
from hub.simulation import Message
from streams.runtime.clock import FastClock

MONDAY = Rehearsal(date(2026, 11, 23), 2, 24.0)
HOUR_MS = 3_600_000


@pytest.mark.parametrize(("text", "seconds"), [("60s", 60), ("2m", 120), ("1.5h", 5400), ("2500ms", 2.5)])
def test_a_duration_is_read_as_people_type_it(text, seconds):
    """A number and its unit."""
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["60", "s", "1 day", "-5s", "10ms", "25h", ""])
def test_a_duration_that_makes_no_day_is_refused(text):
    """With what to write instead, or why not."""
    with pytest.raises(ValueError, match=r"write it as 20s, 2m or 1h|a day takes between"):
        seconds_of(text)


def test_the_days_begin_and_end_at_midnight_of_the_city():
    """UTC+8."""
    assert MONDAY.start_ms == 1_795_363_200_000
    assert MONDAY.end_ms - MONDAY.start_ms == 2 * 24 * HOUR_MS


def message(hour: float, records: int) -> Message:
    at_ms = MONDAY.start_ms + int(hour * HOUR_MS)
    return Message("hotline", b"", "application/json", at_ms, ("accepted",) * records)


def test_all_days_together_take_as_long_as_was_asked_for():
    """Busy hours are the slow ones, and a quiet one takes some time too."""
    stretches = MONDAY.stretches([message(9.5, 100), message(9.7, 100), message(24.0, 1)])
    seconds = [3600 / stretch.speed for stretch in stretches]

    assert len(stretches) == 48
    assert sum(seconds) == pytest.approx(48, abs=0.01)
    assert seconds[9] > 0.8 * 48
    assert seconds[23] > seconds[22] > 0.1
    assert stretches[-1].until_ms == MONDAY.end_ms


def test_days_without_a_message_pass_evenly():
    """One second an hour here."""
    assert {round(stretch.speed) for stretch in MONDAY.stretches([])} == {3600}


def test_the_clock_begins_after_the_lead_and_ends_at_the_machines_pace():
    """It is handed to the workers as text."""
    clock = FastClock.parse(str(MONDAY.clock(10.0, [message(9.5, 50)])))

    assert clock.seconds_until(MONDAY.start_ms) == pytest.approx(10, abs=0.5)
    assert clock.seconds_until(MONDAY.end_ms) == pytest.approx(58, abs=0.5)
    assert clock.seconds_until(MONDAY.end_ms + 7_000) == pytest.approx(65, abs=0.5)
