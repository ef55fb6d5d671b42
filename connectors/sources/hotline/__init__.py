"""12345 hotline: JSON work orders, one object a message. Contract: docs/sources/hotline.md"""

from connectors.sources.hotline.mapping import split, to_case_event
from connectors.sources.hotline.words import WORDS
from hub.domain.source import Guarantees, Source

HOTLINE = Source(
    name="hotline",
    content_types=("application/json",),
    guarantees=Guarantees(order="per case", resend="same source event id"),
    split=split,
    map=to_case_event,
    words=WORDS,
    local_times=("occurred_at", "call_time", "visit_time"),
)
