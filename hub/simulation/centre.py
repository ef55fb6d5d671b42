"""The command centre at work: what it decides on requests, suspensions, doubles and appeals, and when."""

from hub.domain.case import ClockRecord
from hub.simulation.command import Desk
from hub.simulation.draft import HOUR_MS, MINUTE_MS
from hub.simulation.life import Life

_SUSPENDS = 0.02
_MERGES = 0.01
_REDISPATCHES = 0.01
_WITHDRAWS = 0.004
_NOTES = 0.01
_APPEALS = {"handle": 0.3, "sign": 0.06}
_APPEALS_FOR_NOTHING = 0.003


class Centre:
    """Decides about one case. `double_of` is a case that it may be merged into."""

    def __init__(self, life: Life, desk: Desk, double_of: str | None) -> None:
        self._life = life
        self._desk = desk
        self._double_of = double_of
        self._has_looked = False
        self._appealed: set[tuple[str, int, int]] = set()

    def look(self, at_ms: int) -> None:
        """A case that is new to it, or a deadline that was missed."""
        known = self._life.known
        if not self._has_looked and known.lead is not None:
            self._has_looked = True
            self._first_look(at_ms)
        for clock in known.breached():
            place = (clock["name"], clock["cycle"], clock["leg"])
            if place not in self._appealed:
                self._appealed.add(place)
                if self._life.random.random() < _APPEALS.get(clock["name"], 0):
                    self._appeal(at_ms, clock)

    def asked_for_time(self, at_ms: int, until_ms: int) -> None:
        """Mostly granted within two hours, now and then too late or never."""
        life = self._life
        draw = life.random.random()
        if draw < 0.1:
            return
        decided_ms = life.pace.office(at_ms, 10, 120)
        if draw < 0.2:
            clock = life.known.clock("handle")
            decided_ms = life.pace.office((clock["due_at"] if clock else None) or at_ms, 10, 60)
        by_value = life.random.random() < 0.5

        def decide(at: int) -> None:
            clock = life.known.clock("handle")
            if not life.known.is_open or clock is None:
                return
            if by_value:
                value = round(clock["limit_value"] * life.random.choice((0.25, 0.5, 1)), 3)
                life.says(self._desk.grants_value(at, value, clock["limit_unit"]))
            elif until_ms > at:
                life.says(self._desk.grants(at, until_ms))

        life.at(decided_ms, decide)

    def _first_look(self, at_ms: int) -> None:
        life = self._life
        draw = life.random.random()
        for share, act in (
            (_SUSPENDS, self._suspend),
            (_MERGES, self._merge),
            (_REDISPATCHES, self._redispatch),
            (_WITHDRAWS, self._withdraw),
            (_NOTES, self._note),
            (_APPEALS_FOR_NOTHING, self._appeal_for_nothing),
        ):
            if draw < share:
                life.at(life.pace.office(at_ms, 30, 240), act)
                return
            draw -= share

    def _suspend(self, at_ms: int) -> None:
        life = self._life
        if not life.known.is_open or life.known.is_suspended:
            return
        hours = life.random.randrange(3, 30)
        until_ms = at_ms + hours * HOUR_MS if life.random.random() < 0.85 else None
        life.says(self._desk.suspends(at_ms, until_ms))
        if until_ms is None or life.random.random() < 0.2:
            life.at(at_ms + hours * 40 * MINUTE_MS, self._resume)

    def _resume(self, at_ms: int) -> None:
        if self._life.known.is_suspended:
            self._life.says(self._desk.resumes(at_ms))

    def _merge(self, at_ms: int) -> None:
        if self._life.known.is_open and self._double_of is not None:
            self._life.says(self._desk.merges(at_ms, self._double_of))

    def _redispatch(self, at_ms: int) -> None:
        life = self._life
        case, lead = life.known.case, life.known.lead
        location = case["location"] if case is not None else None
        unit = life.city.desks.get((location["division"] if location is not None else None) or "")
        if lead is not None and unit is not None and unit.code != lead["unit"]:
            life.says(self._desk.redispatches(at_ms, unit.code))

    def _withdraw(self, at_ms: int) -> None:
        if self._life.known.is_open:
            self._life.says(self._desk.withdraws(at_ms))

    def _note(self, at_ms: int) -> None:
        self._life.says(self._desk.notes(at_ms))

    def _appeal_for_nothing(self, at_ms: int) -> None:
        if not self._life.known.breached():
            self._life.says(self._desk.files_appeal(at_ms, "handle", 1, 1))

    def _appeal(self, at_ms: int, clock: ClockRecord) -> None:
        """Filed within a day; then excused, rejected, or still to be decided."""
        life = self._life
        place = (clock["name"], clock["cycle"], clock["leg"])
        filed_ms = life.pace.office(at_ms, 60, 480)
        life.at(filed_ms, lambda at: life.says(self._desk.files_appeal(at, *place)))
        draw = life.random.random()
        if draw < 0.85:
            is_excused = draw < 0.5
            decided_ms = life.pace.office(filed_ms, 120, 600)
            life.at(decided_ms, lambda at: life.says(self._desk.decides_appeal(at, *place, is_excused=is_excused)))
