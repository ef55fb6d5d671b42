"""Figures made from measurements: rates, medians, ratios and the one object that `--json` prints."""

import math
import statistics
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Progress(NamedTuple):
    """How many input records were committed at an instant (seconds of a monotonic clock)."""

    at: float
    committed: int


@dataclass(slots=True, frozen=True)
class Run:
    """One program's work on one input: its rate while working, the seconds and processor time from its start on."""

    records: int
    rate: float
    steady_rate: float
    seconds_from_start: float
    outputs: int
    cpu_seconds: float = 0.0


def rate(samples: Sequence[Progress]) -> float:
    """Records a second from the first commit seen to the last: what start-up costs is left out."""
    working = _working(samples)
    first, last = working[0], working[-1]
    return (last.committed - first.committed) / (last.at - first.at)


def steady_rate(samples: Sequence[Progress]) -> float:
    """Records a second over the second half of the records: a virtual machine has warmed up by then."""
    working = _working(samples)
    last = working[-1]
    half = next(sample for sample in working if sample.committed >= last.committed // 2)
    if half.at == last.at:
        return rate(samples)
    return (last.committed - half.committed) / (last.at - half.at)


def _working(samples: Sequence[Progress]) -> list[Progress]:
    """The samples at which something new was committed."""
    working: list[Progress] = []
    for sample in samples:
        if sample.committed > (working[-1].committed if working else 0):
            working.append(sample)
    if len(working) < 2:
        raise ValueError("all records were committed at once: give more records, so that a rate can be measured")
    return working


def median(values: Sequence[float]) -> float:
    """The middle value; the mean of the two middle ones for an even number."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def ratios(ours: Sequence[float], peer: Sequence[float]) -> list[float]:
    """Ours divided by the peer's, round by round: both ran one after the other, under the same load."""
    return [mine / other for mine, other in zip(ours, peer, strict=True)]


@dataclass(slots=True, frozen=True)
class Report:
    """What a benchmark found. `missing` names each peer that could not run here, and why.

    A target is what a figure may reach at most; what one of `at_least` has to reach at least, as do ratios.
    """

    bench: str
    unit: str
    ours: Mapping[str, Any]
    rounds: int
    machine: Mapping[str, Any]
    peers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    ratio: Mapping[str, float] = field(default_factory=dict)
    target: Mapping[str, float] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    at_least: Collection[str] = ()

    def is_reached(self, name: str) -> bool | None:
        """Whether one of our figures reaches its target; None without one."""
        target, value = self.target.get(name), self.ours[name]
        if target is None:
            return None
        return bool(value >= target if name in self.at_least else value <= target)

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {
            "bench": self.bench,
            "ours": dict(self.ours),
            "peers": {name: dict(figures) for name, figures in self.peers.items()},
            "ratio": dict(self.ratio),
            "rounds": self.rounds,
            "machine": dict(self.machine),
            "unit": self.unit,
            "target": dict(self.target),
            "at_least": list(self.at_least),
            "missing": dict(self.missing),
            "details": dict(self.details),
        }


def summary(runs: Sequence[Run]) -> dict[str, Any]:
    """One program's figures over all rounds; `rate` is the median."""
    return {
        "rate": round(median([run.rate for run in runs])),
        "steady_rate": round(median([run.steady_rate for run in runs])),
        "seconds_from_start": round(median([run.seconds_from_start for run in runs]), 2),
        "cpu_us_per_record": round(median([run.cpu_seconds / run.records * 1e6 for run in runs]), 1),
        "rates": [round(run.rate) for run in runs],
        "outputs": [run.outputs for run in runs],
    }


def compare(
    ours: Sequence[Run], peers: Mapping[str, Sequence[Run]], figure: Callable[[Run], float] = lambda run: run.rate
) -> dict[str, float]:
    """Peer → median over the rounds of ours divided by the peer's."""
    mine = [figure(run) for run in ours]
    return {name: round(median(ratios(mine, [figure(run) for run in runs])), 3) for name, runs in peers.items()}
