"""Finds the formats of a source's write-back: `ENCODERS` in the module `writeback` beside its mapping."""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec

from connectors.sources import SOURCES
from connectors.sources.outward import Encoder
from connectors.writeback.settings import WritebackSettings


def encoders_of(source: str) -> dict[str, Encoder]:
    """The formats by name, the usual one first; none where a source has no way back."""
    package = SOURCES[source].map.__module__.rpartition(".")[0]
    if find_spec(f"{package}.writeback") is None:
        return {}
    found: dict[str, Encoder] = import_module(f"{package}.writeback").ENCODERS
    return found


def problems(settings: Mapping[str, WritebackSettings]) -> list[str]:
    """What the settings of all sources cannot know by themselves: whether there is such a format."""
    found = []
    for source, one in settings.items():
        encoders = encoders_of(source)
        place = f"sources.{source}.writeback"
        if not encoders:
            found.append(f"{place}: {source} has no format to write back in; remove the section")
        elif one.format is not None and one.format not in encoders:
            found.append(f"{place}.format: {one.format} is not one of {', '.join(encoders)}")
    return found


def encoder_of(source: str, settings: WritebackSettings) -> Encoder:
    """The encoder that the settings ask for; `problems` must have found none."""
    encoders = encoders_of(source)
    return encoders[settings.format] if settings.format is not None else next(iter(encoders.values()))
