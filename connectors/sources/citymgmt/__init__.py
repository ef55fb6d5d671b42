"""Digital city management (数字城管): XML batches. Contract: docs/sources/citymgmt.md"""

from connectors.sources.citymgmt.mapping import to_case_event
from connectors.sources.citymgmt.splitting import split
from connectors.sources.citymgmt.words import WORDS
from hub.domain.source import Guarantees, Source

CITYMGMT = Source(
    name="citymgmt",
    content_types=("application/xml", "text/xml"),
    guarantees=Guarantees(order="per case", resend="same source event id"),
    split=split,
    map=to_case_event,
    words=WORDS,
    local_times=("occurred_at",),
)
