"""Splits a payload of the grid platform into its records."""

from collections.abc import Iterable, Iterator

from connectors.sources import csv_rows
from connectors.sources.grid.reading import PUSH, Header, Report, read_header, read_row, report_of_cells, row_cells
from connectors.sources.json_message import CONTENT_TYPE as JSON
from connectors.sources.json_message import split_object
from connectors.sources.limits import LARGEST_FILE_BYTES, LARGEST_RECORD_BYTES, too_large
from connectors.sources.payload import check_control, check_size, decode, strip_bom
from connectors.sources.values import code
from hub.domain.errors import Rejected
from hub.domain.source import Headers, RawRecord

_CSV = "text/csv"


def split(payload: bytes, headers: Headers) -> Iterable[RawRecord]:
    """The records of a CSV drop, a single row of one, or the one record of a push."""
    if _is_json(payload, headers):
        return split_object(payload, headers, PUSH)
    if "record" in headers and "csv-header" in headers:
        return [_single(payload, headers)]
    check_size(payload, LARGEST_FILE_BYTES, "file", "gb18030")
    data, marked = strip_bom(payload)
    remaining = _without_blank_start(csv_rows.rows(data))
    first = next(remaining, csv_rows.Row(b"", is_closed=True))
    encoding = marked or _encoding_of(first.value)
    line = _header_line(first, encoding)
    return _records(remaining, read_header(line), line, encoding)


def _is_json(payload: bytes, headers: Headers) -> bool:
    """By the declared type, else by the first character."""
    declared = headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared in (JSON, _CSV):
        return declared == JSON
    return strip_bom(payload)[0].lstrip()[:1] in (b"{", b"[")


def _without_blank_start(rows: Iterator[csv_rows.Row]) -> Iterator[csv_rows.Row]:
    for row in rows:
        if row.value.strip(b" \t,") or not row.is_closed:
            yield row
            break
    yield from rows


def _encoding_of(line: bytes) -> str:
    """UTF-8 if the header line is valid UTF-8, else GB18030; for the whole file."""
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _header_line(row: csv_rows.Row, encoding: str) -> str:
    if len(row.value) > LARGEST_RECORD_BYTES:
        raise too_large("header line", LARGEST_RECORD_BYTES)
    line = decode(row.value, encoding)
    check_control(line)
    if not row.is_closed:
        raise Rejected("malformed_csv", detail="a quote in the header line is never closed")
    return line


def _records(rows: Iterator[csv_rows.Row], header: Header, line: str, encoding: str) -> Iterator[RawRecord]:
    """The rows after the header, one at a time; blank rows and repetitions of the header are not counted."""
    shared = {"content-type": _CSV, "encoding": encoding, "csv-header": line}
    number = 0
    for row in rows:
        parsed: Report | Rejected
        try:
            found = row_cells(row.value, encoding)
            if not any(found) or tuple(found) == header.cells:
                continue
            parsed = report_of_cells(found, header)
        except Rejected as rejected:
            parsed = rejected
        number += 1
        yield _record(number, row.value, shared | {"record": str(number)}, parsed)


def _single(value: bytes, headers: Headers) -> RawRecord:
    parsed: Report | Rejected
    try:
        parsed = read_row(value, headers)
    except Rejected as rejected:
        parsed = rejected
    number = headers["record"]
    kept = ("content-type", "encoding", "csv-header", "record")
    own = {name: headers[name] for name in kept if name in headers}
    return _record(int(number) if number.isdecimal() else 1, value, own, parsed)


def _record(number: int, value: bytes, headers: dict[str, str], parsed: Report | Rejected) -> RawRecord:
    key = None if isinstance(parsed, Rejected) else code(parsed.fields.report_no)
    return RawRecord(number, key, value, headers, parsed)
