"""Citizens after the end of the work: they are called back, answer or not, and press for what is late."""

from collections.abc import Callable
from typing import Final

from hub.simulation.command import Answer
from hub.simulation.draft import MINUTE_MS, Draft
from hub.simulation.life import CallsBack, Life

Write = Callable[[int], Draft]

# What callers answer, in per mille: solved and satisfaction.
ANSWERS: Final[dict[Answer, int]] = {
    ("解决", "满意"): 770,
    ("解决", "基本满意"): 120,
    ("解决", "不满意"): 20,
    ("部分解决", "基本满意"): 28,
    ("未解决", "不满意"): 22,
    ("解决", "未评价"): 40,
}
_ANSWERS_AFTER_REWORK: Final[dict[Answer, int]] = {
    ("解决", "满意"): 800,
    ("解决", "基本满意"): 175,
    ("部分解决", "基本满意"): 25,
}
_UNREACHED = 0.14
_NEVER_CALLED = 0.02
_CALLED_LATE = 0.05
_CLOSED_BY_ITS_SYSTEM = 0.3
_PRESSES = 0.4


class Callers:
    """The citizens of one case, and who calls them back.

    `urge` is how they press for it, `close` how the reporting system checks and closes a case itself; None where
    there is no such way.
    """

    def __init__(self, life: Life, calls_back: CallsBack, urge: Write | None, close: Write | None) -> None:
        self._life = life
        self._calls_back = calls_back
        self._urge = urge
        self._close = close
        self._planned: set[int] = set()
        self._has_pressed = False

    def look(self, at_ms: int) -> None:
        """Work that is done, or late."""
        case = self._life.known.case
        if case is None:
            return
        if self._life.known.calls_owed and case["cycle"] not in self._planned:
            self._plan_call(at_ms, case["cycle"])
        if self._urge is not None and not self._has_pressed and self._life.known.is_open:
            handle = self._life.known.clock("handle")
            if handle is not None and handle["breached"]:
                self._has_pressed = True
                if self._life.random.random() < _PRESSES:
                    self._life.at(self._life.pace.office(at_ms, 30, 300), self._press)

    def heard_of_the_end(self, at_ms: int) -> None:
        """Called back for an end of which the hub is yet to hear."""
        case = self._life.known.case
        if case is not None:
            self._planned.add(case["cycle"])
            self._life.at(self._life.pace.soon(at_ms, 8, 30), lambda at: self._say(at, 1, self._answer()))

    def _plan_call(self, at_ms: int, cycle: int) -> None:
        life = self._life
        self._planned.add(cycle)
        draw = life.random.random()
        if draw < _NEVER_CALLED:
            return
        clock = life.known.clock("call_back")
        if clock is None:
            called_ms = life.pace.office(at_ms, 30, 300)
        elif draw < _NEVER_CALLED + _CALLED_LATE:
            called_ms = life.pace.office(clock["due_at"] or at_ms, 30, 300)
        else:
            called_ms = life.pace.part(clock, 0.02 + 0.5 * life.random.random() ** 2)
        is_closed = self._close is not None and life.random.random() < _CLOSED_BY_ITS_SYSTEM
        act = self._check if is_closed else self._first_call
        life.at(max(called_ms, at_ms + MINUTE_MS) // 1000 * 1000, act)

    def _check(self, at_ms: int) -> None:
        if self._close is not None and self._life.known.calls_owed:
            self._life.says(self._close(at_ms))

    def _first_call(self, at_ms: int) -> None:
        self._call(at_ms, 1)

    def _call(self, at_ms: int, attempt: int) -> None:
        """Until everybody is spoken to; three times nobody there is enough."""
        life = self._life
        if not life.known.calls_owed:
            return
        is_reached = life.random.random() >= _UNREACHED
        self._say(at_ms, attempt, self._answer() if is_reached else None)
        life.at(life.pace.office(at_ms, 30, 240), lambda at: self._call(at, 1 if is_reached else attempt + 1))

    def _say(self, at_ms: int, attempt: int, answer: Answer | None) -> None:
        self._life.says(self._calls_back.visit(at_ms, attempt, answer))

    def _answer(self) -> Answer:
        case = self._life.known.case
        shares = ANSWERS if case is None or case["cycle"] == 1 else _ANSWERS_AFTER_REWORK
        return self._life.random.choices(list(shares), list(shares.values()))[0]

    def _press(self, at_ms: int) -> None:
        if self._urge is not None and self._life.known.is_open:
            self._life.says(self._urge(at_ms))
