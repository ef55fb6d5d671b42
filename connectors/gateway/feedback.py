"""An action of an endpoint as the native message of the source `endpoint`, and back from it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from connectors.gateway.inbox import Accepted

_PREFIX: Final = "FB-"
_HEX_DIGITS: Final = 32
# Beside the contract's fields; sources ignore unknown ones and never carry them on.
_DIGEST: Final = "requestDigest"
_ANSWERED: Final = ("feedbackId", "dispatchId", "caseId", "action", "at")


class Action(BaseModel):
    """What a member of staff does with a dispatch. Which fields are required depends on the action."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: Literal["sign", "return", "whistle", "extend", "suspend", "resume", "done", "note"] = Field(
        description="签收 退单 吹哨 延期 挂起 恢复 办结 备注"
    )
    at: str | None = Field(
        None,
        max_length=64,
        description="when it was done, ISO 8601 with zone; without it, now",
        examples=["2026-11-10T10:35:00+08:00"],
    )
    reason: str | None = Field(None, description="required for return, whistle, extend, suspend")
    note: str | None = Field(None, description="required for done and note")
    until: str | None = Field(
        None, max_length=64, description="extend (required), suspend: until when, ISO 8601 with zone"
    )
    level: Literal["普通哨", "重点哨", "疑难哨"] | None = Field(None, description="required for whistle")
    targets: Annotated[list[str], Field(max_length=50)] | None = Field(
        None, description="whistle: codes of the units called in"
    )
    evidence: Annotated[list[str], Field(max_length=50)] | None = Field(
        None, description="http, https or obj addresses of pictures and documents"
    )


class Accepting(BaseModel):
    """The answer to an action that is on its way into the hub: the same for the same Idempotency-Key."""

    feedbackId: str  # noqa: N815 - as the contract of the source writes it
    dispatchId: str  # noqa: N815
    caseId: str  # noqa: N815
    action: str
    at: str


def feedback_id(endpoint_id: str, key: str) -> str:
    """The id of the action that an endpoint names by a key of its own: always the same."""
    return _PREFIX + hashlib.sha256(f"{endpoint_id}\n{key}".encode()).hexdigest()[:_HEX_DIGITS]


def digest(dispatch_id: str, action: Action) -> str:
    """What was asked, in short: equal exactly where dispatch and body say the same."""
    said = json.dumps([dispatch_id, action.model_dump()], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:_HEX_DIGITS]


def native(
    action: Action, *, feedback_id: str, endpoint_id: str, dispatch_id: str, case_id: str, now_ms: int
) -> dict[str, Any]:
    """The message, by the contract of the source `endpoint`. `at` is the endpoint's word, else now."""
    told = {name: value for name, value in action.model_dump().items() if value is not None}
    return {
        "feedbackId": feedback_id,
        "endpointId": endpoint_id,
        "dispatchId": dispatch_id,
        "caseId": case_id,
        **told,
        "at": action.at if action.at is not None else _iso(now_ms),
        _DIGEST: digest(dispatch_id, action),
    }


def to_payload(message: Mapping[str, Any]) -> bytes:
    """The message as bytes."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def from_payload(payload: bytes) -> dict[str, Any]:
    """The message of bytes made by `to_payload`."""
    message: dict[str, Any] = json.loads(payload)
    return message


def answer_of(message: Mapping[str, Any]) -> str:
    """The answer to an action that Kafka has."""
    return json.dumps({name: message[name] for name in _ANSWERED}, ensure_ascii=False)


def read_accepted(payload: bytes, at_ms: int) -> Accepted | None:
    """What a record of the raw topic says of an action taken by any gateway; None for other feedback."""
    if _PREFIX.encode() not in payload or _DIGEST.encode() not in payload:
        return None
    try:
        message = json.loads(payload)
        found = message[_DIGEST]
        if not isinstance(found, str) or not str(message["feedbackId"]).startswith(_PREFIX):
            return None
        return Accepted(message["feedbackId"], found, answer_of(message), at_ms)
    except (ValueError, KeyError, TypeError):
        return None


def _iso(now_ms: int) -> str:
    return datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
