"""The outcomes of a case reckoned a second time, plainly: from what was said of it and the working time alone.

Nothing of the hub's clocks or timers takes part. It knows the common case: one unit from the report to the end of
the first cycle, with pauses and with extensions of so much time; `life_of` gives None for any other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Final, NamedTuple

from hub.domain.case import ENDED, CaseState, Entry
from hub.domain.city import City
from hub.domain.event import CaseEvent
from hub.domain.instants import from_epoch_ms, to_epoch_ms
from hub.domain.limits import LIMIT_UNITS, Limit
from hub.domain.pauses import Pause
from hub.domain.worktime import WorkTime

_FAR: Final = datetime.max.replace(tzinfo=from_epoch_ms(0).tzinfo)
# What may give a case to another unit, raise its level or move its deadlines otherwise.
_UNCOMMON: Final = frozenset({"RETURNED", "WHISTLED", "URGED", "SUPPLEMENTED", "RECALCULATED"})
_UNCOMMON_REASONS: Final = frozenset({"was_parked", "late", "dispatched", "suspension_over"})


class Outcome(NamedTuple):
    """An outcome of a first cycle's clock and the instant (epoch ms) it belongs to."""

    clock: str
    outcome: str
    due: int


@dataclass(slots=True, frozen=True)
class Change:
    """From an instant on the clock has other pauses, or more time."""

    at: datetime
    pauses: tuple[Pause, ...]
    added: tuple[Limit, ...]
    is_extension: bool = False


@dataclass(slots=True, frozen=True)
class Life:
    """What moved the clocks of the first cycle. `is_met` says whether its end lets an unmissed deadline be met."""

    start: datetime
    signed: datetime | None
    ended: datetime | None
    is_met: bool
    changes: tuple[Change, ...]
    worktime: WorkTime


def life_of(
    case: CaseState, events: Mapping[str, CaseEvent], timers: Sequence[tuple[int, int]], city: City
) -> Life | None:
    """The first cycle of a case, if it is a common one.

    `timers` are the versions and dues of what the clocks did by themselves. An event that tells of a time before
    such a due, though it came after it, came out of its time: such a case is no common one either.
    """
    entries = _first_cycle(case)
    instants = [_at(events[entry["event_id"]]) for entry in entries]
    if any(later < earlier for earlier, later in pairwise(instants)):
        # Heard in another order than they happened: what the first one brought about stays.
        return None
    if not entries or not _is_common(case, entries, events, timers, city):
        return None
    report = events[entries[0]["event_id"]]
    worktime = city.worktime_at(case["policy_version"], report["received_at"])
    life = Life(_at(report), None, None, False, (), worktime)
    pauses: tuple[Pause, ...] = ()
    added: tuple[Limit, ...] = ()
    for entry in entries:
        event = events[entry["event_id"]]
        at = _at(event)
        if entry["outcome"] != "APPLIED" or life.ended is not None:
            continue
        if entry["to_status"] in ENDED:
            is_met = entry["to_status"] in ("DONE", "ANSWERED", "CLOSED")
            life = replace(life, ended=at, is_met=is_met)
        elif entry["kind"] == "SIGNED" and life.signed is None:
            life = replace(life, signed=at)
        elif entry["kind"] == "SUSPENDED":
            pauses = (*pauses, Pause(at, _until(event, case, city, worktime), "suspension"))
            life = replace(life, changes=(*life.changes, Change(at, pauses, added)))
        elif entry["kind"] == "RESUMED":
            pauses = (*pauses[:-1], replace(pauses[-1], end=at))
            life = replace(life, changes=(*life.changes, Change(at, pauses, added)))
        elif entry["kind"] == "EXTENDED":
            more = _granted(event)
            if more is None:
                return None
            added = (*added, more)
            life = replace(life, changes=(*life.changes, Change(at, pauses, added, is_extension=True)))
    return life


def outcomes_of(case: CaseState, life: Life, city: City, until_ms: int) -> tuple[set[Outcome], set[Outcome]]:
    """The outcomes of the sign and the handle clock that must have come by an instant, and those that may have."""
    category = case["category"]
    limits = city.limits_of(case["limits_version"])
    row = limits.find(
        category["scheme"] if category is not None else None,
        city.category_code(category),
        case["level"] or "ordinary",
        case["urgency"],
    )
    policy = city.policy_of(case["policy_version"])
    due: set[Outcome] = set()
    ahead: set[Outcome] = set()
    if row is None:
        return due, ahead
    signed = life.signed if life.signed is not None else life.ended
    # More time for the work is none for the signature.
    pauses = [replace(one, added=()) for one in life.changes if not one.is_extension]
    for name, limit, end, is_met, changes in (
        ("sign", row.sign, signed, life.signed is not None or life.is_met, pauses),
        ("handle", row.handle, life.ended, life.is_met, life.changes),
    ):
        if limit is not None:
            clock = _Clock(life.start, limit, policy.at_risk_fraction, policy.second_grace, life.worktime)
            for outcome, at, told in clock.climb(changes, end, is_met=is_met):
                (due if to_epoch_ms(told) <= until_ms else ahead).add(Outcome(name, outcome, to_epoch_ms(at)))
    return due, ahead


