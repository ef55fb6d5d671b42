"""unify: raw topics of all sources → `case.events`, once per source event."""

from streams.unify.processor import Unify, Vault

__all__ = ["Unify", "Vault"]
