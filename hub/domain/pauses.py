"""Pauses of a clock: kept as the intervals they were, never summed away."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from hub.domain.instants import second_of

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
    joined: list[tuple[int, int | None]] = []
    for begin, end in sorted(_seconds(pauses, start), key=lambda gap: gap[0]):
        if not joined:
            joined.append((begin, end))
            continue
        first, last = joined[-1]
        if last is None:
            break
        if begin > last:
            joined.append((begin, end))
        elif end is None or end > last:
            joined[-1] = (first, end)
    return joined


def _seconds(pauses: Iterable[Pause], start: int) -> Iterable[tuple[int, int | None]]:
    for pause in pauses:
        begin = max(second_of(pause.begin), start)
        end = None if pause.end is None else second_of(pause.end)
        if end is None or end > begin:
            yield begin, end
