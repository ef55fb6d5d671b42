"""Proves from the topics that every outcome of a deadline came once, in time, and led to what it must lead to."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from hub.demo import plain
from hub.demo.evidence import Evidence
from hub.domain.case import CaseState
from hub.domain.city import City
from hub.domain.clock import OUTCOMES
from hub.domain.instants import from_epoch_ms
from hub.domain.sla import SlaEvent
from hub.rebuilding import Rebuilt

_RUNGS: Final = frozenset({"AT_RISK", "FIRST_TIMEOUT", "SECOND_TIMEOUT"})
_OF_A_LETTER: Final = ("LETTER", "LEADER_FORWARD", "SUPERVISION_ENTRY")
_SHOWN: Final = 20


class Told(NamedTuple):
    """An outcome and the instant (epoch ms) it belongs to: what may be told once only."""

    case_id: str
    clock: str
    cycle: int
    leg: int
    outcome: str
    due: int

    def __str__(self) -> str:
        due = f"{from_epoch_ms(self.due):%Y-%m-%d %H:%M:%S}"
        return f"{self.case_id}: {self.outcome} of {self.clock}, cycle {self.cycle}, leg {self.leg}, due {due}"


@dataclass(slots=True)
class Check:
    """What was looked at, and how much of it is wrong; `problems` names the first cases.

    `outcomes` were told and `letters` issued; `rebuilt` cases were replayed from the log and compared with the live
    ones, `differing` of them differ; `plain` cases were reckoned a second time without the hub's clocks.
    """

    outcomes: int = 0
    early: int = 0
    twice: int = 0
    missing: int = 0
    unexpected: int = 0
    rebuilt: int = 0
    differing: int = 0
    plain: int = 0
    notices: int = 0
    letters: int = 0
    gaps: int = 0
    identities: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Nothing is wrong."""
        return not self.problems

    def as_data(self) -> dict[str, Any]:
        """For `--json`."""
        return {**{name: getattr(self, name) for name in Check.__slots__}, "holds": self.holds}

    def note(self, what: str) -> None:
        """One more problem; the first ones are kept to be shown."""
        if len(self.problems) < _SHOWN:
            self.problems.append(what)


def check(evidence: Evidence, rebuilt: Rebuilt, identities: list[str], city: City, until_ms: int) -> Check:
    """Everything. Whatever was due up to `until_ms` must have come."""
    found = Check(rebuilt=rebuilt.cases, differing=rebuilt.differing, identities=identities)
    for line in (*rebuilt.differences, *identities):
        found.note(line)
    known = _known_facts(evidence)
    _check_instants(found, known)
    _check_states(found, evidence, known)
    _check_timers(found, evidence, until_ms)
    _check_plainly(found, evidence, known, city, until_ms)
    _check_notices(found, evidence, known)
    _check_letters(found, evidence, known, city)
    return found


def told_of(fact: SlaEvent) -> Told:
    """The outcome that a fact tells."""
    return Told(fact["case_id"], fact["clock"], fact["cycle"], fact["leg"], fact["outcome"], fact["due_at"] or 0)


def _known_facts(evidence: Evidence) -> list[SlaEvent]:
    """Without what was told after the states were read."""
    versions = {case_id: case["version"] for case_id, case in evidence.cases.items()}
    return [fact for fact in evidence.facts if fact["case_version"] <= versions.get(fact["case_id"], 0)]


def _outcomes(facts: Iterable[SlaEvent]) -> Iterator[SlaEvent]:
    return (fact for fact in facts if fact["outcome"] in OUTCOMES)


def _check_instants(found: Check, facts: list[SlaEvent]) -> None:
    """Each outcome once, no rung before its instant, nothing met after it."""
    times = Counter(map(told_of, _outcomes(facts)))
    found.outcomes = times.total()
    for told, count in times.items():
        if count > 1:
            found.twice += 1
            found.note(f"{told}: told {count} times")
    for fact in _outcomes(facts):
        due, happened_at = fact["due_at"] or 0, fact["happened_at"]
        if fact["outcome"] in _RUNGS and fact["at"] < due:
            found.early += 1
            found.note(f"{told_of(fact)}: told {due - fact['at']} ms too early")
        elif fact["outcome"] == "MET" and happened_at is not None and happened_at > due:
            found.unexpected += 1
            found.note(f"{told_of(fact)}: met {happened_at - due} ms after it")


def _check_states(found: Check, evidence: Evidence, facts: list[SlaEvent]) -> None:
    """What the clocks of a case say came, and what was told, are the same."""
    told = set(map(told_of, _outcomes(facts)))
    stated = {one for case in evidence.cases.values() for one in _stated(case)}
    for one in sorted(stated - told):
        found.missing += 1
        found.note(f"{one}: never told")
    for one in sorted(told - stated):
        found.unexpected += 1
        found.note(f"{one}: told, and the case knows nothing of it")


