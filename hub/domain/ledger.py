"""The ledger (台账): what a period's cases came to, every figure with the ids behind it (docs/ledger.md).

Pure and in one pass: a case is looked at once and let go, so that memory holds counts, and ids where they are asked
for. Everything is as it stood at the period's end, by the sources' clocks.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from hub.domain.case import CaseState
from hub.domain.ledger_entries import entries_of
from hub.domain.ledger_terms import FIGURES, IDENTITIES, RATES, Identity
from hub.domain.percent import share
from hub.domain.period import Period

UNPLACED: Final = "unplaced"
"""Instead of a division: the cases that have none. All divisions and these are the city."""
_NAMED: Final = 3


@dataclass(slots=True)
class Ledger:
    """The figures of one period; `add` takes one case. Ids are kept with `with_ids` alone, counts always."""

    period: Period
    division: str | None = None
    with_ids: bool = True
    _counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FIGURES, 0))
    _ids: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in FIGURES})
    _unexplained: list[str] = field(default_factory=list)

    def add(self, case: CaseState) -> None:
        """Count a case into every figure it belongs to. Each case may come once."""
        if self.division is not None and self.division != _division_of(case):
            return
        for name, stands_for in entries_of(case, self.period):
            self._counts[name] += 1
            if self.with_ids:
                self._ids[name].append(stands_for)
            if name == "unexplained" and len(self._unexplained) < _NAMED:
                self._unexplained.append(stands_for)

    def count(self, name: str) -> int:
        """A figure."""
        return self._counts[name]

    def ids(self, name: str) -> tuple[str, ...]:
        """The ids behind a figure, or behind a rate's `NAME.numerator` and `NAME.denominator`.

        A case's own id, or with `#` behind it one call-back, cycle, clock or entry of the case.
        Raises `KeyError` for another name.
        """
        if not self.with_ids:
            raise ValueError("this ledger was drawn without ids")
        return tuple([one for part in _parts_of(name) for one in self._ids[part]])

    def fraction(self, rate: str) -> tuple[int, int]:
        """Numerator and denominator of a rate."""
        numerator, denominator = RATES[rate].numerator, RATES[rate].denominator
        return sum(map(self.count, numerator)), sum(map(self.count, denominator))

    def text(self, rate: str) -> str:
        """A rate as it is printed."""
        return share(*self.fraction(rate))

    def check(self) -> list[str]:
        """Every identity that does not hold, in words; empty where all numbers add up."""
        problems = [problem for identity in IDENTITIES if (problem := self._difference(identity))]
        if self.with_ids:
            problems += [problem for name, ids in self._ids.items() if (problem := _repeated(name, ids))]
        if self._unexplained:
            problems.append(
                f"{self.count('unexplained'):,} cases whose decisions do not lead to their status: "
                f"{_some(self._unexplained)}"
            )
        return problems

    def _difference(self, identity: Identity) -> str:
        total = self.count(identity.total)
        found = sum(map(self.count, identity.parts))
        if total != found:
            parts = " + ".join(f"{name} {self.count(name):,}" for name in identity.parts)
            return f"{identity.total} {total:,} is not {found:,} = {parts}"
        if self.with_ids:
            parts_ids = {one for name in identity.parts for one in self._ids[name]}
            if astray := parts_ids ^ set(self._ids[identity.total]):
                return f"{identity}: counts agree, ids do not: {_some(sorted(astray))}"
        return ""


def draw(
    cases: Iterable[CaseState], period: Period, division: str | None = None, *, with_ids: bool = True
) -> Ledger:
    """The ledger of a period; of one division, of the cases without one (`UNPLACED`), or of the city."""
    ledger = Ledger(period, division, with_ids)
    for case in cases:
        ledger.add(case)
    return ledger


def names_of_ids() -> tuple[str, ...]:
    """Every name that `Ledger.ids` knows."""
    return (*FIGURES, *(f"{rate}.{side}" for rate in RATES for side in ("numerator", "denominator")))


def _division_of(case: CaseState) -> str:
    location = case["location"]
    return (location["division"] if location is not None else None) or UNPLACED


def _parts_of(name: str) -> tuple[str, ...]:
    rate, _, side = name.partition(".")
    if not side:
        return (name,)
    return {"numerator": RATES[rate].numerator, "denominator": RATES[rate].denominator}[side]


def _repeated(name: str, ids: list[str]) -> str:
    twice = [one for one, times in Counter(ids).items() if times > 1] if len(set(ids)) < len(ids) else []
    return f"{name} counts {len(twice):,} ids more than once: {_some(twice)}" if twice else ""


def _some(ids: list[str]) -> str:
    return ", ".join(ids[:_NAMED]) + (", …" if len(ids) > _NAMED else "")
