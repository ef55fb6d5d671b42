"""`hub worker STAGE`: one worker slot in the foreground."""

import gc
import logging
import sys
from typing import Annotated

import typer

from hub.stages import Stage


def worker(
    stage: Annotated[Stage, typer.Argument(help="Which stage it works for.")],
    slot: Annotated[
        int, typer.Option(min=0, help="Stable number of this place; no two may run with the same.")
    ] = 0,
    metrics_port: Annotated[int | None, typer.Option(help="Port of /metrics, /healthz, /readyz.")] = None,
    bootstrap: Annotated[str | None, typer.Option(help="A Kafka of your own.")] = None,
) -> None:
    """Run until SIGTERM, then finish the batch, commit and leave."""
    from hub import cluster
    from hub.settings import load
    from hub.topics import catalogue
    from hub.workers import processor_of, run_config
    from schemas.codec import codec
    from streams.runtime import run

    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr, force=True
    )
    settings = load(bootstrap=bootstrap)
    topics = catalogue()
    processor = processor_of(stage, settings, topics, codec(settings.registry_url))
    address = cluster.running(settings)
    # What is loaded now stays: the collector need not look at a whole city over and over, nor after every 700th
    # dictionary of a batch; the hot path makes no cycles.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    sys.exit(run(processor, run_config(stage, slot, settings, topics, address, metrics_port)))
