"""The schedule of a chaos run can be repeated, and hits what it must."""

from itertools import pairwise

import pytest

from hub.chaos.schedule import BROKER, schedule

WORKERS = ["unify-0", "unify-1", "casework-0", "casework-1"]


@pytest.mark.parametrize("seed", range(20))
def test_a_worker_dies_every_few_seconds_and_the_broker_once(seed):
    """Between two and five seconds apart, in order, within the time."""
    blows = schedule(seed, 60, WORKERS)
    at = [blow.after_seconds for blow in blows if blow.victim != BROKER]

    assert sum(blow.victim == BROKER for blow in blows) == 1
    assert [blow.after_seconds for blow in blows] == sorted(blow.after_seconds for blow in blows)
    assert all(2 <= later - earlier <= 5 for earlier, later in pairwise(at))
    assert at[0] > 0
    assert at[-1] < 60


def test_the_same_seed_gives_the_same_blows():
    """A failure found in CI can be looked for at a desk."""
    assert schedule(7, 60, WORKERS) == schedule(7, 60, WORKERS)
    assert schedule(7, 60, WORKERS) != schedule(8, 60, WORKERS)
