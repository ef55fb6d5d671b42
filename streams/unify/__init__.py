"""unify: raw topics of all sources → `case.events`, once per source event."""

from streams.unify.processor import Unify

__all__ = ["Unify"]
