"""Pauses of a clock: kept as the intervals they were, never summed away."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Final, Literal

from hub.domain.instants import second_of

_BEGIN: Final = itemgetter(0)

PauseReason = Literal["suspension", "return", "given"]


@dataclass(slots=True, frozen=True)
class Pause:
    """From `begin` up to but without `end`; None is open-ended."""

    begin: datetime
    end: datetime | None
    reason: PauseReason = "given"

    def __post_init__(self) -> None:
        if self.end is not None and self.end < self.begin:
            raise ValueError("a pause ends before it begins; swap its two instants")


def gaps(pauses: Iterable[Pause], start: int) -> list[tuple[int, int | None]]:
    """The pauses from a start on as seconds: in order, overlaps joined, what is before the start cut off."""
    found: list[tuple[int, int | None]] = []
    for pause in pauses:
        begin, end = second_of(pause.begin), None if pause.end is None else second_of(pause.end)
        if begin < start:
            begin = start
        if end is None or end > begin:
            found.append((begin, end))
    return _joined(sorted(found, key=_BEGIN)) if len(found) > 1 else found


def _joined(ordered: list[tuple[int, int | None]]) -> list[tuple[int, int | None]]:
    joined = ordered[:1]
    for begin, end in ordered[1:]:
        first, last = joined[-1]
        if last is None:
            break
        if begin > last:
            joined.append((begin, end))
        elif end is None or end > last:
            joined[-1] = (first, end)
    return joined
