"""The time limits of a city: how long each clock of a case may run, by category, level and urgency."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, NamedTuple

from hub.domain.categories import ANY, prefixes
from hub.domain.tiers import WhistleLevel

LimitUnit = Literal["urgent_hour", "work_hour", "work_day", "natural_day"]
ClockName = Literal["sign", "handle", "call_back", "total"]

StepKey = tuple[str, str]
"""Scheme and category prefix; each may be `*`."""

LIMIT_UNITS: Final[tuple[LimitUnit, ...]] = ("urgent_hour", "work_hour", "work_day", "natural_day")


class Limit(NamedTuple):
    """How long: a value greater than 0 and the unit it is counted in."""

    value: float
    unit: LimitUnit


@dataclass(slots=True, frozen=True)
class Step:
    """One of several steps that a case is handled in (the fence, the repair, the new surface), with its limit."""

    title: str
    limit: Limit


@dataclass(slots=True, frozen=True)
class LimitRow:
    """One line of the limits table; `*` stands for any. A clock that is None is one the case does not have."""

    row: str
    scheme: str
    category: str
    level: str
    urgency: str
    sign: Limit | None
    handle: Limit
    call_back: Limit | None
    total: Limit | None


@dataclass(slots=True, frozen=True)
class Limits:
    """All limits of one version, with an index by their four columns. `valid_from` None: it holds from ever."""

    version: str
    rows: tuple[LimitRow, ...]
    index: Mapping[tuple[str, str, str, str], LimitRow] = field(repr=False)
    steps: Mapping[StepKey, tuple[Step, ...]] = field(default_factory=dict)
    valid_from: date | None = None

    @classmethod
    def of(
        cls,
        version: str,
        rows: Iterable[LimitRow],
        steps: Mapping[StepKey, Sequence[Step]] | None = None,
        valid_from: date | None = None,
    ) -> "Limits":
        """The limits of a version; no two rows may have the same four columns."""
        rows = tuple(rows)
        return cls(
            version=version,
            rows=rows,
            index={(row.scheme, row.category, row.level, row.urgency): row for row in rows},
            steps={key: tuple(several) for key, several in (steps or {}).items()},
            valid_from=valid_from,
        )

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

    def steps_of(self, scheme: str | None, category: str | None) -> tuple[Step, ...]:
        """The steps a case of the category is handled in, by its longest prefix; none where it is one piece."""
        if not self.steps:
            return ()
        for prefix in prefixes(category):
            for named in (scheme, ANY) if scheme else (ANY,):
                found = self.steps.get((named, prefix))
                if found is not None:
                    return found
        return ()
