"""The life of one simulated case: an agenda of what its actors will do, each seeing what the hub knows by then."""

from collections.abc import Callable
from functools import partial
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Protocol

from hub.domain.city import City
from hub.simulation.command import Answer
from hub.simulation.draft import Draft, Planned, later
from hub.simulation.known import Known
from hub.simulation.pace import Pace
from hub.simulation.package import reaches_ms

Act = Callable[[int], None]


class Story(Protocol):
    """A case as the system that reports it writes it."""

    @property
    def case_id(self) -> str:
        """The id that the hub gives the case."""
        ...

    def report(self, at_ms: int) -> Draft:
        """The report itself."""
        ...

    def plan(self, at_ms: int) -> list[Planned]:
        """What that system will say of it whatever the hub does."""
        ...


class CallsBack(Protocol):
    """A system that calls citizens back."""

    def visit(self, at_ms: int, attempt: int, answer: Answer | None) -> Draft:
        """A call: the caller's two answers, None where nobody answered."""
        ...


class Actor(Protocol):
    """Somebody who may do something once the case has moved."""

    def look(self, at_ms: int) -> None:
        """The case stands otherwise than before."""
        ...


class Life:
    """Runs an agenda in order of time up to an end; `said` collects every record that somebody sent."""

    def __init__(self, random: Random, city: City, case_id: str, until_ms: int) -> None:
        self.random = random
        self.city = city
        self.case_id = case_id
        self.known = Known(city)
        self.pace = Pace(random, city)
        self.actors: list[Actor] = []
        self.said: list[Draft] = []
        self._until_ms = until_ms
        self._agenda: list[tuple[int, int, Act]] = []
        self._order = count()
        self._timer: int | None = None

    def at(self, at_ms: int, act: Act) -> None:
        """Put something on the agenda."""
        if at_ms < self._until_ms:
            heappush(self._agenda, (at_ms, next(self._order), act))

    def says(self, draft: Draft) -> None:
        """Somebody sends a record; the hub hears of it at once, or when its batch is sent."""
        if draft.at_ms < self._until_ms:
            self.said.append(draft)
            self._hear(draft)

    def begin(self, story: Story, at_ms: int, *, is_held_up: bool) -> None:
        """The report, and what its system has planned. Held up, it comes after the first of what follows."""
        report, planned = story.report(at_ms), story.plan(at_ms)
        if is_held_up and planned:
            report = report.tagged("disorder", later(self.random, planned[0].at_ms, 1, 20))
        self.at(report.at_ms, lambda _: self.says(report))
        for number, one in enumerate(planned):
            self.at(one.at_ms, partial(self._as_planned, one, is_early=is_held_up and number == 0))

    def live(self) -> list[Draft]:
        """Let everything happen; what was sent, in the order of sending."""
        while self._agenda:
            at_ms, _, act = heappop(self._agenda)
            self.known.pass_time(at_ms)
            act(at_ms)
            self._look(at_ms)
        return self.said

    def _hear(self, draft: Draft) -> None:
        self.at(reaches_ms(draft), lambda at: self.known.take(draft, at))

    def _as_planned(self, planned: Planned, at_ms: int, *, is_early: bool) -> None:
        case = self.known.case
        if case is None or case["status"] not in ("WITHDRAWN", "MERGED"):
            draft = planned.write(at_ms)
            self.says(draft.tagged("disorder", at_ms) if is_early else draft)

    def _look(self, at_ms: int) -> None:
        for actor in self.actors:
            actor.look(at_ms)
        timer = self.known.next_timer
        if timer is not None and timer != self._timer:
            self._timer = timer
            self.at(timer, lambda _: None)
