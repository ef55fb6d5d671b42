"""The place where a test breaks an edge's numbered steps; empty in production."""

from typing import Protocol


class Faults(Protocol):
    """What happens after a step has been done."""

    def after(self, step: int) -> None:
        """Return, raise, or end the process."""
        ...


class NoFaults:
    """Nothing happens."""

    def after(self, step: int) -> None:
        """Go on."""
