"""The ids of an endpoint's dispatches: where a record stands in the topics, so the same on every gateway."""

import re
from typing import Final, NamedTuple

from hub.domain.tiers import TIERS, Tier

NOTHING: Final = -1
"""The offset of a topic of which a reader has nothing."""

_PART = re.compile(r"([a-z]+)-([0-9]{1,6})-([0-9]{1,18})")


class Place(NamedTuple):
    """Where a dispatch stands: its tier's topic, the partition of its endpoint, the offset."""

    tier: Tier
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.tier}-{self.partition}-{self.offset}"


class Cursor(NamedTuple):
    """The last offset that a reader has of each tier's topic, -1 where it has none.

    An endpoint belongs to one tier, so its ids are plain places (`county-3-120`) in the order of one partition.
    Should the city move its unit to another tier, the id names one place of each (`county-3-120.street-3-44`):
    what lies behind each of them is exactly what the reader does not have, in whatever order it got the rest.
    """

    street: int = NOTHING
    county: int = NOTHING
    city: int = NOTHING

    def moved_to(self, place: Place) -> "Cursor":
        """The cursor of a reader that got this one too."""
        return self._replace(**{place.tier: place.offset})

    def text(self, partition: int) -> str:
        """The id that stands for this cursor; the partition is the endpoint's, the same in every topic."""
        places = (Place(tier, partition, offset) for tier, offset in zip(TIERS, self, strict=True) if offset >= 0)
        return ".".join(sorted(map(str, places)))


START: Final = Cursor()
"""Nothing has been read yet."""


def read_cursor(text: str, partition: int) -> Cursor:
    """The cursor of an id.

    Raises:
        ValueError: it is no id of an endpoint of this partition.
    """
    found = START
    for part in text.split("."):
        match = _PART.fullmatch(part)
        if match is None or match[1] not in TIERS or int(match[2]) != partition:
            raise ValueError(f"{len(text)} characters are not an id of this endpoint, such as county-3-120")
        found = found._replace(**{match[1]: int(match[3])})
    return found
