"""Reads one CSV table of a city folder into validated rows that remember their lines."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError

from hub.city.problems import Problems, describe

R = TypeVar("R")
Cells = tuple[list[dict[str, str]], list[int]]


class Columns(NamedTuple):
    """The columns a table may have, and those of them that it must have."""

    known: frozenset[str]
    required: frozenset[str]


class Table(NamedTuple, Generic[R]):
    """The rows of a file with the line each one stands in.

    `refused` holds the cells of rows with a bad cell: what they name is not reported as missing elsewhere. It is
    None where nothing of the file could be read.
    """

    file: str
    rows: list[R]
    lines: list[int]
    refused: list[dict[str, str]] | None

    def numbered(self) -> Iterator[tuple[int, R]]:
        """Line and row, in order."""
        return zip(self.lines, self.rows, strict=True)


def read_table(
    folder: Path, file: str, shape: type[R], problems: Problems, *, is_optional: bool = False
) -> Table[R]:
    """The rows of a table; every bad cell becomes a problem and its row is left out.

    Order of columns is free, an unknown or missing column is a problem, blank lines are passed over. A byte
    order mark (spreadsheet programs write one) is tolerated. An optional table that is absent is empty.
    """
    if is_optional and not (folder / file).exists():
        return Table(file, [], [], [])
    columns = Columns(frozenset(get_type_hints(shape)), shape.__required_keys__)  # type: ignore[attr-defined]
    read = _cells(folder / file, file, columns, problems)
    if read is None:
        return Table(file, [], [], None)
    cells, lines = read
    adapter: TypeAdapter[list[R]] = TypeAdapter(list[shape])  # type: ignore[valid-type]
    try:
        return Table(file, adapter.validate_python(cells), lines, [])
    except ValidationError as failure:
        errors = failure.errors(include_url=False)
    told: set[tuple[int, str]] = set()
    for error in errors:
        index, column = int(error["loc"][0]), str(error["loc"][1])
        # A cell that may be one of two shapes is reported once.
        if (index, column) not in told:
            told.add((index, column))
            problems.add(file, lines[index], describe(error, column))
    bad = {index for index, _ in told}
    good = [index for index in range(len(cells)) if index not in bad]
    rows = adapter.validate_python([cells[index] for index in good])
    return Table(file, rows, [lines[index] for index in good], [cells[index] for index in sorted(bad)])


def _cells(path: Path, file: str, columns: Columns, problems: Problems) -> Cells | None:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        problems.add(file, None, "is missing")
        return None
    except UnicodeDecodeError as failure:
        line = path.read_bytes().count(b"\n", 0, failure.start) + 1
        problems.add(file, line, "is not UTF-8; save the table as UTF-8")
        return None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return _rows(reader, file, columns, problems)
    except csv.Error as failure:
        problems.add(file, reader.line_num, f"is not CSV: {failure}")
        return None


def _rows(reader: Any, file: str, columns: Columns, problems: Problems) -> Cells | None:
    header: list[str] = next(reader, [])
    wrong = [f"column {name} is missing" for name in sorted(columns.required - set(header))]
    wrong += [f"column {name} is not known" for name in header if name not in columns.known]
    wrong += [f"column {name} stands twice" for name in sorted(columns.known) if header.count(name) > 1]
    if wrong:
        for message in wrong:
            problems.add(file, 1, message)
        return None
    rows, lines, width = [], [], len(header)
    for row in reader:
        if len(row) == width:
            rows.append(dict(zip(header, row, strict=True)))
            lines.append(reader.line_num)
        elif row:
            problems.add(file, reader.line_num, f"has {len(row)} cells, the header {width}")
    return rows, lines
