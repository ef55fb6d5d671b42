"""Up to which instant the input has been heard: what was received before a deadline is taken before its timer."""

from collections.abc import Iterable

Place = tuple[str, int]
"""A topic and a partition of it."""

_NOTHING = -1


class Heard:
    """How far each partition of the input was read: up to its end, or up to a record of some instant."""

    def __init__(self) -> None:
        self._read: dict[Place, int] = {}
        self._instants: dict[Place, int] = {}
        self._ends: dict[Place, int] = {}

    def read(self, place: Place, offset: int, instant_ms: int) -> None:
        """The last record that was read, and when it came into the topic (epoch ms)."""
        self._read[place] = offset
        self._instants[place] = instant_ms

    def reached_end(self, place: Place, offset: int) -> None:
        """There was nothing behind that position; the last ones before it may have been transaction markers."""
        self._ends[place] = offset

    def end(self, place: Place) -> int:
        """The position of the end as it was last reached, 0 if it was not."""
        return self._ends.get(place, 0)

    def is_up_to(self, places: Iterable[Place], instant_ms: float) -> bool:
        """Whether all that came before the instant has been read: there is no more, or the next is younger."""
        return all(
            self._ends.get(place, _NOTHING) > self._read.get(place, _NOTHING)
            or self._instants.get(place, _NOTHING) >= instant_ms
            for place in places
        )
