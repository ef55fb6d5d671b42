"""The time limits of a city: how long each clock of a case may run, by category, level and urgency."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from hub.domain.categories import ANY, prefixes
from hub.domain.tiers import WhistleLevel

LimitUnit = Literal["urgent_hour", "work_hour", "work_day", "natural_day"]
ClockName = Literal["sign", "handle", "call_back", "total"]

LIMIT_UNITS: Final[tuple[LimitUnit, ...]] = ("urgent_hour", "work_hour", "work_day", "natural_day")


@dataclass(slots=True, frozen=True)
class Limit:
    """How long: a value greater than 0 and the unit it is counted in."""

    value: float
    unit: LimitUnit


@dataclass(slots=True, frozen=True)
class LimitRow:
    """One line of the limits table; `*` stands for any. `total` is None where the case has no total clock."""

    row: str
    scheme: str
    category: str
    level: str
    urgency: str
    sign: Limit
    handle: Limit
    call_back: Limit
    total: Limit | None


@dataclass(slots=True, frozen=True)
class Limits:
    """All limits of one version, with an index by their four columns."""

    version: str
    rows: tuple[LimitRow, ...]
    index: Mapping[tuple[str, str, str, str], LimitRow]

    @classmethod
    def of(cls, version: str, rows: Iterable[LimitRow]) -> "Limits":
        """The limits of a version; no two rows may have the same four columns."""
        rows = tuple(rows)
        return cls(version, rows, {(row.scheme, row.category, row.level, row.urgency): row for row in rows})

    def find(
        self, scheme: str | None, category: str | None, level: WhistleLevel, urgency: str | None
    ) -> LimitRow | None:
        """The most specific row: longest category prefix first, then the level, then the urgency.

        No urgency is read as NORMAL. None only in a table that its check would have refused.
        """
        for prefix in prefixes(category):
            for named in (scheme, ANY) if scheme else (ANY,):
                for at_level in (level, ANY):
                    for at_urgency in (urgency or "NORMAL", ANY):
                        row = self.index.get((named, prefix, at_level, at_urgency))
                        if row is not None:
                            return row
        return None
