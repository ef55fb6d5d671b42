"""The exactly-once runtime: a transactional loop with a local store per partition. See docs/commit.md."""

from streams.runtime.api import Output, Prepared, Processor, Record, Result, Row
from streams.runtime.config import RunConfig
from streams.runtime.tally import read_tallies
from streams.runtime.worker import Worker, run

__all__ = [
    "Output",
    "Prepared",
    "Processor",
    "Record",
    "Result",
    "Row",
    "RunConfig",
    "Worker",
    "read_tallies",
    "run",
]
