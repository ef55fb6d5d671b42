"""The injected clocks."""

import pytest

from streams.runtime.clock import FastClock, ManualClock, SystemClock


def test_a_fast_clock_shortens_the_real_wait():
    """An hour at speed 3600 is one second away."""
    clock = FastClock(1_000_000, 3600)
    assert clock.now_ms() >= 1_000_000
    assert 0.5 < clock.seconds_until(clock.now_ms() + 3_600_000) <= 1.0


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