@dataclass(slots=True, frozen=True)
class _Clock:
    """One clock by its definition: start, limit, pauses, more time."""

    start: datetime
    limit: Limit
    at_risk_fraction: float
    grace: Limit
    worktime: WorkTime

    def climb(
        self, changes: Sequence[Change], end: datetime | None, *, is_met: bool
    ) -> Iterator[tuple[str, datetime, datetime]]:
        """Each outcome, the instant it belongs to, and the instant at which it came about.

        From one change to the next nothing moves. What lies on the instant of a change comes after it.
        """
        stop = end or _FAR
        changes = [one for one in changes if one.at <= stop]
        spans = [Change(self.start, (), ()), *changes]
        ends = [*(one.at for one in changes), stop]
        warned: set[datetime] = set()
        is_warning_ahead = True
        breach: datetime | None = None
        for span, until in zip(spans, ends, strict=True):
            if breach is None:
                warning, due = self._after(span, self.at_risk_fraction), self._after(span)
                if span.is_extension:
                    is_warning_ahead = warning is None or (warning >= span.at and warning not in warned)
                if is_warning_ahead and warning is not None and (due is None or warning <= due) and warning < until:
                    yield "AT_RISK", warning, warning
                    warned.add(warning)
                    is_warning_ahead = False
                if due is not None and due < until:
                    yield "FIRST_TIMEOUT", due, due
                    breach = due
            if breach is not None:
                second = self.worktime.due(breach, self.grace, span.pauses).at
                if second is not None and second < until:
                    yield "SECOND_TIMEOUT", second, second
                    return
        if end is not None and is_met and breach is None:
            kept = self._after(_ended(spans[-1], end))
            if kept is not None:
                yield "MET", kept, end

    def _after(self, span: Change, share: float = 1) -> datetime | None:
        length = self.worktime.length(self.limit, share, span.added)
        return self.worktime.after(self.start, length, self.limit.unit, span.pauses).at


def _ended(span: Change, end: datetime) -> Change:
    """Whatever still paused is over with the end."""
    return replace(span, pauses=tuple(replace(one, end=end) if one.end is None else one for one in span.pauses))


def _first_cycle(case: CaseState) -> list[Entry]:
    entries = case["decisions"]
    for number, entry in enumerate(entries):
        if entry["reason"].startswith("rework_"):
            return entries[:number]
    return entries


def _is_common(
    case: CaseState,
    entries: Sequence[Entry],
    events: Mapping[str, CaseEvent],
    timers: Sequence[tuple[int, int]],
    city: City,
) -> bool:
    first = entries[0]
    if (first["kind"], first["outcome"], first["to_status"], first["reason"]) != (
        "REPORTED",
        "APPLIED",
        "DISPATCHED",
        "",
    ):
        return False
    if any(one["event_id"] not in events for one in entries):
        return False
    if any(one["kind"] in _UNCOMMON or one["outcome"] == "PARKED" for one in case["decisions"]):
        return False
    if any(one["kind"] == "REPORTED" or one["reason"] in _UNCOMMON_REASONS for one in entries[1:]):
        return False
    if any(clock["leg"] > 1 for clock in case["clocks"] if clock["cycle"] == 1):
        return False
    category = case["category"]
    scheme = category["scheme"] if category is not None else None
    if city.limits_of(case["limits_version"]).steps_of(scheme, city.category_code(category)):
        return False
    return _is_in_time(entries, events, timers)


def _is_in_time(
    entries: Sequence[Entry], events: Mapping[str, CaseEvent], timers: Sequence[tuple[int, int]]
) -> bool:
    """Every event that moves something was heard of in its turn, before whatever was due after it."""
    applied = [one for one in entries if one["outcome"] == "APPLIED"]
    instants = [_at(events[one["event_id"]]) for one in applied]
    if any(later < earlier for earlier, later in pairwise(instants)):
        return False
    return all(
        to_epoch_ms(at) > due
        for one, at in zip(applied, instants, strict=True)
        for version, due in timers
        if version < one["version"]
    )


def _at(event: CaseEvent) -> datetime:
    return from_epoch_ms(min(event["occurred_at"], event["received_at"]))


def _until(event: CaseEvent, case: CaseState, city: City, worktime: WorkTime) -> datetime | None:
    """The end that was set for a pause, at the latest the one that the policy allows."""
    text = event["attributes"].get("until")
    asked = from_epoch_ms(int(text)) if text else None
    longest = city.policy_of(case["policy_version"]).max_suspension
    latest = worktime.due(_at(event), longest).at if longest is not None else None
    ends = [one for one in (asked, latest) if one is not None]
    return min(ends, default=None)


def _granted(event: CaseEvent) -> Limit | None:
    """So much time; None where it was granted up to an instant."""
    value, unit = event["attributes"].get("extension_value"), event["attributes"].get("extension_unit")
    named = next((each for each in LIMIT_UNITS if each == unit), None)
    return Limit(float(value), named) if value is not None and named is not None else None
