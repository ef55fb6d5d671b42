"""Reads one raw record of the grid platform, a CSV row or a JSON push, into its model."""

import re
from functools import lru_cache
from typing import NamedTuple

from connectors.sources import csv_rows
from connectors.sources.grid.model import COLUMNS, REQUIRED_COLUMNS, GridReport
from connectors.sources.json_message import Format
from connectors.sources.limits import LARGEST_RECORD_BYTES, too_large
from connectors.sources.payload import check_control, decode
from connectors.sources.values import clean, code
from hub.domain.errors import Rejected
from hub.domain.source import Headers

PUSH = Format(GridReport, case_id=lambda message: code(message.report_no), arrays=frozenset({"images"}))

_ENCODINGS = ("utf-8", "gb18030")
_PHOTO_SEPARATOR = re.compile("[;；]")


class Report(NamedTuple):
    """A report read, and whether it came as a CSV row: a rejection names the column then."""

    fields: GridReport
    is_row: bool


class Header(NamedTuple):
    """The header line of a CSV file: its cells, and for each the field it gives, None for unknown columns."""

    cells: tuple[str, ...]
    fields: tuple[str | None, ...]


@lru_cache(maxsize=64)
def read_header(line: str) -> Header:
    """The columns of a header line.

    Raises:
        Rejected: `duplicate_key` for a column that stands twice, `missing_field` for a required one not there.
    """
    columns = tuple(map(clean, csv_rows.cells(line)))
    seen: set[str] = set()
    for column in filter(None, columns):
        if column in seen:
            raise Rejected("duplicate_key", column if column in COLUMNS else None, "the column stands twice")
        seen.add(column)
    for column in REQUIRED_COLUMNS:
        if column not in columns:
            raise Rejected("missing_field", column, "a required column is not in the header line")
    return Header(columns, tuple(map(COLUMNS.get, columns)))


def row_cells(value: bytes, encoding: str) -> list[str]:
    """The cleaned cells of a row; the checks of a row stand in the order of the contract."""
    if len(value) > LARGEST_RECORD_BYTES:
        raise too_large("CSV row", LARGEST_RECORD_BYTES)
    text = decode(value, encoding)
    check_control(text)
    if not csv_rows.is_one_row(value):
        raise Rejected("malformed_csv", detail="a quote is never closed; everything after it is unreadable")
    return list(map(clean, csv_rows.cells(text)))


def report_of_cells(found: list[str], header: Header) -> Report:
    """The report of a row."""
    if len(found) != len(header.cells):
        raise Rejected("csv_column_mismatch", detail=f"{len(found)} cells where the header has {len(header.cells)}")
    texts: dict[str, str | list[str]] = {
        field: text for field, text in zip(header.fields, found, strict=True) if field is not None
    }
    texts["channel"] = "patrol"
    if "images" in texts:
        texts["images"] = _PHOTO_SEPARATOR.split(str(texts["images"]))
    return Report(GridReport.model_validate(texts), is_row=True)


def read_row(value: bytes, headers: Headers) -> Report:
    """The report of a row on its own, with what it needs from its file in the headers."""
    line = headers.get("csv-header")
    if line is None:
        raise Rejected("missing_field", "csv-header", "a row on its own needs the header line of its file")
    encoding = headers.get("encoding", "utf-8").lower()
    if encoding not in _ENCODINGS:
        raise Rejected("wrong_encoding", "encoding", f"not one of {', '.join(_ENCODINGS)}")
    found = row_cells(value, encoding)
    return report_of_cells(found, read_header(line))
