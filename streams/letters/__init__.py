"""letters: `letter.requests` → numbered letters and entries on the supervision list, in `notices`."""

from streams.letters.processor import Letters

__all__ = ["Letters"]
