"""What a state store of one partition offers to the loop, whatever keeps it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from streams.runtime.api import Row

TALLY_KEY = b"\x00tally"
"""Reserved key under which a partition's tallies stand in the changelog or memory topic."""


class Changes(NamedTuple):
    """A committed batch, as the store takes it over: in one write, or not at all.

    `before` holds the rows as they were for every key of `rows`; the due index is kept by it.
    """

    rows: Mapping[bytes, Row | None]
    before: Mapping[bytes, Row | None]
    tallies: Mapping[str, int]
    positions: Mapping[str, int]


class Rows(Protocol):
    """Rows by key and an index of due instants."""

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Row | None]:
        """The rows of all keys, in one read."""
        ...

    def due(self, until: int, limit: int) -> list[tuple[int, bytes]]:
        """At most `limit` timers with due ≤ `until`, in due order."""
        ...

    def next_due(self) -> int | None:
        """The earliest due instant."""
        ...

    def tallies(self) -> dict[str, int]:
        """The running totals as last committed."""
        ...

    def apply(self, changes: Changes) -> None:
        """Take over a committed batch atomically."""
        ...
