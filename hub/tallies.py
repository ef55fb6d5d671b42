"""The exact counts of every stage, as committed with the records they count."""

from hub.stages import STAGES as STAGES
from hub.topics import Catalogue
from streams.runtime.tally import read_tallies as read_stage


def read_tallies(bootstrap: str, topics: Catalogue) -> dict[str, dict[str, int]]:
    """Stage → name → count, over all partitions; right after any crash, since they commit with the records."""
    return {stage: read_stage(bootstrap, topics.tallies(stage)) for stage in STAGES}
