"""The injected clocks."""

import time

import pytest

from streams.runtime.clock import FastClock, ManualClock, Stretch, SystemClock


def test_a_fast_clock_shortens_the_real_wait():
    """An hour at speed 3600 is one second away."""
    clock = FastClock(1_000_000, 3600)
    assert clock.now_ms() >= 1_000_000
    assert 0.5 < clock.seconds_until(clock.now_ms() + 3_600_000) <= 1.0


def test_a_fast_clock_with_an_end_goes_on_at_the_machines_pace():
    """It ran for a second at speed 3600, came to its end, and has gone on for two seconds since."""
    began_ms = round(time.time() * 1000) - 3_000
    clock = FastClock(0, 3600, began_ms, [Stretch(3600, 3_600_000)])

    assert clock.now_ms() == pytest.approx(3_600_000 + 2_000, abs=500)
    assert clock.seconds_until(3_600_000) == pytest.approx(-2, abs=0.5)
    assert clock.seconds_until(3_600_000 + 10_000) == pytest.approx(8, abs=0.5)
    assert clock.span_ms(1) == pytest.approx(1_000, abs=5)
    assert clock.span_ms(2.9) > 1_000_000


def test_a_fast_clock_has_stretches_of_its_own_pace():
    """An hour in one second, the next one in ten, then as the machine's."""
    clock = FastClock(0, 3600, None, [Stretch(3600, 3_600_000), Stretch(360, 7_200_000)])

    assert clock.seconds_until(3_600_000) == pytest.approx(1, abs=0.5)
    assert clock.seconds_until(5_400_000) == pytest.approx(6, abs=0.5)
    assert clock.seconds_until(7_200_000 + 30_000) == pytest.approx(41, abs=0.5)
    assert clock.seconds_until(-3_600_000) == pytest.approx(-1, abs=0.5)
    assert clock.span_ms(0.5) == pytest.approx(1_800_000, abs=2)


@pytest.mark.parametrize("text", ["5/7/60.0", "5/7/60.0/99", "5/7/60.0/99/1.5/180"])
def test_a_fast_clock_is_handed_on_as_text(text):
    """So that the processes of a rehearsal agree on the time."""
    assert str(FastClock.parse(text)) == text


@pytest.mark.parametrize("text", ["5/7", "5/7/0", "5/7/1/9/9", "5/7/1/9/0/12", "5/7/1/9/1/8", "a/b/c"])
def test_a_text_that_is_no_clock_is_refused(text):
    """It runs forward, and each stretch has a pace and an end after the one before."""
    with pytest.raises(ValueError):
        FastClock.parse(text)


def test_the_system_clock_counts_down_in_seconds():
    """An instant in the past is a negative wait."""
    clock = SystemClock()
    assert clock.seconds_until(clock.now_ms() - 2_000) < -1


def test_a_manual_clock_is_never_turned_back():
    """Time only goes forward."""
    clock = ManualClock(5)
    clock.advance(10)
    assert clock.now_ms() == 15
    with pytest.raises(ValueError, match="never turned back"):
        clock.advance(-1)
