"""Decisions of the city's command centre: JSON, one object a message. Contract: docs/sources/desk.md"""

from connectors.sources.desk.mapping import split, to_case_event
from hub.domain.source import Guarantees, Source

DESK = Source(
    name="desk",
    content_types=("application/json",),
    guarantees=Guarantees(order="per case", resend="same source event id"),
    split=split,
    map=to_case_event,
)
