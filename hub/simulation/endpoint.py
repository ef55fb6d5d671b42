"""Feedback of staff endpoints on the cases of a simulated day."""

from random import Random
from typing import Any

from hub.simulation.draft import Draft, later, zoned_time


def feedback(random: Random, number: str, case_id: str, division: str, at_ms: int) -> list[Draft]:
    """What an endpoint tells about one case: it signs, and most often more."""
    reporter = _Endpoint(number, case_id, f"EP-{division}-{random.randrange(1, 300):04d}")
    at_ms = later(random, at_ms, 2, 40)
    outcome = random.random()
    if outcome < 0.07:
        return [reporter.says("return", at_ms, reason="不属于本单位职责范围，申请退回重新派单。")]
    drafts = [reporter.says("sign", at_ms)]
    if outcome < 0.13:
        at_ms = later(random, at_ms, 20, 120)
        level = random.choices(("重点哨", "疑难哨"), (70, 30))[0]
        targets = random.sample(("NH-STHJ", "NH-JT", "NH-GA", "NH-ZJ"), 2)
        reason = "街道无执法权，请求相关部门报到联合处置。"
        drafts.append(reporter.says("whistle", at_ms, reason=reason, level=level, targets=targets))
    elif outcome < 0.19:
        at_ms = later(random, at_ms, 20, 120)
        until = zoned_time(at_ms + 3 * 86_400_000)
        drafts.append(reporter.says("extend", at_ms, reason="配件明日到货，申请延期。", until=until))
    elif outcome < 0.23:
        at_ms = later(random, at_ms, 20, 60)
        drafts.append(reporter.says("suspend", at_ms, reason="等待产权单位确认。"))
        at_ms = later(random, at_ms, 60, 180)
        drafts.append(reporter.says("resume", at_ms))
    elif outcome < 0.3:
        at_ms = later(random, at_ms, 10, 60)
        drafts.append(reporter.says("note", at_ms, note="已到现场，正在核实。"))
    if outcome < 0.75:
        at_ms = later(random, at_ms, 30, 360)
        evidence = [f"https://files.example.invalid/ep/{number}-1.jpg"]
        drafts.append(reporter.says("done", at_ms, note="已处理完毕，现场恢复。", evidence=evidence))
    return drafts


class _Endpoint:
    """One endpoint with one dispatch in hand."""

    def __init__(self, number: str, case_id: str, endpoint_id: str) -> None:
        self._number = number
        self._case_id = case_id
        self._endpoint_id = endpoint_id
        self._count = 0

    def says(self, action: str, at_ms: int, **more: Any) -> Draft:
        """One feedback message."""
        self._count += 1
        fields = {
            "feedbackId": f"FB-{self._number}-{self._count}",
            "dispatchId": f"DP-{self._number}",
            "caseId": self._case_id,
            "endpointId": self._endpoint_id,
            "action": action,
            "at": zoned_time(at_ms),
            **more,
        }
        text_field = next((field for field in ("reason", "note") if field in more), None)
        return Draft("endpoint", "json", self._case_id, fields, at_ms, text_field)