def _stated(case: CaseState) -> Iterator[Told]:
    for clock in case["clocks"]:
        place = (case["case_id"], clock["name"], clock["cycle"], clock["leg"])
        for warned_at in clock["warned_at"]:
            yield Told(*place, "AT_RISK", warned_at)
        if clock["breached"]:
            yield Told(*place, "FIRST_TIMEOUT", clock["due_at"] or 0)
        if clock["second_passed"]:
            yield Told(*place, "SECOND_TIMEOUT", clock["second_at"] or 0)
        if clock["end"] == "MET":
            yield Told(*place, "MET", clock["due_at"] or 0)


def _check_timers(found: Check, evidence: Evidence, until_ms: int) -> None:
    for case_id, due in evidence.timers.items():
        if due <= until_ms:
            found.missing += 1
            found.note(f"{case_id}: its timer of {from_epoch_ms(due):%Y-%m-%d %H:%M:%S} has not fired")


def _check_plainly(found: Check, evidence: Evidence, facts: list[SlaEvent], city: City, until_ms: int) -> None:
    """The first cycles of the common cases, reckoned from the working time alone."""
    fired: dict[str, list[tuple[int, int]]] = defaultdict(list)
    told: dict[str, set[plain.Outcome]] = defaultdict(set)
    for fact in facts:
        if fact["event_id"] is None and fact["happened_at"] is not None:
            fired[fact["case_id"]].append((fact["case_version"], fact["happened_at"]))
        if fact["outcome"] in OUTCOMES and fact["clock"] in ("sign", "handle") and fact["cycle"] == 1:
            outcome = plain.Outcome(fact["clock"], fact["outcome"], fact["due_at"] or 0)
            told[fact["case_id"]].add(outcome)
    for case_id, case in evidence.cases.items():
        life = plain.life_of(case, evidence.events, fired[case_id], city)
        if life is None:
            continue
        found.plain += 1
        due, ahead = plain.outcomes_of(case, life, city, until_ms)
        for one in sorted(due - told[case_id]):
            found.missing += 1
            found.note(f"{Told(case_id, one.clock, 1, 1, one.outcome, one.due)}: reckoned plainly, and never told")
        for one in sorted(told[case_id] - due - ahead):
            found.unexpected += 1
            found.note(f"{Told(case_id, one.clock, 1, 1, one.outcome, one.due)}: told, and not reckoned plainly")


def _check_notices(found: Check, evidence: Evidence, facts: list[SlaEvent]) -> None:
    """A first timeout brings a text message to the endpoint and one to its unit."""
    found.notices = len(evidence.notices)
    told = Counter(told_of(fact) for fact in facts if fact["outcome"] == "FIRST_TIMEOUT")
    sent: dict[Told, Counter[str]] = defaultdict(Counter)
    for notice in evidence.notices:
        if notice["kind"] == "SMS":
            about = notice["attributes"]
            key = Told(
                notice["case_id"],
                about["clock"],
                notice["cycle"],
                int(about["leg"]),
                "FIRST_TIMEOUT",
                notice["due_at"] or 0,
            )
            sent[key][notice["recipient_role"]] += 1
    for one in sorted(told):
        if sent[one] != Counter(endpoint=1, unit=1):
            _differ(found, sum(sent[one].values()), 2)
            found.note(f"{one}: {sum(sent[one].values())} text messages instead of 2")


def _check_letters(found: Check, evidence: Evidence, facts: list[SlaEvent], city: City) -> None:
    """A second timeout brings one letter with its number, copy and entry; numbers run without a gap."""
    asked = Counter(request["entry_id"] for request in evidence.requests if request["kind"] == "ISSUE")
    sent: dict[str, Counter[str]] = defaultdict(Counter)
    numbers: dict[tuple[str, int], list[str]] = defaultdict(list)
    for notice in evidence.notices:
        if notice["kind"] in _OF_A_LETTER:
            sent[notice["attributes"]["entry_id"]][notice["kind"]] += 1
        if notice["kind"] == "LETTER":
            place = (notice["division"] or "", from_epoch_ms(notice["at"]).year)
            numbers[place].append(notice["number"] or "")
    for fact in facts:
        if fact["outcome"] != "SECOND_TIMEOUT":
            continue
        entry_id = fact["sla_event_id"]
        if asked[entry_id] != 1:
            _differ(found, asked[entry_id], 1)
            found.note(f"{told_of(fact)}: {asked[entry_id]} requests for a letter instead of 1")
        elif sent[entry_id] != Counter(_OF_A_LETTER):
            _differ(found, sum(sent[entry_id].values()), len(_OF_A_LETTER))
            found.note(f"{told_of(fact)}: {dict(sent[entry_id])} instead of one letter, one copy, one entry")
    found.letters = sum(map(len, numbers.values()))
    _check_numbers(found, numbers, city)


def _check_numbers(found: Check, numbers: Mapping[tuple[str, int], list[str]], city: City) -> None:
    for (division, year), issued in sorted(numbers.items()):
        form = city.policy.letter_number
        right = {form.format(year=year, division=division, number=one) for one in range(1, len(issued) + 1)}
        if set(issued) != right:
            found.gaps += 1
            missing = ", ".join(sorted(right - set(issued))[:3])
            found.note(f"letters of {division} in {year}: {len(issued)} issued, and there is no {missing}")


def _differ(found: Check, count: int, right: int) -> None:
    if count < right:
        found.missing += 1
    else:
        found.twice += 1
