"""`hub edge NAME`: one edge in the foreground."""

import logging
import sys
from typing import Annotated

import typer

from hub.edges import Edge


def edge(
    name: Annotated[Edge, typer.Argument(help="Which edge.")],
    metrics_port: Annotated[int | None, typer.Option(help="Port of /metrics, /healthz, /readyz.")] = None,
    bootstrap: Annotated[str | None, typer.Option(help="A Kafka of your own.")] = None,
) -> None:
    """Run until SIGTERM, then finish what is in hand and leave."""
    from hub.edges.setup import run
    from hub.settings import load

    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr, force=True
    )
    # Its lines hold whole addresses with their queries.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # It tells of each connection that it opens and closes.
    logging.getLogger("kafka").setLevel(logging.WARNING)
    run(name, load(bootstrap=bootstrap), metrics_port)
