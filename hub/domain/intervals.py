"""Every interval of a clock, counted or not, with its reason: what `hub explain` prints."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple

from hub.domain.instants import at_second, second_of
from hub.domain.limits import LimitUnit
from hub.domain.pauses import Pause, gaps
from hub.domain.worktime import WORK_UNITS, WorkTime

IntervalReason = Literal["clock", "office", "make_up_day", "lunch", "night", "weekend", "holiday", "pause"]
_COUNTED = frozenset({"clock", "office", "make_up_day"})
_DAY = 86_400


@dataclass(slots=True, frozen=True)
class Interval:
    """From `begin` up to but without `end`. `name` is the holiday that a day off or a make-up day belongs to."""

    begin: datetime
    end: datetime
    is_counted: bool
    reason: IntervalReason
    name: str = ""


class _Span(NamedTuple):
    begin: int
    end: int
    reason: IntervalReason
    name: str


def intervals(
    worktime: WorkTime, start: datetime, until: datetime, unit: LimitUnit, pauses: Sequence[Pause] = ()
) -> list[Interval]:
    """All intervals from the start to an instant, without a hole, neighbours of one reason joined.

    The counted ones add up to `worktime.elapsed(start, until, …)`. A pause is shown whole, over its nights too.
    """
    begin, end = second_of(start), second_of(until)
    spans: list[_Span] = []
    for span in _without_pauses(_spans(worktime, begin, end, unit), pauses, begin, end):
        last = spans[-1] if spans else None
        if last and (last.end, last.reason, last.name) == (span.begin, span.reason, span.name):
            spans[-1] = last._replace(end=span.end)
        else:
            spans.append(span)
    return [
        Interval(at_second(span.begin), at_second(span.end), span.reason in _COUNTED, span.reason, span.name)
        for span in spans
    ]


def _spans(worktime: WorkTime, begin: int, end: int, unit: LimitUnit) -> Iterator[_Span]:
    if unit not in WORK_UNITS:
        if begin < end:
            yield _Span(begin, end, "clock", "")
        return
    for day in range(begin // _DAY, -(-end // _DAY)):
        for span in _spans_of_day(worktime, day):
            first, last = max(span.begin, begin), min(span.end, end)
            if first < last:
                yield span._replace(begin=first, end=last)


def _spans_of_day(worktime: WorkTime, day: int) -> Iterator[_Span]:
    on = date.fromordinal(day + 1)
    midnight = day * _DAY
    name = worktime.calendar.names.get(on, "")
    if not worktime.days.is_worked(day + 1):
        is_holiday = on in worktime.calendar.days
        yield _Span(midnight, midnight + _DAY, "holiday" if is_holiday else "weekend", name)
        return
    counted: IntervalReason = "make_up_day" if day + 1 in worktime.days.differs else "office"
    before: IntervalReason = "night"
    closed = midnight
    for opening, closing in worktime.office.sessions:
        yield _Span(closed, midnight + opening, before, "")
        yield _Span(midnight + opening, midnight + closing, counted, name)
        closed, before = midnight + closing, "lunch"
    yield _Span(closed, midnight + _DAY, "night", "")


def _without_pauses(spans: Iterator[_Span], pauses: Sequence[Pause], begin: int, end: int) -> Iterator[_Span]:
    """The spans with the paused parts cut out, and the pauses in their places."""
    paused = [
        (first, end if last is None else min(last, end)) for first, last in gaps(pauses, begin) if first < end
    ]
    if not paused:
        yield from spans
        return
    found = [_Span(first, last, "pause", "") for first, last in paused]
    for span in spans:
        free = span.begin
        for first, last in paused:
            if first < span.end and last > free:
                if free < first:
                    found.append(span._replace(begin=free, end=first))
                free = last
        if free < span.end:
            found.append(span._replace(begin=free))
    yield from sorted(found)
