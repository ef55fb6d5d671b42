"""The place where a test breaks the commit: called after each numbered step, empty in production."""

from typing import Protocol


class Faults(Protocol):
    """What happens after a step of `Commit`; step 0 is the moment before the first."""

    def after(self, step: int) -> None:
        """Return, raise, or end the process."""
        ...


class NoFaults:
    """Nothing happens."""

    def after(self, step: int) -> None:
        """Go on."""
