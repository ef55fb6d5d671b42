"""Whether a case allows an action: asked of the same rules that casework asks, on the last state that is known."""

from collections.abc import Mapping
from typing import Any, Final, Protocol, cast

from connectors.sources.endpoint import ENDPOINT
from hub.domain.case import CaseState, Position
from hub.domain.city import City
from hub.domain.deadlines import Telling
from hub.domain.decide import decide
from hub.domain.errors import Refused
from hub.domain.event import CaseEvent
from hub.domain.identity import complete

CLOSED: Final = "closed"

WORDS: Final[Mapping[str, str]] = {
    "closed": "案件已结束，不能再办理",
    "not_dispatched": "案件当前没有承办单位，等待派遣",
    "not_current": "该派遣单已失效，案件已转给其他单位或已进入下一环节",
    "not_holder": "该派遣单不属于本终端",
    "no_reason": "退单须写明理由",
    "last_desk": "市级值班台不能退单",
    "breached": "已超过办理时限，不能再申请延期",
    "no_handle_clock": "当前没有正在计时的办理时限",
    "over_policy": "延期超过规定的幅度",
    "too_many_extensions": "延期次数已用完",
    "not_later": "申请的时间不晚于现有时限",
    "no_due": "办理时限尚未确定",
    "no_extension_asked": "没有待批准的延期申请",
    "other_unit": "延期单位与时限单位不一致",
}
"""What staff reads beside a reason code."""


class Decoder(Protocol):
    """What is needed of the codec (`schemas.codec.Codec`)."""

    def decode(self, data: bytes, name: str | None = None, /) -> dict[str, Any]:
        """The record that the bytes hold."""
        ...


def read_case(state: bytes, codec: Decoder) -> CaseState:
    """A case from a record of `case.state`; early events are parked in it as bytes of their own schema."""
    datum = codec.decode(state, "CaseState")
    datum["parked"] = [codec.decode(event, "CaseEvent") for event in datum["parked"]]
    return cast(CaseState, datum)


def read_event(payload: bytes, now_ms: int) -> CaseEvent:
    """The unified event that unify will make of a native message received now.

    Raises:
        Rejected: it cannot be read, with the reason and field of the source's contract.
    """
    (record,) = ENDPOINT.split(payload, {})
    event = complete(ENDPOINT.map(record), b"")
    event["received_at"] = now_ms
    return event


def judge(case: CaseState, event: CaseEvent, city: City) -> None:
    """Let the event pass or not, as casework would now.

    Raises:
        Refused: with the reason code that would stand in the case's record.
    """
    decision = decide(event, case, city, Position(0, 0), Telling(event["received_at"]))
    for entry in decision.entries:
        if entry["event_id"] == event["event_id"] and entry["outcome"] == "REFUSED":
            raise Refused(entry["reason"])
