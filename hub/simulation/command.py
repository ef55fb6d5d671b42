"""The command centre's desk: approves, suspends, redispatches, merges, calls back and decides on appeals."""

from random import Random
from typing import Any

from hub.simulation.draft import Draft, zoned_time
from hub.simulation.endpoint import number_of

Answer = tuple[str, str]
"""Solved and satisfaction, in the words of a caller."""

_MERGED = "与既有工单为同一事项，并单办理。"
_SUSPENDED = ("等待产权单位确认。", "需开挖审批，批复前暂停。", "等待配件到货。")
_EXCUSED = "经核实，因公用管线单位配合延误，申诉成立。"
_REJECTED = "未见客观阻碍，申诉不成立。"


class Desk:
    """Writes the desk's decisions about one case; its messages are numbered through."""

    def __init__(self, random: Random, case_id: str, operator: str) -> None:
        self._random = random
        self._case_id = case_id
        self._operator = operator
        self._said = 0

    def grants(self, at_ms: int, until_ms: int) -> Draft:
        """More time up to an instant."""
        return self._says("extend", at_ms, until=zoned_time(until_ms), reason="同意延期。")

    def grants_value(self, at_ms: int, value: float, unit: str) -> Draft:
        """So much more time."""
        return self._says("extend", at_ms, value=value, unit=unit, reason="同意延期。")

    def suspends(self, at_ms: int, until_ms: int | None) -> Draft:
        """Work pauses; with an end it goes on by itself."""
        until = {} if until_ms is None else {"until": zoned_time(until_ms)}
        return self._says("suspend", at_ms, reason=self._random.choice(_SUSPENDED), **until)

    def resumes(self, at_ms: int) -> Draft:
        """Work goes on."""
        return self._says("resume", at_ms)

    def redispatches(self, at_ms: int, unit: str) -> Draft:
        """Another unit gets the case."""
        return self._says("dispatch", at_ms, unit=unit, note="转由值班台协调处置。")

    def merges(self, at_ms: int, into: str) -> Draft:
        """The case goes on as another one."""
        return self._says("merge", at_ms, into=into, reason=_MERGED)

    def withdraws(self, at_ms: int) -> Draft:
        """The case is taken back."""
        return self._says("withdraw", at_ms, reason="经核实无此事项。")

    def notes(self, at_ms: int) -> Draft:
        """A remark."""
        return self._says("note", at_ms, note="已电话督促承办单位。")

    def files_appeal(self, at_ms: int, clock: str, cycle: int, leg: int) -> Draft:
        """A unit appeals against a missed deadline."""
        return self._says("appeal", at_ms, clock=clock, cycle=cycle, leg=leg, reason="管线单位未到场，申请免责。")

    def decides_appeal(self, at_ms: int, clock: str, cycle: int, leg: int, *, is_excused: bool) -> Draft:
        """What becomes of the appeal."""
        action, reason = ("excuse", _EXCUSED) if is_excused else ("reject", _REJECTED)
        return self._says(action, at_ms, clock=clock, cycle=cycle, leg=leg, reason=reason)

    def visit(self, at_ms: int, attempt: int, answer: Answer | None) -> Draft:
        """A call-back: the caller's two answers, None where nobody answered."""
        if answer is None:
            return self._says("visit", at_ms, attempt=attempt, connected=False, note="电话无人接听。")
        solved, satisfaction = answer
        return self._says(
            "visit",
            at_ms,
            attempt=attempt,
            connected=True,
            solved=solved,
            satisfaction=satisfaction,
            note="已回访。",
        )

    def _says(self, action: str, at_ms: int, **more: Any) -> Draft:
        self._said += 1
        fields = {
            "messageId": f"ZH-{number_of(self._case_id)}-{self._said}",
            "caseId": self._case_id,
            "action": action,
            "at": zoned_time(at_ms),
            "operator": self._operator,
            **more,
        }
        text_field = next((field for field in ("reason", "note") if field in more), None)
        return Draft("desk", "json", self._case_id, fields, at_ms, text_field)
