"""Which files of a folder are complete, and in which order they are taken."""

import os
from pathlib import Path

import pytest

from connectors.drops.watching import Stamp, Watch, is_candidate, look


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("export.csv", True),
        ("上报.csv", True),
        (".export.csv", False),
        ("export.csv.part", False),
        ("export.csv.PART", False),
        ("export.tmp", False),
        ("export.csv.filepart", False),
        ("export.xml", False),
    ],
)
def test_the_rename_rule(name: str, is_one: bool) -> None:
    """A name that its sender still writes under is not looked at, nor one of another pattern."""
    assert is_candidate(name.encode(), "*.csv") is is_one


def test_a_file_is_complete_once_size_and_time_stood_still() -> None:
    """A change of either begins the wait anew; so does a new file under the name."""
    watch = Watch(5, "mtime")
    assert watch.complete({b"a": Stamp(1, 10, 1)}, 0).complete == []
    assert watch.complete({b"a": Stamp(1, 10, 1)}, 4.9).complete == []
    assert watch.complete({b"a": Stamp(1, 11, 1)}, 5).complete == []
    assert watch.complete({b"a": Stamp(2, 11, 1)}, 9.9).complete == []
    assert watch.complete({b"a": Stamp(2, 11, 2)}, 14).complete == []
    assert watch.complete({b"a": Stamp(2, 11, 2)}, 19).complete == [b"a"]


def test_a_file_that_went_away_and_came_back_waits_anew() -> None:
    """Its sender may be writing it again."""
    watch = Watch(5, "mtime")
    watch.complete({b"a": Stamp(1, 10, 1)}, 0)
    watch.complete({}, 3)

    assert watch.complete({b"a": Stamp(1, 10, 1)}, 6).complete == []


def test_files_come_in_the_order_of_their_times_then_of_their_names() -> None:
    """Numbers in names are numbers: export9 before export10."""
    seen = {b"export10": Stamp(5, 1, 1), b"export9": Stamp(5, 1, 2), b"z": Stamp(4, 1, 3)}

    assert Watch(0, "mtime").complete(seen, 0).complete == [b"z", b"export9", b"export10"]
    assert Watch(0, "name").complete(seen, 0).complete == [b"export9", b"export10", b"z"]


def test_a_file_waits_for_one_that_comes_before_it() -> None:
    """By name the second day must not overtake the first, which is still being written."""
    watch = Watch(5, "name")
    watch.complete({b"day1": Stamp(1, 1, 1), b"day2": Stamp(2, 1, 2)}, 0)
    found = watch.complete({b"day1": Stamp(9, 2, 1), b"day2": Stamp(2, 1, 2)}, 6)

    assert (found.complete, found.seen, found.is_held_up) == ([], 2, True)
    assert watch.complete({b"day1": Stamp(9, 2, 1), b"day2": Stamp(2, 1, 2)}, 11).complete == [b"day1", b"day2"]


def test_only_regular_files_of_the_folder_itself_are_seen(tmp_path: Path) -> None:
    """No folder, no link (it may lead anywhere), no pipe; a name that is not UTF-8 is one like others."""
    (tmp_path / "done").mkdir()
    (tmp_path / "link.csv").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "pipe.csv")
    name = "上报.csv".encode("gb18030")
    (tmp_path / os.fsdecode(name)).write_bytes(b"abc")

    assert {found: stamp.size for found, stamp in look(tmp_path, "*").items()} == {name: 3}
