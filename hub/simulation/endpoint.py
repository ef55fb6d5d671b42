"""Feedback of staff endpoints on the cases of a simulated day."""

from random import Random
from typing import Any

from hub.domain.city import City
from hub.simulation.desk import Desk
from hub.simulation.draft import Draft, later, zoned_time


def feedback(random: Random, number: str, report: Draft, reached_ms: int, city: City) -> list[Draft]:
    """What endpoints tell about one case: whoever has it in hand signs, and most often more."""
    case = _CaseAtEndpoints(number, report, city)
    at_ms = later(random, reached_ms, 2, 40)
    outcome = random.random()
    if outcome < 0.07:
        case.says("return", at_ms, reason="不属于本单位职责范围，申请退回重新派单。")
        at_ms = later(random, at_ms, 5, 60)
    case.says("sign", at_ms)
    if 0.07 <= outcome < 0.13:
        at_ms = later(random, at_ms, 20, 120)
        level = random.choices(("重点哨", "疑难哨"), (70, 30))[0]
        targets = random.sample(("NH-STHJ", "NH-JT", "NH-GA", "NH-ZJ"), 2)
        reason = "街道无执法权，请求相关部门报到联合处置。"
        case.says("whistle", at_ms, reason=reason, level=level, targets=targets)
        at_ms = later(random, at_ms, 5, 40)
        case.says("sign", at_ms)
    elif 0.13 <= outcome < 0.19:
        at_ms = later(random, at_ms, 20, 120)
        until = zoned_time(at_ms + 3 * 86_400_000)
        case.says("extend", at_ms, reason="配件明日到货，申请延期。", until=until)
    elif 0.19 <= outcome < 0.23:
        at_ms = later(random, at_ms, 20, 60)
        case.says("suspend", at_ms, reason="等待产权单位确认。")
        at_ms = later(random, at_ms, 60, 180)
        case.says("resume", at_ms)
    elif 0.23 <= outcome < 0.3:
        at_ms = later(random, at_ms, 10, 60)
        case.says("note", at_ms, note="已到现场，正在核实。")
    if outcome < 0.75:
        at_ms = later(random, at_ms, 30, 360)
        evidence = [f"https://files.example.invalid/ep/{number}-1.jpg"]
        case.says("done", at_ms, note="已处理完毕，现场恢复。", evidence=evidence)
    return case.said


class _CaseAtEndpoints:
    """One case; each word comes from the endpoint that has it in hand at that moment, if any has."""

    def __init__(self, number: str, report: Draft, city: City) -> None:
        self._number = number
        self._case_id = report.case_id
        self._desk = Desk(city, report)
        self.said: list[Draft] = []

    def says(self, action: str, at_ms: int, **more: Any) -> None:
        """One feedback message. A case that nobody has in hand stays silent."""
        holder = self._desk.holder
        if holder is None:
            return
        endpoint_id, dispatch_id = holder
        fields = {
            "feedbackId": f"FB-{self._number}-{len(self.said) + 1}",
            "dispatchId": dispatch_id,
            "caseId": self._case_id,
            "endpointId": endpoint_id,
            "action": action,
            "at": zoned_time(at_ms),
            **more,
        }
        text_field = next((field for field in ("reason", "note") if field in more), None)
        draft = Draft("endpoint", "json", self._case_id, fields, at_ms, text_field)
        self.said.append(draft)
        if action in ("return", "whistle"):
            # Only these pass a case on; before a return counts, nothing else need be known.
            self._desk.take(draft)
