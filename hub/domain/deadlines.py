"""The deadlines of a case while something happens to it: where clocks meet level, parties and the world.

How clocks run is `hub.domain.ladder`'s; here limits are found for the case as it stands, clocks are taken out of
its state and put back, and every outcome becomes the messages that it asks for.
"""

from datetime import datetime
from typing import Final, NamedTuple

from hub.domain.case import CaseState, ClockRecord
from hub.domain.city import City
from hub.domain.clock import OUTCOMES, Clock, SlaOutcome, Terms
from hub.domain.clock_data import clock_of, milliseconds, pause_of, record_of, rung_at
from hub.domain.clock_events import ClockEvent, LevelRaised
from hub.domain.instants import to_epoch_ms
from hub.domain.ladder import (
    CaseClocks,
    ExtensionRefusal,
    Phase,
    Step,
    apply,
    clock_named,
    fire,
    next_due,
    reach,
    recalculated,
    stop,
)
from hub.domain.limits import ClockName, Limit, LimitRow
from hub.domain.limits import Step as HandlingStep
from hub.domain.sla import LetterRequest, Notice, SlaEvent, SlaKind
from hub.domain.timeouts import entry_of, fact_id, issue_request, reminders, responsible
from hub.domain.worktime import WorkTime

_NO_TERMS: Final = Terms(1, Limit(1, "work_day"))
LATE_AFTER_MS: Final = 5_000
_CASE_CLOCK: Final[ClockName] = "total"
_PHASES: Final[dict[str, Phase]] = {
    "DONE": "DONE",
    "ANSWERED": "DONE",
    "CLOSED": "DONE",
    "WITHDRAWN": "CLOSED",
    "MERGED": "CLOSED",
}


class Telling(NamedTuple):
    """When the hub says what it says, epoch ms: it enters messages, never the state of a case.

    What is told more than `late_after` after it happened, and after the hub `heard_at` of it, was held up by an
    outage. `event_id` is the event at hand; None where a clock speaks by itself.
    """

    at: int
    late_after: int = LATE_AFTER_MS
    event_id: str | None = None
    heard_at: int = 0

    def is_late(self, happened_at: int) -> bool:
        """Whether an outage of the hub held it up."""
        return self.at - max(happened_at, self.heard_at) > self.late_after


