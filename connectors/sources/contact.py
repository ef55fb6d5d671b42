"""Reads the contact a record gives into its one normal spelling, so that all spellings get one token."""

import re

from connectors.sources.masking import LANDLINE, MOBILE
from connectors.sources.values import code

_MOBILE = re.compile(MOBILE)
_LANDLINE = re.compile(LANDLINE)
_PLAIN_MOBILE = re.compile("1[3-9][0-9]{9}")
_SEPARATORS = str.maketrans("", "", " -()+")
_NONE_GIVEN = frozenset({"无", "不详", "匿名", "未提供"})


def contact(text: str | None, flags: set[str]) -> str | None:
    """The digits that stand for a usable phone; None without one, flagged when something else was given."""
    given = code(text)
    if given is None or given in _NONE_GIVEN:
        return None
    if _PLAIN_MOBILE.fullmatch(given):
        return given
    if _MOBILE.fullmatch(given):
        return given.translate(_SEPARATORS)[-11:]
    if _LANDLINE.fullmatch(given):
        return _landline(given)
    flags.add("contact_bad")
    return None


def _landline(given: str) -> str:
    """Area code and number, without prefix, separators and extension."""
    digits = re.sub(r"^(?:\+|00)86", "", given).translate(str.maketrans("", "", " ()"))
    area, rest = _split_area(digits.lstrip("-"))
    number = re.match("-?([0-9]{7,8})", rest)
    assert number is not None, "the pattern of a landline promises seven or eight digits"
    return area + number[1]


def _split_area(digits: str) -> tuple[str, str]:
    length = 3 if digits[1] in "12" else 4
    return digits[:length], digits[length:]


_SECRET = {"1": True, "是": True, "true": True, "0": False, "否": False, "false": False}


def is_secret(text: str | None, flags: set[str]) -> bool:
    """Whether the identity is to be kept secret; when in doubt it is."""
    given = code(text)
    if given is None:
        return False
    secret = _SECRET.get(given)
    if secret is None:
        flags.add("secret_unknown")
        return True
    return secret
