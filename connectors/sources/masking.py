"""Replaces identity numbers, phone numbers and a secret caller's name in free text."""

import re

from connectors.sources.values import ascii_copy

_AC = "0(?:10|2[0-9]|[3-9][0-9]{2})"
_IDENTITY = "(?<![0-9A-Za-z])[0-9]{6}[ -]?[0-9]{8}[ -]?[0-9]{3}[0-9Xx](?![0-9A-Za-z])"
MOBILE = r"(?<![0-9])(?:(?:\+|00)?86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}(?![0-9])"
LANDLINE = rf"(?<![0-9])(?:(?:\+|00)86[ -]?)?(?:\({_AC}\)|{_AC})[ -]?[0-9]{{7,8}}(?:(?:-|转)[0-9]{{1,6}})?(?![0-9])"
# In this order: what one pattern has replaced the next no longer sees.
_PATTERNS = (
    (re.compile(_IDENTITY), "[ID]"),
    (re.compile(MOBILE), "[PHONE]"),
    (re.compile(LANDLINE), "[PHONE]"),
)
# A match, and the characters beside it that decide whether it is one, lie within one run of these; the shortest
# match is an area code of three digits and seven more. Everything outside of such runs need not be looked at.
_WIDE = "\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff0b\uff08\uff09\uff0d\u3000\u00a0\u2010-\u2015\u2212"
_RUN = re.compile(f"[0-9A-Za-z+() 转{_WIDE}-]{{10,}}")

NOT_A_NAME = frozenset({"匿名", "不详"})


def mask(text: str | None, name: str | None = None) -> str | None:
    """The text with `[NAME]`, `[ID]` and `[PHONE]` in place of what identifies a person.

    Matching is done on a copy in ASCII of the same length, so full-width digits are caught too and the rest of
    the text stays as it was sent.
    """
    if not text:
        return None
    if name is not None and len(name) >= 2 and name not in NOT_A_NAME:
        text = text.replace(name, "[NAME]")
    return _RUN.sub(_mask_run, text)


def _mask_run(match: re.Match[str]) -> str:
    text = match[0]
    copy = ascii_copy(text)
    for pattern, label in _PATTERNS:
        if copy is text:
            text = copy = pattern.sub(label, text)
        elif pattern.search(copy):
            text, copy = _replace(text, copy, pattern, label)
    return text


def _replace(text: str, copy: str, pattern: re.Pattern[str], label: str) -> tuple[str, str]:
    """Both the text and its copy with each match of the copy replaced."""
    parts: list[str] = []
    end = 0
    for match in pattern.finditer(copy):
        parts += (text[end : match.start()], label)
        end = match.end()
    parts.append(text[end:])
    return "".join(parts), pattern.sub(label, copy)
