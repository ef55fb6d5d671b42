"""How late outcomes come after their due instants, and whether each came once: pure reckoning."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hub.bench.figures import percentile


class Told(NamedTuple):
    """A breach as a read_committed reader saw it. Instants are epoch seconds of the machine's clock.

    `at` is when the reader had it, `written` the timestamp of its Kafka record: when the worker produced it.
    """

    case_id: str
    at: float
    written: float


@dataclass(slots=True, frozen=True)
class Lateness:
    """One outcome is expected of each case. `late` and `late_written` are in seconds, by the first told of each."""

    expected: int
    late: Sequence[float]
    late_written: Sequence[float]
    early: int
    doubled: int
    missing: int

    def figures(self) -> dict[str, float]:
        """First, median, p99 and last arrival after the due instant (s), and how many were wrong."""
        return {**_spread(self.late), "early": self.early, "doubled": self.doubled, "missing": self.missing}

    def written_figures(self) -> dict[str, float]:
        """The same spread by the timestamps of the records."""
        return _spread(self.late_written)


def lateness(due: Mapping[str, float], told: Sequence[Told]) -> Lateness:
    """What was told of the cases that were due at those instants (epoch seconds); of other cases nothing counts."""
    first: dict[str, Told] = {}
    early = doubled = 0
    for one in told:
        expected_at = due.get(one.case_id)
        if expected_at is None:
            continue
        early += min(one.at, one.written) < expected_at
        doubled += one.case_id in first
        first.setdefault(one.case_id, one)
    return Lateness(
        expected=len(due),
        late=[one.at - due[case_id] for case_id, one in first.items()],
        late_written=[one.written - due[case_id] for case_id, one in first.items()],
        early=early,
        doubled=doubled,
        missing=len(due) - len(first),
    )


def _spread(values: Collection[float]) -> dict[str, float]:
    if not values:
        return {}
    ordered = sorted(values)
    found = {
        "first_s": ordered[0],
        "p50_s": percentile(ordered, 0.5),
        "p99_s": percentile(ordered, 0.99),
        "last_s": ordered[-1],
    }
    return {name: round(value, 3) for name, value in found.items()}
