"""The ladder table: what became of the deadlines, and of everything that hangs on them."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, get_args

from hub.demo.evidence import Evidence
from hub.domain.clock import OUTCOMES
from hub.domain.limits import ClockName

CLOCKS: Final[tuple[str, ...]] = get_args(ClockName)
LATE: Final = "TOLD_LATE"
OWED: Final = "OPEN"


@dataclass(slots=True)
class Ladder:
    """Per clock how often each outcome came, and how many of them were told late; the rest as plain counts."""

    outcomes: dict[str, dict[str, int]] = field(default_factory=dict)
    letters_issued: int = 0
    entries_open: int = 0
    entries_removed: int = 0
    call_backs: dict[str, int] = field(default_factory=dict)
    rework: int = 0
    extensions_granted: int = 0
    extensions_refused: int = 0
    auto_resumed: int = 0
    appeals_filed: int = 0
    appeals_excused: int = 0
    appeals_rejected: int = 0

    def as_data(self) -> dict[str, Any]:
        """For `--json`."""
        return {name: getattr(self, name) for name in Ladder.__slots__}


def ladder_of(evidence: Evidence) -> Ladder:
    """Counted from the topics."""
    facts: Counter[tuple[str, str]] = Counter((fact["clock"], fact["outcome"]) for fact in evidence.facts)
    late: Counter[str] = Counter(
        fact["clock"] for fact in evidence.facts if fact["late"] and fact["outcome"] in OUTCOMES
    )
    kinds: Counter[str] = Counter(fact["outcome"] for fact in evidence.facts)
    entries = [entry for case in evidence.cases.values() for entry in case["supervision"]]
    calls = Counter(one["result"] or OWED for case in evidence.cases.values() for one in case["call_backs"])
    return Ladder(
        outcomes={
            clock: {**{outcome: facts[clock, outcome] for outcome in OUTCOMES}, LATE: late[clock]}
            for clock in CLOCKS
        },
        letters_issued=sum(notice["kind"] == "LETTER" for notice in evidence.notices),
        entries_open=sum(entry["removed_at"] is None for entry in entries),
        entries_removed=sum(entry["removed_at"] is not None for entry in entries),
        call_backs=dict(calls.most_common()),
        rework=kinds["REWORK"],
        extensions_granted=kinds["EXTENDED"],
        extensions_refused=kinds["EXTENSION_REFUSED"],
        auto_resumed=kinds["AUTO_RESUMED"],
        appeals_filed=kinds["APPEALED"],
        appeals_excused=kinds["EXCUSED"],
        appeals_rejected=kinds["APPEAL_REJECTED"],
    )
