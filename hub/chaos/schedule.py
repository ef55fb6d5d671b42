"""When which process dies: drawn from a seed, so that a run can be repeated."""

from dataclasses import dataclass
from random import Random

BROKER = "broker"
_LEAST_GAP_SECONDS = 2.0
_MOST_GAP_SECONDS = 5.0
_LONGEST_PAUSE_SECONDS = 1.5
# The broker goes down once, when work is in full swing.
_BROKER_AT = 0.4


@dataclass(slots=True, frozen=True)
class Blow:
    """At `after_seconds` the victim is killed (the broker perhaps only stopped) and started again after a pause."""

    after_seconds: float
    victim: str
    pause_seconds: float
    is_gentle: bool = False


def schedule(seed: int, seconds: float, workers: list[str]) -> list[Blow]:
    """Every few seconds a random worker, and the broker once; in order of time."""
    random = Random(seed)
    blows: list[Blow] = []
    at = random.uniform(_LEAST_GAP_SECONDS, _MOST_GAP_SECONDS)
    while at < seconds:
        pause = random.choice((0.0, random.uniform(0.0, _LONGEST_PAUSE_SECONDS)))
        blows.append(Blow(at, random.choice(workers), pause))
        at += random.uniform(_LEAST_GAP_SECONDS, _MOST_GAP_SECONDS)
    blows.append(Blow(seconds * _BROKER_AT, BROKER, 0.5, is_gentle=random.random() < 0.5))
    return sorted(blows, key=lambda blow: blow.after_seconds)
