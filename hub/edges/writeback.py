"""Wires the edge `writeback`."""

from connectors.source_settings import Sources
from hub.edges.setup import Setup
from hub.settings import Settings


def is_wanted(settings: Settings, sources: Sources) -> bool:
    """Not before it is there."""
    return False


def run(setup: Setup) -> None:
    """Wait to be stopped."""
    setup.stop.wait()
