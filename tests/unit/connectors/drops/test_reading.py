"""A file is read into rows with their lines and fates; the result tells them and nothing personal."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.drops.journal import RowPlace
from connectors.drops.lines import line_numbers
from connectors.drops.reading import headers_of, read
from connectors.drops.results import Told, as_text, fates, printable, result
from connectors.sources import SOURCES
from connectors.sources.adapting import adapt
from connectors.sources.limits import unpack
from hub.domain.identity import complete
from hub.domain.source import RawRecord, Source

KEY = b"k" * 32
HEADER = "上报编号,上报时间,事件描述\n"
GRID = SOURCES["grid"]


def told(content, known=None, name=b"export.csv", file=2) -> Told:
    return Told(
        "grid", name, file, 10, content.sha256, 0, fates(file, content.rows, known or {}), {}, {1: b"a.csv"}
    )


def test_a_row_has_the_id_that_unify_will_give_it() -> None:
    """So a duplicate told is a duplicate dropped."""
    payload = (HEADER + "WG1,2026-11-20 08:00,坏了\n").encode()
    (row,) = read(GRID, b"a.csv", payload, KEY).rows
    (record,) = GRID.split(payload, {"content-type": "text/csv"})
    (alone,) = GRID.split(record.value, record.headers)

    assert row.event_id == bytes.fromhex(complete(GRID.map(alone), KEY)["event_id"])


def test_lines_are_those_of_the_unpacked_file() -> None:
    """Blank lines, repeated headers and cells of several lines count; a row begins where it begins."""
    rows = f'\n{HEADER}\n"WG1",2026-11-20 08:00,"两\n行"\n{HEADER}WG2,2026-11-20 08:00,x\n\nWG2,昨天,x\n'
    content = read(GRID, b"a.csv.gz", gzip.compress(rows.encode()), KEY)

    assert [(row.number, row.line) for row in content.rows] == [(1, 4), (2, 7), (3, 9)]


@given(st.lists(st.text("ab", min_size=1, max_size=3), max_size=8), st.sampled_from(["\n", "\r\n", "\r"]))
def test_the_line_of_a_row_is_where_it_stands(cells: list[str], end: str) -> None:
    """Whatever the rows repeat of each other, with each of the line ends there are."""
    payload = "".join(cell + end for cell in cells).encode()
    records = [RawRecord(number, None, cell.encode(), {}) for number, cell in enumerate(cells, 1)]

    assert list(line_numbers(payload, records)) == list(range(1, len(cells) + 1))


def test_a_record_that_does_not_stand_in_the_file_has_no_line() -> None:
    """And spoils none of those after it."""
    records = [RawRecord(1, None, b"x", {}), RawRecord(2, None, b"b", {})]

    assert list(line_numbers(b"a\nb\n", records)) == [None, 2]


def test_the_name_tells_type_and_compression() -> None:
    """As `hub send` reads it; without a type the source looks at the bytes."""
    assert headers_of(b"a.CSV") == {"content-type": "text/csv"}
    assert headers_of(b"a.xml.gz") == {"content-encoding": "gzip", "content-type": "application/xml"}
    assert headers_of(b"a") == {}
    assert unpack(gzip.compress(b"x"), headers_of(b"a.gz")["content-encoding"]) == b"x"


def test_a_row_repeats_one_of_another_file_or_of_its_own() -> None:
    """Told with the place of the first."""
    payload = (HEADER + "WG1,2026-11-20 08:00,x\nWG2,2026-11-20 08:00,x\nWG2,2026-11-20 08:00,x\n").encode()
    content = read(GRID, b"export.csv", payload, KEY)
    first = content.rows[0].event_id
    assert first is not None

    found = result(told(content, {first: RowPlace(1, 7, 8)}))

    assert found["rows"] == {"total": 3, "accepted": 1, "duplicate": 2, "rejected": 0, "ignored": 0}
    assert found["duplicates"] == [
        {"row": 1, "line": 2, "of": {"file": "a.csv", "row": 7, "line": 8}},
        {"row": 3, "line": 4, "of": {"row": 2, "line": 3}},
    ]
    assert "第 4 行 line 4 (row 3) 重复 duplicate of line 3" in as_text(found)


def test_a_file_of_which_no_row_can_be_read_is_bad_and_one_without_rows_is_good() -> None:
    """A day without reports is no error."""
    bad = read(GRID, b"a.csv", (HEADER + "WG1,昨天,x\n").encode(), KEY)
    empty = read(GRID, b"a.csv", HEADER.encode(), KEY)

    assert result(told(bad))["outcome"] == "bad"
    assert result(told(empty))["outcome"] == "done"


def test_a_row_with_an_ignored_word_is_told_as_such() -> None:
    """Neither accepted nor rejected."""
    source = adapt(GRID, ignored={"市容秩序->小广告"})
    payload = "上报编号,上报时间,事件描述,事件类别\nWG1,2026-11-20 08:00,x,市容秩序/小广告\n".encode()
    found = result(told(read(source, b"a.csv", payload, KEY)))

    assert found["ignored"] == [{"row": 1, "line": 2, "word": "市容秩序->小广告"}]
    assert found["outcome"] == "done"


def test_a_bug_of_a_source_costs_one_row() -> None:
    """Told without its message, which may quote a caller."""

    def broken(record: RawRecord) -> None:
        raise KeyError("13000001001")

    source = Source("grid", GRID.content_types, GRID.guarantees, GRID.split, broken)  # type: ignore[arg-type]
    found = result(told(read(source, b"a.csv", (HEADER + "WG1,2026-11-20 08:00,x\n").encode(), KEY)))

    assert found["rejections"][0]["reason"] == "processor_error"
    assert "1300000" not in json.dumps(found)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_names_are_told_in_the_encoding_they_have(encoding: str) -> None:
    """A mounted folder may hold names of another system."""
    assert printable("上报.csv".encode(encoding)) == "上报.csv"
    assert printable(b"\xff.csv") == "\\udcff.csv"
