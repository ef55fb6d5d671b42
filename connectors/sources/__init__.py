"""The sources of the hub, each a folder: a declaration, the native format, and a pure mapping."""

from connectors.sources.registry import discover
from hub.domain.source import Source

SOURCES: dict[str, Source] = discover(__name__, list(__path__))
