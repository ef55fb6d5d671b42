"""The native feedback message of a staff endpoint."""

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from connectors.sources.json_message import NativeModel


class Feedback(NativeModel):
    """What an endpoint did with a dispatch; which fields are required depends on `action`."""

    model_config = ConfigDict(alias_generator=to_camel)

    feedback_id: str | None = None
    endpoint_id: str | None = None
    dispatch_id: str | None = None
    case_id: str | None = None
    action: str | None = None
    at: str | None = None
    reason: str | None = None
    note: str | None = None
    until: str | None = None
    level: str | None = None
    targets: list[str] | None = None
    evidence: list[str] | None = None
