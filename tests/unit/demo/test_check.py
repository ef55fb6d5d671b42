"""The demo's check: true evidence passes, and one planted fault of each kind is found and named."""

from collections.abc import Callable

import pytest

from hub.demo.check import Check, check
from hub.demo.evidence import Evidence
from hub.demo.ladder import LATE, ladder_of
from hub.domain.city import City
from hub.domain.sla import Notice, SlaEvent
from hub.rebuilding import Rebuilt


@pytest.fixture
def checked(qiqihar: City, end_ms: int) -> Callable[..., Check]:
    """Checks evidence; a rebuilding without a difference and a sound ledger beside it."""

    def run(evidence: Evidence, rebuilt: Rebuilt | None = None, identities: list[str] | None = None) -> Check:
        return check(evidence, rebuilt or Rebuilt(cases=len(evidence.cases)), identities or [], qiqihar, end_ms)

    return run


def one(evidence: Evidence, outcome: str, clock: str = "handle") -> SlaEvent:
    """The first such outcome in the log."""
    return next(fact for fact in evidence.facts if (fact["outcome"], fact["clock"]) == (outcome, clock))


def sms(evidence: Evidence) -> Notice:
    """The first text message in the log."""
    return next(notice for notice in evidence.notices if notice["kind"] == "SMS")


def test_what_the_rules_tell_passes(evidence, checked):
    """Every outcome once and none early; most cases can be reckoned plainly, and come to the same."""
    found = checked(evidence)

    assert found.problems == []
    assert found.holds
    assert found.outcomes > 1000
    assert found.letters > 5
    assert found.plain > len(evidence.cases) / 3


def test_an_outcome_told_early_is_found(evidence, checked):
    """One millisecond before its instant is too early."""
    fact = one(evidence, "FIRST_TIMEOUT")
    fact["at"] = (fact["due_at"] or 0) - 1

    found = checked(evidence)

    assert found.early == 1
    assert found.problems == [problem for problem in found.problems if fact["case_id"] in problem]
    assert "1 ms too early" in found.problems[0]


def test_an_outcome_told_twice_is_found(evidence, checked):
    """Under whatever id: case, clock, cycle, leg, outcome and due say what may be told once."""
    fact = one(evidence, "AT_RISK", "sign")
    evidence.facts.append({**fact, "sla_event_id": "another", "at": fact["at"] + 5})

    found = checked(evidence)

    assert found.twice == 1
    assert fact["case_id"] in found.problems[0]
    assert "told 2 times" in found.problems[0]


@pytest.mark.parametrize("outcome", ["AT_RISK", "FIRST_TIMEOUT", "SECOND_TIMEOUT", "MET"])
def test_an_outcome_that_never_came_is_found(evidence, checked, outcome):
    """By the clocks of its case at least."""
    fact = one(evidence, outcome)
    evidence.facts.remove(fact)

    found = checked(evidence)

    assert found.missing >= 1
    assert fact["case_id"] in found.problems[0]
    assert "never told" in found.problems[0]


def test_an_outcome_that_log_and_state_both_lack_is_found(evidence, checked):
    """Rules that forgot a deadline altogether would agree with themselves: plain reckoning does not."""
    fact = next(
        fact
        for fact in evidence.facts
        if fact["outcome"] == "MET" and fact["clock"] == "sign" and _is_plain(evidence, checked, fact)
    )
    evidence.facts.remove(fact)
    case = evidence.cases[fact["case_id"]]
    case["clocks"] = [clock for clock in case["clocks"] if clock["name"] != "sign"]

    found = checked(evidence)

    assert any("reckoned plainly, and never told" in line and fact["case_id"] in line for line in found.problems)


def _is_plain(evidence: Evidence, checked: Callable[..., Check], fact: SlaEvent) -> bool:
    case_id = fact["case_id"]
    alone = Evidence(
        cases={case_id: evidence.cases[case_id]},
        events=evidence.events,
        facts=[each for each in evidence.facts if each["case_id"] == case_id],
    )
    return checked(alone).plain == 1


