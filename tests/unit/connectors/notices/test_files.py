"""The file outbox: each notice once, whatever is killed."""

import json
from pathlib import Path

import pytest

from connectors.notices.files import FileOutbox
from hub.domain.errors import Unavailable


def lines(folder: Path) -> list[dict]:
    return [
        json.loads(line) for file in sorted(folder.glob("*.jsonl")) for line in file.read_text("utf-8").splitlines()
    ]


def test_a_notice_is_a_line_in_the_file_of_its_local_day(tmp_path: Path, make_notice):
    """It holds what a person needs to send it by hand, and no number of anybody."""
    file = FileOutbox(tmp_path).write(make_notice(), "letters/1.docx")
    assert file.name == "2026-11-13.jsonl"
    (line,) = lines(tmp_path)
    assert line == {
        "id": "a" * 32,
        "kind": "SMS",
        "recipient": "EP-230203-0117",
        "role": "endpoint",
        "text": "【超时提醒】建华区住建局：请立即办理并反馈结果。",
        "at": "2026-11-13T16:20:00+08:00",
        "late": False,
        "case_id": "hotline:HL2026111000017",
        "number": None,
        "attachment": "letters/1.docx",
    }


def test_an_id_is_written_once_also_by_the_process_after(tmp_path: Path, make_notice):
    """A crash between writing and noting sends it again; the file knows it."""
    first = FileOutbox(tmp_path)
    first.write(make_notice())
    first.write(make_notice())
    FileOutbox(tmp_path).write(make_notice())
    assert len(lines(tmp_path)) == 1


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_a_line_cut_by_a_crash_is_removed_and_written_anew(tmp_path: Path, make_notice, cut: int):
    """Its writer never said that it was there; the lines before it stay."""
    outbox = FileOutbox(tmp_path)
    outbox.write(make_notice("1" * 32))
    file = outbox.write(make_notice("2" * 32))
    whole = file.read_bytes()
    file.write_bytes(whole[:-cut])
    again = FileOutbox(tmp_path)
    again.write(make_notice("2" * 32))
    assert file.read_bytes() == whole


def test_a_disk_that_does_not_take_it_is_told(tmp_path: Path, make_notice):
    """The message stays in the outbox and is tried again."""
    (tmp_path / "sms").write_text("a file where the folder belongs")
    with pytest.raises(Unavailable):
        FileOutbox(tmp_path / "sms").write(make_notice())
