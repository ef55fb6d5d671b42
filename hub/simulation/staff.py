"""The staff who get a case: they sign, return, whistle, ask for time, pause, and finish in time, late or never."""

from collections.abc import Callable
from typing import Final

from hub.domain.case import Party
from hub.simulation.draft import MINUTE_MS, zoned_time
from hub.simulation.endpoint import Terminal
from hub.simulation.life import Act, Life

HolderAct = Callable[[int, Party], None]
RequestHeard = Callable[[int, int], None]
"""At an instant, until an instant."""

# How the work of a cycle goes: in time, late (after the first timeout), very late (after the second), never.
TEMPERS: Final = {"prompt": 882, "late": 78, "very_late": 28, "never": 12}
_TEMPERS_OF_REWORK: Final = {"prompt": 970, "late": 30}
_SIGNATURES: Final = {"prompt": 945, "late": 40, "never": 15}
_COURSES: Final = {"plain": 770, "whistle": 55, "ask": 85, "pause": 45, "note": 70}
_RETURNS = 0.06
_TARGETS: Final = ("NH-STHJ", "NH-JT", "NH-GA", "NH-ZJ")
_REPLANS = 3
_HEARD_BEFORE = 0.015


class Staff:
    """Whoever has the case, lead and helpers.

    `on_request` is told when one asks for more time, `on_heard` when the hotline hears of an end before the hub.
    """

    def __init__(self, life: Life, on_request: RequestHeard, on_heard: Act) -> None:
        self._life = life
        self._on_request = on_request
        self._on_heard = on_heard
        self._terminal = Terminal(life.case_id)
        self._met: set[str] = set()
        self._tempers: dict[int, str] = {}
        self._replans = 0
        self._finishing = 0

    def look(self, at_ms: int) -> None:
        """A dispatch that is new to them."""
        known = self._life.known
        lead = known.lead
        if lead is not None and lead["dispatch_id"] not in self._met:
            self._met.add(lead["dispatch_id"])
            self._assigned(at_ms, lead)
        for helper in known.helpers:
            if helper["dispatch_id"] not in self._met:
                self._met.add(helper["dispatch_id"])
                self._called_in(at_ms, helper["dispatch_id"])

    def _assigned(self, at_ms: int, lead: Party) -> None:
        life, number = self._life, lead["dispatch_id"]
        case = life.known.case
        is_first = case is not None and case["cycle"] == 1 and case["returned"] < 2 and case["step"] == 0
        if is_first and life.random.random() < _RETURNS:
            self._as_holder(life.pace.office(at_ms, 3, 60), number, self._return)
            return
        match self._draw(_SIGNATURES):
            case "prompt":
                clock = life.known.clock("sign")
                share = 0.04 + 0.46 * life.random.random() ** 2
                sign_at = life.pace.office(at_ms, 2, 40) if clock is None else life.pace.part(clock, share)
                self._as_holder(max(sign_at, at_ms + MINUTE_MS), number, self._sign)
            case "late":
                clock = life.known.clock("sign")
                from_ms = (clock["due_at"] if clock is not None else None) or at_ms
                self._as_holder(life.pace.office(from_ms, 20, 200), number, self._sign)
            case _:
                self._as_holder(life.pace.office(at_ms, 30, 120), number, self._work)

    def _called_in(self, at_ms: int, number: str) -> None:
        life = self._life
        if life.random.random() < 0.8:
            at_ms = life.pace.office(at_ms, 10, 120)
            life.at(at_ms, lambda at: self._helps(at, number, "sign"))
            if life.random.random() < 0.6:
                note = {"note": "已到场配合处置。"}
                life.at(life.pace.office(at_ms, 30, 240), lambda at: self._helps(at, number, "done", **note))

    def _helps(self, at_ms: int, number: str, action: str, **more: str) -> None:
        helper = next((one for one in self._life.known.helpers if one["dispatch_id"] == number), None)
        if helper is not None:
            self._life.says(self._terminal.says(helper, action, at_ms, **more))

    def _sign(self, at_ms: int, lead: Party) -> None:
        self._life.says(self._terminal.says(lead, "sign", at_ms))
        self._work(at_ms, lead)

    def _work(self, at_ms: int, lead: Party) -> None:
        pace, number = self._life.pace, lead["dispatch_id"]
        match self._draw(_COURSES):
            case "whistle" if lead["tier"] != "city":
                self._as_holder(pace.office(at_ms, 20, 120), number, self._whistle)
            case "ask":
                self._as_holder(self._midway(at_ms), number, self._ask)
            case "pause":
                self._as_holder(self._midway(at_ms), number, self._pause)
            case "note":
                self._as_holder(self._midway(at_ms), number, self._note)
        self._plan_finish(at_ms, number)

    def _return(self, at_ms: int, lead: Party) -> None:
        reason = "不属于本单位职责范围，申请退回重新派单。"
        self._life.says(self._terminal.says(lead, "return", at_ms, reason=reason))

    def _whistle(self, at_ms: int, lead: Party) -> None:
        random = self._life.random
        level = random.choices(("重点哨", "疑难哨"), (70, 30))[0]
        reason = "街道无执法权，请求相关部门报到联合处置。"
        targets = random.sample(_TARGETS, 2)
        self._life.says(self._terminal.says(lead, "whistle", at_ms, reason=reason, level=level, targets=targets))

    def _ask(self, at_ms: int, lead: Party) -> None:
        """For some more of the limit, now and then for more than the policy allows; then they count on it."""
        life = self._life
        clock = life.known.clock("handle")
        if clock is None or clock["due_at"] is None:
            return
        share = 1.6 if life.random.random() < 0.1 else life.random.uniform(0.3, 0.9)
        from_ms = max(clock["due_at"], at_ms)
        until_ms = life.pace.beyond(from_ms, clock["limit_value"] * share, clock["limit_unit"])
        until = zoned_time(until_ms)
        life.says(self._terminal.says(lead, "extend", at_ms, reason="配件未到货，申请延期。", until=until))
        self._on_request(at_ms, until_ms)
        finish_ms = life.pace.beyond(from_ms, clock["limit_value"] * share / 2, clock["limit_unit"])
        self._finish_at(finish_ms, lead["dispatch_id"])

    def _pause(self, at_ms: int, lead: Party) -> None:
        life, number = self._life, lead["dispatch_id"]
        life.says(self._terminal.says(lead, "suspend", at_ms, reason="等待产权单位确认。"))
        if life.random.random() < 0.9:
            self._as_holder(life.pace.office(at_ms, 60, 600), number, self._resume)

    def _resume(self, at_ms: int, lead: Party) -> None:
        if self._life.known.is_suspended:
            self._life.says(self._terminal.says(lead, "resume", at_ms))
            self._plan_finish(at_ms, lead["dispatch_id"])

    def _note(self, at_ms: int, lead: Party) -> None:
        self._life.says(self._terminal.says(lead, "note", at_ms, note="已到现场，正在核实。"))

    def _finish(self, at_ms: int, lead: Party) -> None:
        life = self._life
        clock = life.known.clock("handle")
        if life.known.is_suspended:
            end = life.known.suspended_until
            if end is not None:
                self._finish_at(life.pace.office(end, 30, 240), lead["dispatch_id"])
            return
        is_too_early = clock is not None and not clock["breached"] and self._temper() in ("late", "very_late")
        if is_too_early and self._replans < _REPLANS:
            self._replans += 1
            self._plan_finish(at_ms, lead["dispatch_id"])
            return
        self._tempers[self._cycle] = "prompt"
        note = "已处理完毕，现场恢复。"
        draft = self._terminal.says(lead, "done", at_ms, note=note, evidence=self._terminal.evidence())
        if life.case_id.startswith("hotline:") and life.random.random() < _HEARD_BEFORE:
            # The terminal had no network: the caller is called back before the hub has heard of the end.
            draft = draft.tagged("disorder", at_ms + MINUTE_MS * life.random.randrange(45, 120))
            self._on_heard(at_ms)
        life.says(draft)

    def _plan_finish(self, at_ms: int, number: str) -> None:
        finish_ms = self._when_done(at_ms)
        if finish_ms is not None:
            self._finish_at(finish_ms, number)

    def _finish_at(self, at_ms: int, number: str) -> None:
        """The last plan holds."""
        self._finishing += 1
        plan = self._finishing

        def finish(at: int, lead: Party) -> None:
            if plan == self._finishing:
                self._finish(at, lead)

        self._as_holder(at_ms, number, finish)

    def _when_done(self, at_ms: int) -> int | None:
        life = self._life
        pace, random = life.pace, life.random
        clock = life.known.clock("handle")
        due = clock["due_at"] if clock is not None else None
        if clock is None or due is None:
            return pace.office(at_ms, 60, 360)
        match self._temper():
            case "never":
                return None
            case "late":
                return max(pace.office(due, 30, 400), at_ms + MINUTE_MS)
            case "very_late":
                return max(pace.office(clock["second_at"] or due, 30, 480), at_ms + MINUTE_MS)
        planned = pace.part(clock, 0.06 + 0.7 * random.random() ** 1.6)
        if planned > at_ms:
            return planned
        left = due - at_ms
        return at_ms + int(left * random.uniform(0.1, 0.5)) if left > 0 else pace.office(at_ms, 30, 240)

    def _midway(self, at_ms: int) -> int:
        """Some time between now and the due instant."""
        life = self._life
        clock = life.known.clock("handle")
        due = clock["due_at"] if clock is not None else None
        left = due - at_ms if due is not None else 0
        if left <= 2 * MINUTE_MS:
            return life.pace.office(at_ms, 10, 60)
        return at_ms + int(left * life.random.uniform(0.05, 0.3)) // 1000 * 1000

    def _as_holder(self, at_ms: int, number: str, act: HolderAct) -> None:
        """Do it only if the case is still theirs by then: who was recalled leaves it alone."""

        def do(at: int) -> None:
            lead = self._life.known.lead
            if lead is not None and lead["dispatch_id"] == number:
                act(at, lead)

        self._life.at(at_ms // 1000 * 1000, do)

    @property
    def _cycle(self) -> int:
        case = self._life.known.case
        return case["cycle"] if case is not None else 1

    def _temper(self) -> str:
        cycle = self._cycle
        if cycle not in self._tempers:
            self._tempers[cycle] = self._draw(TEMPERS if cycle == 1 else _TEMPERS_OF_REWORK)
        return self._tempers[cycle]

    def _draw(self, shares: dict[str, int]) -> str:
        return self._life.random.choices(list(shares), list(shares.values()))[0]
