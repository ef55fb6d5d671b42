"""Rules that change by adding: of several versions the one in force on a day, or the one of a name."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar


class Dated(Protocol):
    """A version that holds from a day on; None: from ever."""

    @property
    def version(self) -> str:
        """Its name."""

    @property
    def valid_from(self) -> date | None:
        """Its first day."""


V = TypeVar("V", bound=Dated)


def by_date(versions: Iterable[V]) -> tuple[V, ...]:
    """The versions in the order in which they come into force."""
    return tuple(sorted(versions, key=lambda one: one.valid_from or date.min))


def in_force(versions: tuple[V, ...], on: date) -> V:
    """The version in force on a day; before the first one's day, the first."""
    for one in reversed(versions):
        if one.valid_from is None or one.valid_from <= on:
            return one
    return versions[0]


def named(versions: tuple[V, ...], version: str) -> V:
    """The version of that name; the newest where there is none."""
    for one in versions:
        if one.version == version:
            return one
    return versions[-1]
