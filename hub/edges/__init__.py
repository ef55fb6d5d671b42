"""The edges: processes between Kafka and other systems, started by `hub edge NAME`, kept by the supervisor.

Each name has a module here with two functions: `is_wanted(settings, sources)` tells whether the settings ask for
it, `run(setup)` wires the connector and works until `setup.stop` is set.
"""

from enum import StrEnum


class Edge(StrEnum):
    """In the order in which they are started."""

    HTTP = "http"
    DROPS = "drops"
    POLLS = "polls"
    NOTICES = "notices"
    WEBHOOKS = "webhooks"
    WRITEBACK = "writeback"