class Deadlines:
    """The clocks of one case, taken out of its state; `write` puts them back. What is to be told collects here."""

    __slots__ = (
        "_ahead",
        "_only_due",
        "_received_at",
        "_taken",
        "case",
        "city",
        "clocks",
        "events",
        "letters",
        "notices",
        "telling",
    )

    def __init__(
        self, case: CaseState, city: City, received_at: int, telling: Telling, *, only_due: bool = False
    ) -> None:
        """`only_due`: nothing but time will pass, up to `received_at`.

        Then the limits of the case are not looked up, and a clock that is not due stays in its record: of the
        several clocks of a case a timer concerns one.
        """
        self.case = case
        self.city = city
        self.telling = telling
        self.events: list[SlaEvent] = []
        self.notices: list[Notice] = []
        self.letters: list[LetterRequest] = []
        self._received_at = received_at
        self._only_due = only_due
        self._ahead: list[ClockRecord] = []
        running = [record for record in case["clocks"] if record["end"] is None]
        # The end of a suspension is told of the handle clock, due or not.
        if only_due and not _has_come(auto_resume_at(case), received_at):
            self._ahead = [record for record in running if not _has_come(rung_at(record), received_at)]
            running = [record for record in running if _has_come(rung_at(record), received_at)]
        self._taken = [(clock_of(record), record) for record in running]
        ticking = tuple([clock for clock, _ in self._taken])
        self.clocks = _ticking(case, ticking) if only_due else _clocks_of(case, city, ticking)

    @property
    def worktime(self) -> WorkTime:
        """The working time by which clocks are reckoned now."""
        return self.city.worktime_at(self.case["policy_version"], self._received_at)

    def take(self, event: ClockEvent) -> ExtensionRefusal | None:
        """An event by its own time; why an extension was refused."""
        step = apply(self.clocks, event, self.worktime)
        self._keep(step)
        return step.refused

    def reach(self, at: datetime) -> None:
        """Every rung before an instant."""
        self._keep(reach(self.clocks, at))

    def fire(self, now: datetime) -> None:
        """Every rung up to and including now."""
        self._keep(fire(self.clocks, now))

    def relimit(self, at: datetime) -> None:
        """The limits of the case as it now stands; of two dues of the handle clock the earlier one holds."""
        was = self.clocks.limit
        self.renew_limits()
        if self.clocks.limit != was:
            self.take(LevelRaised(at, self.clocks.level, self.clocks.limit))

    def renew_limits(self) -> None:
        """The limits of the case as it now stands for clocks that start from now on; what runs, runs as it did."""
        row, handle = limits_of(self.case, self.city)
        self.clocks = self.clocks._replace(
            level=self.case["level"] or "ordinary",
            limit=handle,
            sign_limit=row.sign,
            total_limit=row.total,
            call_back_limit=row.call_back,
        )

    def recalculate(self) -> list[tuple[Clock, Clock]]:
        """The running clocks by the calendar of now; those whose instants moved, as they were and as they are."""
        before = self.clocks.running
        self.clocks = recalculated(self.clocks, self.worktime)
        pairs = zip(before, self.clocks.running, strict=True)
        return [(was, now) for was, now in pairs if was._replace(calendar=now.calendar) != now]

    def due_at(self, name: ClockName) -> int | None:
        """When the running clock of that name is due, epoch ms."""
        clock = clock_named(self.clocks, name)
        return milliseconds(clock.due.at) if clock else None

    def owe_no_call_back(self) -> None:
        """There is nobody to call: no clock for it."""
        self.clocks = self.clocks._replace(call_back_limit=None)

    def reopen(self, at: datetime) -> None:
        """The case was ended by mistake: nobody is to be called back yet, and its clocks may run again."""
        self.clocks = stop(self.clocks, "call_back", at)._replace(phase="OPEN")

    def steps(self) -> tuple[HandlingStep, ...]:
        """The handling steps of the case's category, none where it is handled in one."""
        category = self.case["category"]
        scheme = category["scheme"] if category is not None else None
        limits = self.city.limits_of(self.case["limits_version"])
        return limits.steps_of(scheme, self.city.category_code(category))

    def say(
        self,
        kind: SlaKind,
        clock: Clock | None,
        at: datetime,
        reason: str | None = None,
        details: dict[str, str] | None = None,
    ) -> SlaEvent:
        """A fact about a clock (None: the case as a whole) that is no outcome of its ladder."""
        due = milliseconds(clock.due.at) if clock else None
        is_provisional = clock.due.is_provisional if clock else False
        name = clock.name if clock else _CASE_CLOCK
        place = (clock.cycle, clock.leg) if clock else (self.case["cycle"], self.case["leg"])
        fact = self._event(kind, name, place, due, to_epoch_ms(at), is_provisional, reason, details)
        self.events.append(fact)
        return fact

    def next_timer(self) -> int | None:
        """The next instant at which the case changes by itself: a rung, or a suspension that ends (epoch ms)."""
        instants = [milliseconds(next_due(self.clocks)), auto_resume_at(self.case), *map(rung_at, self._ahead)]
        return min([at for at in instants if at is not None], default=None)

    def write(self) -> None:
        """Put the clocks into the case: the ended ones first, as they ended, then those that run."""
        clocks = self.clocks
        if self._only_due:
            # By itself no clock begins or ends: each stays where it stands.
            after = {
                id(record): self._record(clock)
                for (_, record), clock in zip(self._taken, clocks.running, strict=True)
            }
            self.case["clocks"] = [after.get(id(record), record) for record in self.case["clocks"]]
            return
        ended = [record for record in self.case["clocks"] if record["end"] is not None]
        self.case["clocks"] = [
            *ended,
            *[record_of(clock) for clock in clocks.past],
            *[self._record(clock) for clock in clocks.running],
        ]

    def _record(self, clock: Clock) -> ClockRecord:
        """A clock that is as it was keeps the record that it was made of."""
        return next((record for was, record in self._taken if was is clock), None) or record_of(clock)

    def _keep(self, step: Step) -> None:
        self.clocks = step.clocks
        for outcome in step.outcomes:
            self._tell(outcome)

    def _tell(self, outcome: SlaOutcome) -> None:
        due, happened_at = to_epoch_ms(outcome.due), to_epoch_ms(outcome.happened_at)
        place = (outcome.cycle, outcome.leg)
        event = self._event(outcome.outcome, outcome.clock, place, due, happened_at, outcome.is_provisional)
        self.events.append(event)
        if outcome.outcome == "FIRST_TIMEOUT":
            self.notices += reminders(self.case, self.city, event)
        elif outcome.outcome == "SECOND_TIMEOUT":
            request = issue_request(self.case, self.city, event, self.due_at(outcome.clock))
            self.letters.append(request)
            self.case["supervision"] = [*self.case["supervision"], entry_of(request)]

    def _event(
        self,
        kind: SlaKind,
        clock: ClockName,
        place: tuple[int, int],
        due: int | None,
        happened_at: int,
        is_provisional: bool,
        reason: str | None = None,
        details: dict[str, str] | None = None,
    ) -> SlaEvent:
        case, telling = self.case, self.telling
        cycle, leg = place
        location = case["location"]
        unit, endpoint_id = responsible(case, self.city, clock)
        occasion = self._occasion(kind, happened_at)
        return {
            "sla_event_id": fact_id(case["case_id"], clock, cycle, leg, kind, due, occasion),
            "case_id": case["case_id"],
            "case_version": case["version"],
            "outcome": kind,
            "clock": clock,
            "cycle": cycle,
            "leg": leg,
            "due_at": due,
            "at": telling.at,
            "late": telling.is_late(happened_at),
            "provisional": is_provisional,
            "tier": case["tier"],
            "level": case["level"],
            "division": location["division"] if location is not None else None,
            "unit": unit,
            "endpoint_id": endpoint_id,
            "policy": f"limits {case['limits_version']}, policy {case['policy_version']}",
            "event_id": telling.event_id,
            "happened_at": happened_at,
            "category": self.city.category_code(case["category"]),
            "reason": reason,
            "details": details or {},
        }

    def _occasion(self, kind: SlaKind, happened_at: int) -> str | None:
        """What tells two facts of one kind, clock and due apart; a clock's outcomes come once and need nothing."""
        return None if kind in OUTCOMES else self.telling.event_id or str(happened_at)


