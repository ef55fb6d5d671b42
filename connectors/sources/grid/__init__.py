"""Grid workers' reports: CSV drops and JSON pushes. Contract: docs/sources/grid.md"""

from connectors.sources.grid.mapping import to_case_event
from connectors.sources.grid.splitting import split
from connectors.sources.grid.words import WORDS
from hub.domain.source import Guarantees, Source

GRID = Source(
    name="grid",
    content_types=("text/csv", "application/json"),
    guarantees=Guarantees(order="per case", resend="same source event id"),
    split=split,
    map=to_case_event,
    words=WORDS,
    local_times=("occurred_at",),
)
