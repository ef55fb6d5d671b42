"""The token bucket of a source."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.intake.rate import Bucket


def test_a_burst_is_let_through_and_then_one_in_its_time() -> None:
    """Five at once, the sixth after half a second at two a second."""
    bucket = Bucket.full(2, 5, now=100.0)
    for _ in range(5):
        bucket, wait = bucket.take(100.0)
        assert wait == 0

    bucket, wait = bucket.take(100.0)
    assert wait == 0.5
    bucket, wait = bucket.take(100.5)
    assert wait == 0


def test_a_refusal_costs_nothing() -> None:
    """Who knocks all the time still gets its token when it is due."""
    bucket = Bucket.full(1, 1, now=0.0)
    bucket, _ = bucket.take(0.0)
    for knock in range(1, 10):
        bucket, wait = bucket.take(knock / 10)
        assert wait > 0

    assert bucket.take(1.0)[1] == 0


@given(per_second=st.integers(1, 50), burst=st.integers(1, 100), steps=st.lists(st.integers(0, 2000), max_size=200))
def test_never_more_than_burst_and_rate_allow(per_second: int, burst: int, steps: list[int]) -> None:
    """In any span from the start: at most the burst and what the rate adds; a clock that stands gives nothing."""
    bucket, now, taken = Bucket.full(per_second, burst, 0.0), 0.0, 0
    for step in steps:
        now += step / 1000
        bucket, wait = bucket.take(now)
        taken += wait == 0
        assert taken <= burst + per_second * now + 1e-6
        if wait > 0:
            assert bucket.take(now + wait + 1e-9)[1] == 0
