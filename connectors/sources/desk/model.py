"""The native message of the command centre's desk."""

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from connectors.sources.json_message import NativeModel


class DeskMessage(NativeModel):
    """What the desk decided about a case; which fields are required, and which are read, depends on `action`."""

    model_config = ConfigDict(alias_generator=to_camel)

    message_id: str | None = None
    case_id: str | None = None
    action: str | None = None
    at: str | None = None
    operator: str | None = None
    reason: str | None = None
    note: str | None = None
    unit: str | None = None
    until: str | None = None
    value: str | None = None
    into: str | None = None
    connected: str | None = None
    solved: str | None = None
    satisfaction: str | None = None
    attempt: str | None = None
    caller_phone: str | None = None
    clock: str | None = None
    cycle: str | None = None
    leg: str | None = None
    calendar: str | None = None
