"""The marks of quality a record gets where it is readable but not as it should be."""

from collections.abc import Iterable

_FORMULA_STARTS = ("=", "+", "-", "@")


def mark_formulas(flags: set[str], *texts: str | None) -> None:
    """Flag a text that a spreadsheet would take for a formula; it is carried unchanged and never evaluated."""
    for text in texts:
        if text and text.startswith(_FORMULA_STARTS):
            flags.add("formula_like")
            return


def quality(flags: Iterable[str]) -> str | None:
    """The flags sorted and joined by commas; None without any."""
    return ",".join(sorted(flags)) or None