def limits_of(case: CaseState, city: City) -> tuple[LimitRow, Limit]:
    """The row of the limits table for the case as it stands, and the limit of the handling (step) at hand."""
    category = case["category"]
    scheme = category["scheme"] if category is not None else None
    code = city.category_code(category)
    limits = city.limits_of(case["limits_version"])
    row = limits.find(scheme, code, case["level"] or "ordinary", case["urgency"])
    if row is None:
        raise LookupError(
            f"limits {limits.version} have no row for this case; hub city check says which are missing"
        )
    steps = limits.steps_of(scheme, code)
    return row, steps[case["step"]].limit if case["step"] < len(steps) else row.handle


def auto_resume_at(case: CaseState) -> int | None:
    """When a suspension with an end resumes the case by itself (epoch ms)."""
    suspension = case["suspension"]
    return suspension["end_at"] if case["status"] == "SUSPENDED" and suspension is not None else None


def _has_come(instant: int | None, until: int) -> bool:
    return instant is not None and instant <= until


def _ticking(case: CaseState, running: tuple[Clock, ...]) -> CaseClocks:
    """Clocks of which only the rungs are asked for."""
    return CaseClocks(_NO_TERMS, case["level"] or "ordinary", _NO_TERMS.second_grace, running=running)


def _clocks_of(case: CaseState, city: City, running: tuple[Clock, ...]) -> CaseClocks:
    row, handle = limits_of(case, city)
    policy = city.policy_of(case["policy_version"])
    suspension, lead, past_units = case["suspension"], case["lead"], case["past_units"]
    return CaseClocks(
        terms=Terms(policy.at_risk_fraction, policy.second_grace, case["limits_version"], policy.version),
        level=case["level"] or "ordinary",
        limit=handle,
        total_limit=row.total,
        sign_limit=row.sign,
        call_back_limit=row.call_back,
        phase=_PHASES.get(case["status"], "OPEN"),
        cycle=case["cycle"],
        leg=case["leg"] if case["first_unit"] is not None else 0,
        unit=lead["unit"] if lead is not None else past_units[-1] if past_units else None,
        suspension=pause_of(suspension) if suspension is not None else None,
        running=running,
    )
