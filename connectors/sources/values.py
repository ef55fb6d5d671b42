"""How a value of any source is read: cleaned, and, where it is a code, brought to its ASCII spelling."""

import re

from hub.domain.errors import Rejected

BOM = "\ufeff"

# Full-width forms to ASCII, the wide spaces to a space, the many dashes to a hyphen: each one character for one.
_ASCII_OF = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
_ASCII_OF |= {0x3000: 0x20, 0x00A0: 0x20, 0x2212: 0x2D}
_ASCII_OF |= dict.fromkeys(range(8208, 8214), 45)
_WIDE = re.compile("[\uff01-\uff5e\u3000\u00a0\u2010-\u2015\u2212]")
_INTEGER = re.compile("[1-9][0-9]{0,8}")

# Never part of a text; tab, line feed and carriage return are.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """The value without byte order marks, with LF line ends, without white space at both ends."""
    if BOM in text:
        text = text.replace(BOM, "")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.strip()


def ascii_copy(text: str) -> str:
    """The text with full-width characters as ASCII; of the same length."""
    return text if text.isascii() or not _WIDE.search(text) else text.translate(_ASCII_OF)


def code(text: str | None) -> str | None:
    """A cleaned code, id, enumeration, number, time or phone number in its ASCII spelling; None if not given."""
    if not text:
        return None
    return text if text.isascii() else ascii_copy(text).strip() or None


def integer(text: str | None, field: str) -> str | None:
    """A counting number as it is written: from 1, at most 9 digits, no leading zeros."""
    digits = code(text)
    if digits is None:
        return None
    if not _INTEGER.fullmatch(digits):
        raise Rejected("bad_value", field, "not a whole number from 1 to 999999999 without leading zeros")
    return digits


def levels(text: str | None, separator: str = "->") -> str | None:
    """A path of levels joined by `->`, each trimmed; None without any."""
    if not text:
        return None
    return "->".join(filter(None, map(str.strip, text.split(separator)))) or None


def required(field: str, value: object, of: str = "") -> None:
    """Reject the record when a field it cannot do without is not given."""
    if not value:
        raise Rejected("missing_field", field, f"required{of and ' in ' + of}; send it with a value")
