"""Figures are made from measurements in one way only."""

import pytest

from hub.bench.figures import (
    Progress,
    Report,
    Run,
    compare,
    median,
    percentile,
    rate,
    ratios,
    steady_rate,
    summary,
)

MACHINE = {"cores": 2, "cpu": "any", "load_1m": 0.1}


def run_at(rate_per_second: float, outputs: int = 100) -> Run:
    """A run whose only interesting figure is its rate."""
    return Run(100, rate_per_second, rate_per_second, 1.0, outputs, cpu_seconds=0.002)


def test_a_rate_counts_from_the_first_commit_seen_so_that_start_up_is_left_out():
    """The first 100 records took ten seconds of starting; the other 900 came in three."""
    samples = [Progress(10.0, 100), Progress(11.0, 400), Progress(13.0, 1000)]

    assert rate(samples) == 300.0


def test_samples_without_progress_do_not_change_a_rate():
    """Asking more often than the program commits gives the same answer."""
    samples = [
        Progress(1.0, 0),
        Progress(10.0, 100),
        Progress(10.5, 100),
        Progress(13.0, 1000),
        Progress(14.0, 1000),
    ]

    assert rate(samples) == 300.0


def test_a_steady_rate_is_that_of_the_second_half():
    """A program that warms up is slow at first: 500 records in ten seconds, then 500 in one."""
    samples = [Progress(0.0, 1), Progress(10.0, 500), Progress(11.0, 1000)]

    assert steady_rate(samples) == 500.0


def test_a_rate_of_one_single_commit_is_refused():
    """With one sample there is no time between two; a rate would be invented."""
    with pytest.raises(ValueError, match="give more records"):
        rate([Progress(1.0, 1000)])


def test_the_median_of_three_rounds_ignores_the_outlier():
    """One round disturbed by something else on the machine does not decide."""
    assert median([100.0, 10.0, 90.0]) == 90.0


def test_ratios_are_taken_round_by_round_before_the_median():
    """Ours and the peer of one round ran under the same load, so they are compared with each other."""
    ours = [run_at(100), run_at(50), run_at(90)]
    peer = [run_at(50), run_at(25), run_at(30)]

    assert ratios([100, 50, 90], [50, 25, 30]) == [2.0, 2.0, 3.0]
    assert compare(ours, {"peer": peer}) == {"peer": 2.0}


def test_rounds_that_do_not_pair_up_are_refused():
    """A peer that ran fewer rounds cannot be compared round by round."""
    with pytest.raises(ValueError):
        ratios([1.0, 2.0], [1.0])


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.001, 1)])
def test_a_percentile_is_a_value_that_was_measured(share, expected):
    """Nearest rank: of 1…100 the 99th percentile is 99, not a number between two."""
    assert percentile(list(range(100, 0, -1)), share) == expected


def test_a_summary_keeps_every_round_beside_the_median():
    """Whoever doubts the median can see what it was taken from."""
    found = summary([run_at(10), run_at(30), run_at(20, outputs=99)])

    assert found["rate"] == 20
    assert found["rates"] == [10, 30, 20]
    assert found["outputs"] == [100, 100, 99]
    assert found["cpu_us_per_record"] == 20.0


def test_the_json_object_has_the_promised_names():
    """`bench`, `ours`, `peers`, `ratio`, `rounds`, `machine` are what readers of `--json` rely on."""
    report = Report(
        bench="loop",
        unit="records/s",
        ours={"rate": 3},
        peers={"kafka-streams": {"rate": 2}},
        ratio={"kafka-streams": 1.5},
        rounds=3,
        machine=MACHINE,
        missing={"other": "not installed"},
    )

    found = report.as_json()

    assert list(found)[:6] == ["bench", "ours", "peers", "ratio", "rounds", "machine"]
    assert found["ratio"] == {"kafka-streams": 1.5}
    assert found["missing"] == {"other": "not installed"}