def test_an_outcome_that_nothing_explains_is_found(evidence, checked):
    """A timeout of a deadline that the case does not have."""
    fact = one(evidence, "MET")
    evidence.facts.append({**fact, "outcome": "FIRST_TIMEOUT", "due_at": 5, "at": 6})

    found = checked(evidence)

    assert found.unexpected >= 1
    assert any("knows nothing of it" in line and fact["case_id"] in line for line in found.problems)


def test_a_deadline_that_was_met_after_it_is_found(evidence, checked):
    """Late is late."""
    fact = one(evidence, "MET")
    fact["happened_at"] = (fact["due_at"] or 0) + 1_000

    assert any("met 1000 ms after it" in line for line in checked(evidence).problems)


def test_an_overdue_timer_is_found(evidence, checked, end_ms):
    """A row that still waits for an instant that has gone by."""
    case_id = next(iter(evidence.timers))
    evidence.timers[case_id] = end_ms

    found = checked(evidence)

    assert found.missing == 1
    assert case_id in found.problems[0]
    assert "has not fired" in found.problems[0]


def test_what_was_told_after_the_states_were_read_is_left_out(evidence, checked):
    """The hub may go on while it is looked at."""
    fact = one(evidence, "MET")
    evidence.facts.append({**fact, "case_version": 10**6, "due_at": 1})

    assert checked(evidence).holds


@pytest.mark.parametrize("copies", [0, 2])
def test_a_text_message_too_few_or_too_many_is_found(evidence, checked, copies):
    """One to the endpoint, one to its unit."""
    notice = sms(evidence)
    evidence.notices.remove(notice)
    evidence.notices += [notice] * copies

    found = checked(evidence)

    assert (found.missing, found.twice) == ((1, 0) if copies == 0 else (0, 1))
    assert notice["case_id"] in found.problems[0]


@pytest.mark.parametrize("copies", [0, 2])
def test_a_letter_not_asked_for_or_asked_for_twice_is_found(evidence, checked, copies):
    """One request a second timeout."""
    request = next(each for each in evidence.requests if each["kind"] == "ISSUE")
    evidence.requests.remove(request)
    evidence.requests += [request] * copies

    assert request["case_id"] in checked(evidence).problems[0]


def test_a_letter_that_was_never_written_is_found(evidence, checked):
    """The last one of its division leaves no gap, and is missing all the same."""
    letter = [notice for notice in evidence.notices if notice["kind"] == "LETTER"][-1]
    evidence.notices.remove(letter)

    found = checked(evidence)

    assert found.missing == 1
    assert letter["case_id"] in found.problems[0]


def test_a_gap_in_the_numbers_of_letters_is_found(evidence, checked):
    """1, 2, 4 of a division and year: 3 is missing."""
    letter = [notice for notice in evidence.notices if notice["kind"] == "LETTER"][-1]
    number = letter["number"] or ""
    letter["number"] = number.replace("-0", "-9")

    found = checked(evidence)

    assert found.gaps == 1
    assert number in found.problems[0]


def test_a_case_that_the_log_does_not_lead_to_is_told(evidence, checked):
    """The rebuilding names it."""
    rebuilt = Rebuilt(cases=3)
    rebuilt.differ("hotline:HL1: live and rebuilt differ in clocks")

    found = checked(evidence, rebuilt)

    assert (found.rebuilt, found.differing) == (3, 1)
    assert not found.holds


def test_a_sum_of_the_ledger_that_is_wrong_is_told(evidence, checked):
    """As the ledger says it."""
    found = checked(evidence, None, ["received 5 is not 4 = new 4 + carried_over 0"])

    assert found.identities
    assert not found.holds


def test_the_ladder_counts_what_the_log_holds(evidence):
    """Per clock and outcome; entries and call-backs from the states."""
    ladder = ladder_of(evidence)
    facts = [fact for fact in evidence.facts if fact["clock"] == "handle"]

    assert ladder.outcomes["handle"]["FIRST_TIMEOUT"] == sum(f["outcome"] == "FIRST_TIMEOUT" for f in facts) > 0
    assert ladder.outcomes["handle"][LATE] == 0
    assert ladder.letters_issued == ladder.entries_open + ladder.entries_removed > 0
    assert sum(ladder.call_backs.values()) == sum(len(case["call_backs"]) for case in evidence.cases.values())
    assert ladder.rework == sum(len(case["cycles"]) for case in evidence.cases.values()) > 0
