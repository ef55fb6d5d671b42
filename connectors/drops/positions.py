"""Positions in topics as the journal keeps them."""

import json
from collections.abc import Mapping

from connectors.feed import Position

Positions = Mapping[Position, int]


def encode_positions(positions: Positions) -> str:
    """As text."""
    return json.dumps([[topic, partition, offset] for (topic, partition), offset in sorted(positions.items())])


def decode_positions(text: str | None) -> dict[Position, int]:
    """From text; empty where nothing was kept."""
    return {(topic, partition): offset for topic, partition, offset in json.loads(text or "[]")}
