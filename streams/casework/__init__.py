"""casework: `case.events` → the state of each case and the dispatches to its endpoints."""

from streams.casework.processor import Casework

__all__ = ["Casework"]
