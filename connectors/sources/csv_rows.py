"""Cuts a CSV file of a spreadsheet program into its rows and cells, on the bytes as sent."""

import re
from collections.abc import Iterator
from typing import NamedTuple

# In UTF-8 and in GB18030 the bytes of comma, quote and line ends stand for nothing else, so rows can be cut before
# they are decoded, and a row that cannot be decoded costs no other. Possessive quantifiers keep this linear.
_CELL = r'(?:"(?:[^"]++|"")*+"[^,\r\n]*+|[^",\r\n][^,\r\n]*+|)'
_ROW = re.compile(f"{_CELL}(?:,{_CELL})*+".encode())
_LINE_ENDS = re.compile(rb"[\r\n]++")
_QUOTED = re.compile(r'"((?:[^"]++|"")*+)"([^,\r\n]*+)')
_PLAIN = re.compile(r"[^,\r\n]*+")


class Row(NamedTuple):
    """The bytes of one row without its line end; not closed when a quote in it never ends."""

    value: bytes
    is_closed: bool


def rows(data: bytes) -> Iterator[Row]:
    """The rows in order, without empty lines. A quote that is never closed makes the rest of the data one row."""
    position = _after_line_ends(data, 0)
    while position < len(data):
        match = _ROW.match(data, position)
        assert match is not None, "the pattern of a row matches nothing at all too"
        end = match.end()
        if end < len(data) and data[end] not in b"\r\n":
            yield Row(data[position:], is_closed=False)
            return
        yield Row(data[position:end], is_closed=True)
        position = _after_line_ends(data, end)


def _after_line_ends(data: bytes, position: int) -> int:
    match = _LINE_ENDS.match(data, position)
    return position if match is None else match.end()


def is_one_row(data: bytes) -> bool:
    """Whether every quote in the bytes of a row is closed."""
    return _ROW.fullmatch(data) is not None


def cells(row: str) -> list[str]:
    """The cells of a closed row. A quote inside an unquoted cell is an ordinary character."""
    if '"' not in row:
        return row.split(",")
    found: list[str] = []
    position = 0
    while True:
        if (quoted := _QUOTED.match(row, position)) is not None:
            found.append(quoted[1].replace('""', '"') + quoted[2])
            position = quoted.end()
        else:
            plain = _PLAIN.match(row, position)
            assert plain is not None, "the pattern of a plain cell matches nothing at all too"
            found.append(plain[0])
            position = plain.end()
        if position >= len(row):
            return found
        position += 1
