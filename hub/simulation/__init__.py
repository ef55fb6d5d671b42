"""A city's day and what follows, invented: native messages of all sources and what the hub must make of them."""

from hub.simulation.day import simulate
from hub.simulation.message import Expected, Message, Verdict, expected_of

__all__ = ["Expected", "Message", "Verdict", "expected_of", "simulate"]
