"""Feedback of staff endpoints: JSON, one object a message. Contract: docs/sources/endpoint.md"""

from connectors.sources.endpoint.mapping import split, to_case_event
from hub.domain.source import Guarantees, Source

ENDPOINT = Source(
    name="endpoint",
    content_types=("application/json",),
    guarantees=Guarantees(order="per case", resend="same source event id"),
    split=split,
    map=to_case_event,
)
