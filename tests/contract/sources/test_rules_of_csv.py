"""samples/README §5 and §7 for CSV drops: encodings, cells, rows, limits."""

# ruff: noqa: E501 - a table reads best with one example a line

import pytest

HEADER = "上报编号,网格编码,上报时间,事件描述,地址"
ROW = "WG{n},230202003005012,2026-11-09 07:50:12,台阶结冰{n},松涛小区"


@pytest.fixture
def drop(raw):
    """Bytes or UTF-8 text of a drop → numbers with events or reasons."""
    return lambda data: raw("grid", data if isinstance(data, bytes) else data.encode(), "text/csv")


def _row(n):
    return ROW.format(n=n)


def _shown(found):
    return [(number, result if isinstance(result, str) else result["source_case_id"]) for number, result in found]


@pytest.mark.parametrize("ends", [("\r\n",) * 4, ("\n",) * 4, ("\r",) * 4, ("\r\n", "\r", "\n", "")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_rows_end_in_any_line_end(drop, encoding, ends):
    """CRLF, LF and CR, also mixed, with or without one at the end, in each encoding."""
    lines = [HEADER, _row(1), _row(2), _row(3)]
    found = drop("".join(line + end for line, end in zip(lines, ends, strict=True)).encode(encoding))
    assert _shown(found) == [(1, "WG1"), (2, "WG2"), (3, "WG3")]
    assert found[0][1]["text"] == "台阶结冰1"


def test_four_byte_characters_of_gb18030(drop):
    """Characters beyond GBK are read."""
    found = drop(f"{HEADER}\r\nWG1,,2026-11-09 07:50:12,𠮷㐀😀,".encode("gb18030"))
    assert found[0][1]["text"] == "𠮷㐀😀"


def test_a_mark_of_gb18030_is_no_part_of_the_header(drop):
    """U+FEFF is removed wherever it stands."""
    assert _shown(drop(("\ufeff" + HEADER + "\n" + _row(1)).encode("gb18030"))) == [(1, "WG1")]


def test_cells_may_be_quoted(drop):
    """Two quotes are one, line ends and commas are text, a quote inside an unquoted cell is ordinary."""
    found = drop(
        f'{HEADER}\r\n"WG1",,2026-11-09 07:50:12,"灯杆""1"",倾斜\r\n第二行\r第三行",5"管"x\n'
        'WG2,,2026-11-09 07:50:12,"甲"乙"丙, "丁"\n'
    )
    assert found[0][1]["text"] == '灯杆"1",倾斜\n第二行\n第三行'
    assert found[0][1]["location"]["address"] == '5"管"x'
    assert found[1][1]["text"] == '甲乙"丙'
    assert found[1][1]["location"]["address"] == '"丁"'


def test_blank_rows_and_repeated_headers_are_not_counted(drop):
    """Rows of blank cells, whatever their number, empty lines, and the header again."""
    text = f'\n{HEADER}\n\n,,,,\n , \u3000\n{_row(1)}\n{HEADER}\n"",\n{_row(2)}\n{HEADER.replace("上报编号", " 上报编号")}\n'
    assert _shown(drop(text)) == [(1, "WG1"), (2, "WG2")]


def test_a_header_alone_is_valid(drop):
    """A drop without rows is no fault."""
    assert drop(HEADER) == []
    assert drop(HEADER + "\r\n\r\n") == []


def test_order_of_columns_is_free_and_unknown_ones_are_ignored(drop):
    """What is not in the contract is not carried, even under the name of a push field."""
    found = drop(
        "备注,事件描述,上报编号,anonymous,openId,上报时间,,\n13000001999,冷,WG1,1,oF,2026-11-09 07:50:12,x,y"
    )
    event = found[0][1]
    assert event["source_case_id"] == "WG1"
    assert event["reporter"] == {"token": None, "has_contact": False, "secret": False}
    assert "13000001999" not in repr(event)


@pytest.mark.parametrize("column", ["上报编号", "上报时间", "事件描述"])
def test_a_required_column_missing_rejects_the_file(drop, column):
    """A required value missing rejects the row."""
    assert drop(HEADER.replace(column, "别的") + "\n" + _row(1)) == [(None, "missing_field")]
    cells = dict(zip(HEADER.split(","), _row(1).split(","), strict=True))
    found = drop(
        HEADER + "\n" + ",".join("" if name == column else text for name, text in cells.items()) + "\n" + _row(2)
    )
    assert _shown(found) == [(1, "missing_field"), (2, "WG2")]


@pytest.mark.parametrize("twice", ["地址", "不认识"])
def test_a_column_twice_rejects_the_file(drop, twice):
    """Known or not; it comes before a missing column."""
    assert drop(f"{HEADER},{twice},{twice}\n{_row(1)},,") == [(None, "duplicate_key")]
    assert drop(f"{twice},{twice}\nx,x") == [(None, "duplicate_key")]


def test_one_undecodable_row_is_rejected_alone(drop):
    """The encoding holds for the whole file; a broken row costs no other."""
    for encoding in ("utf-8", "gb18030"):
        head = f"{HEADER}\n{_row(1)}\n".encode(encoding)
        found = drop(head + b"WG2,,2026-11-09 07:50:12,\xff\xfe\x80,\n" + f"{_row(3)}\r\n".encode(encoding))
        assert _shown(found) == [(1, "WG1"), (2, "wrong_encoding"), (3, "WG3")]
    found = drop(f"{HEADER}\n{_row(1)}\n".encode() + f"{_row(2)}\n".encode("gb18030"))
    assert _shown(found) == [(1, "WG1"), (2, "wrong_encoding")]


def test_a_header_in_no_encoding_rejects_the_file(drop):
    """Neither UTF-8 nor GB18030; or not UTF-8 in spite of its mark."""
    assert drop(b"\xff\xfe\x0a\x4e") == [(None, "wrong_encoding")]
    assert drop(b"\xef\xbb\xbf" + HEADER.encode("gb18030")) == [(None, "wrong_encoding")]


def test_control_characters(drop):
    """In a row they spoil the row, in the header the file; tabs are fine."""
    found = drop(f"{HEADER}\n{_row(1)}\x07\n{_row(2)}\n{_row(3)}\t\n")
    assert _shown(found) == [(1, "control_characters"), (2, "WG2"), (3, "WG3")]
    assert drop(f"{HEADER},\x00\n{_row(1)}") == [(None, "control_characters")]


def test_cells_more_or_fewer_than_the_header(drop):
    """Such a row is rejected alone."""
    assert _shown(drop(f"{HEADER}\n{_row(1)},x\nWG2,x\n{_row(3)}")) == [
        (1, "csv_column_mismatch"),
        (2, "csv_column_mismatch"),
        (3, "WG3"),
    ]


def test_a_quote_never_closed_takes_the_rest(drop):
    """One bad record for everything after it."""
    assert _shown(drop(f'{HEADER}\n{_row(1)}\nWG2,,"x\n{_row(3)}\n{_row(4)}\n')) == [
        (1, "WG1"),
        (2, "malformed_csv"),
    ]
    assert _shown(drop(f'{HEADER}\n{_row(1)}\nWG2,"')) == [(1, "WG1"), (2, "malformed_csv")]
    assert _shown(drop(f'{HEADER}\n{_row(1)}\nWG2,"a""')) == [(1, "WG1"), (2, "malformed_csv")]


def test_a_row_counts_its_bytes_as_sent(drop):
    """262,144 bytes without the line end are read, one more is rejected alone."""
    start = "WG1,,2026-11-09 07:50:12,"
    for encoding in ("utf-8", "gb18030"):
        room = 262_144 - len((start + ",").encode(encoding))
        found = drop(f"{HEADER}\n{start}{'x' * room},\n{start}{'x' * (room + 1)},\n{_row(3)}".encode(encoding))
        assert _shown(found) == [(1, "WG1"), (2, "oversized"), (3, "WG3")]
        assert len(found[0][1]["text"]) == room


def test_a_file_counts_its_bytes(drop):
    """16 MiB at most."""
    assert drop(b"x" * (16 * 1024 * 1024 + 1)) == [(None, "oversized")]


def test_a_file_full_of_quotes_is_read_in_time(drop):
    """No input makes the reading of rows slow."""
    assert _shown(drop(HEADER.encode() + b'\n"' + b'""' * 2_000_000)) == [(1, "oversized")]


def test_the_content_type_is_told_by_the_bytes_where_none_is_declared(raw):
    """A push begins with a bracket."""
    assert raw("grid", b'{"reportNo":', "")[0] == (None, "malformed_json")
    assert raw("grid", b"[]", "")[0] == (None, "wrong_type")
    assert raw("grid", HEADER.encode(), "") == []


def test_values_of_a_row(raw, drop):
    """Photos by both semicolons, self-handled words, category by both separators, channel patrol."""
    header = HEADER + ",照片,是否自行处置,事件类别,处置结果"
    found = drop(
        f"{header}\n{_row(1)},https://a.invalid/1；https://a.invalid/2;;,Y,环境卫生 / 垃圾堆放,已清\n{_row(2)},,对,,"
    )
    event = found[0][1]
    assert [attachment["uri"] for attachment in event["attachments"]] == [
        "https://a.invalid/1",
        "https://a.invalid/2",
    ]
    assert event["attributes"] == {"handling_result": "已清", "self_handled": "true"}
    assert event["category"] == {"scheme": "grid", "code": "G0101", "path": "环境卫生->垃圾堆放"}
    assert (event["title"], event["channel"]) == ("垃圾堆放", "patrol")
    assert found[1][1] == "bad_value"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("nothing", ["\r\n", "\u3000\n", "\u3000" * 100])
def test_nothing_but_white_space_is_an_empty_payload(drop, encoding, nothing):
    """White space of either encoding, however much of it: there is not even a header."""
    assert drop(nothing.encode(encoding)) == [(None, "empty_payload")]
