"""What the outside checker found: five numbers that must be zero, and examples of what stands behind them."""

from collections import Counter
from dataclasses import dataclass, field

LOST = "lost"
DOUBLED = "doubled"
REORDERED = "reordered"
WRONG_STATE = "wrong_state"
UNACCOUNTED = "unaccounted"
KINDS = (LOST, DOUBLED, REORDERED, WRONG_STATE, UNACCOUNTED)

_EXAMPLES = 20


@dataclass(slots=True)
class Findings:
    """Differences by kind. `facts` are figures about the run that are neither good nor bad."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    facts: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, what: str, count: int = 1) -> None:
        """One difference of a kind, with where it stands; never with what a record says."""
        self.counts[kind] += count
        if len(self.examples) < _EXAMPLES:
            self.examples.append(f"{kind}: {what}")

    @property
    def holds(self) -> bool:
        """True when nothing differs."""
        return not any(self.counts.values())

    def as_data(self) -> dict[str, object]:
        """For `--json`."""
        return {
            **{kind: self.counts[kind] for kind in KINDS},
            "holds": self.holds,
            "facts": self.facts,
            "examples": self.examples,
        }
