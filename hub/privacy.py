"""Searches bytes for what must not be in them: known phone numbers, identity numbers and names, however written."""

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import AnyStr, Generic
from urllib.parse import unquote_to_bytes

from connectors.sources.contact import contact

_ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
# What people and systems write between the digits of one number.
_SEPARATORS = " \t-()+._\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
# Full-width ASCII as it stands in bytes, and what makes ASCII of it.
_WIDE = (
    (re.compile(rb"\xa3([\xa1-\xfe])"), -0x80),  # GB18030
    (re.compile(rb"([\x01-\x5e])\xff"), 0x20),  # UTF-16, little end first
    (re.compile(rb"\xff([\x01-\x5e])"), 0x20),  # UTF-16, big end first
)
_ESCAPED = re.compile(rb"\\u([0-9a-fA-F]{4})")
_IDENTITY = re.compile("[0-9]{17}[0-9X]")
_FEWEST_DIGITS = 10
_BEGINNING = 6


class _Patterns(Generic[AnyStr]):
    """Many fixed patterns that share few beginnings, each found by the quick search of Python's own strings."""

    def __init__(self, beginnings: Mapping[AnyStr, AnyStr]) -> None:
        self._patterns: frozenset[AnyStr] = frozenset(beginnings)
        self._lengths: dict[AnyStr, set[int]] = {}
        for pattern, begin in beginnings.items():
            self._lengths.setdefault(begin, set()).add(len(pattern))

    def find(self, data: AnyStr) -> set[AnyStr]:
        """The patterns that stand in the data, overlapping ones too."""
        found: set[AnyStr] = set()
        for begin, lengths in self._lengths.items():
            at = data.find(begin)
            while at >= 0:
                found.update(cut for length in lengths if (cut := data[at : at + length]) in self._patterns)
                at = data.find(begin, at + 1)
        return found


class PersonalData:
    """What to look for: each secret is a number (phone, identity) or a word (a name, an openId).

    A number is found in every grouping, in ASCII, full-width and other digits, with or without a country code; a
    word in UTF-8, GB18030 and UTF-16 and in full-width letters; both also behind the escapes of JSON, XML and
    addresses. What is compressed or encrypted has to be undone before.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        numbers: dict[str, str] = {}
        words: dict[bytes, str] = {}
        beginnings: dict[bytes, bytes] = {}
        for secret in secrets:
            plain = number_of(secret)
            if plain is not None:
                numbers[plain] = secret
                continue
            for spelling in {secret, unicodedata.normalize("NFKC", secret)}:
                # One character of Chinese is rare enough to begin with, of ASCII it takes some.
                begin = spelling[:_BEGINNING] if spelling[0].isascii() else spelling[0]
                for encoding in _ENCODINGS:
                    words[spelling.encode(encoding)] = secret
                    beginnings[spelling.encode(encoding)] = begin.encode(encoding)
        self._of_number, self._of_word = numbers, words
        self._numbers = _Patterns({number: number[:_BEGINNING] for number in numbers})
        self._words = _Patterns(beginnings)
        ascii_words = {word.decode() for word in words if word.isascii() and b"\0" not in word}
        self._ascii_words = _Patterns({word: word[:_BEGINNING] for word in ascii_words})

    def __len__(self) -> int:
        return len(self._of_number) + len(set(self._of_word.values()))

    def find(self, data: bytes) -> set[str]:
        """The secrets that stand in the bytes."""
        found: set[str] = set()
        for view in _views(data):
            found |= {self._of_word[one] for one in self._words.find(view)}
            found |= self._in_ascii(unicodedata.normalize("NFKC", view.decode("utf-8", "replace")))
            for narrow in _narrowed(view):
                found |= self._in_ascii(narrow.decode("latin-1"))
        return found

    def _in_ascii(self, text: str) -> set[str]:
        """Numbers and words of ASCII, once full-width characters have been made so."""
        numbers = {self._of_number[one] for one in self._numbers.find(_without_separators(text))}
        return numbers | {self._of_word[one.encode()] for one in self._ascii_words.find(text)}


def number_of(secret: str) -> str | None:
    """The digits of a phone or identity number in its shortest spelling; None for a word."""
    plain = _without_separators(unicodedata.normalize("NFKC", secret))
    if _IDENTITY.fullmatch(plain):
        return plain
    if (phone := contact(secret, set())) is not None:
        return phone
    return plain if plain.isascii() and plain.isdigit() and len(plain) >= _FEWEST_DIGITS else None


def _without_separators(text: str) -> str:
    for one in _SEPARATORS:
        text = text.replace(one, "")
    return text.replace("x", "X")


def _views(data: bytes) -> list[bytes]:
    """The bytes as they are, and with escapes undone where there are any."""
    views = [data]
    if _ESCAPED.search(data):
        views.append(_ESCAPED.sub(lambda match: chr(int(match[1], 16)).encode("utf-8", "replace"), data))
    if b"%" in data:
        views.append(unquote_to_bytes(data))
    if b"&#" in data:
        views.append(html.unescape(data.decode("utf-8", "replace")).encode())
    return views


def _narrowed(view: bytes) -> Iterator[bytes]:
    """The bytes with full-width characters of each encoding in ASCII; UTF-16 has zeros between, which go."""
    if b"\0" in view:
        yield view.replace(b"\0", b"")
    for pattern, step in _WIDE:
        if pattern.search(view):
            yield pattern.sub(partial(_shifted, step), view).replace(b"\0", b"")


def _shifted(step: int, match: re.Match[bytes]) -> bytes:
    return bytes([match[1][0] + step])
