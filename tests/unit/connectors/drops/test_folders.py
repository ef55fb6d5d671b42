"""Files move within their folder by renames; names are kept where they can be."""

from pathlib import Path

import pytest

from connectors.drops.folders import Folders, Held, shortened, with_number
from hub.domain.errors import Unavailable


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    folders = Folders(tmp_path)
    folders.prepare(is_new=True, may_make=False)
    return folders


def test_a_claimed_file_is_out_of_its_sender_s_reach(folders: Folders) -> None:
    """A new file of the name is another one; given back, ours stands beside it."""
    (folders.folder / "a.csv").write_text("ours")
    assert folders.claim(Held(7, b"a.csv"))
    (folders.folder / "a.csv").write_text("new")
    assert folders.claimed() == [Held(7, b"a.csv")]

    folders.give_back(Held(7, b"a.csv"))

    assert (folders.folder / "a.csv").read_text() == "new"
    assert (folders.folder / "a~7.csv").read_text() == "ours"


def test_a_file_that_is_not_there_any_more_is_not_claimed(folders: Folders) -> None:
    """Its sender took it back."""
    assert not folders.claim(Held(7, b"a.csv"))


def test_an_archived_file_never_takes_the_place_of_another(folders: Folders) -> None:
    """The second of a name gets its number."""
    for number in (1, 2):
        (folders.folder / "a.csv").write_text(str(number))
        held = Held(number, b"a.csv")
        folders.claim(held)
        place = folders.free_place("done", "2026-11-20", held)
        folders.write_beside(place, ".result.json", b"{}")
        assert folders.archive(held, place)
        assert folders.archive(held, place), "again after a crash: it is there"

    day = folders.folder / "done" / "2026-11-20"
    assert {file.name for file in day.iterdir()} == {
        *("a.csv", "a.csv.result.json", "a~2.csv", "a~2.csv.result.json")
    }


def test_a_share_that_is_not_mounted_is_not_an_empty_folder(tmp_path: Path) -> None:
    """Files in hand must not be believed lost."""
    with pytest.raises(Unavailable, match="make or mount it"):
        Folders(tmp_path / "share").prepare(is_new=True, may_make=False)
    (tmp_path / "share").mkdir()
    with pytest.raises(Unavailable, match="is it mounted"):
        Folders(tmp_path / "share").prepare(is_new=False, may_make=False)


@pytest.mark.parametrize("name", ["长" * 80 + ".csv", "x" * 255, "a." + "b" * 250, "长" * 85])
def test_a_long_name_leaves_room_for_its_results(folders: Folders, name: str) -> None:
    """Of 255 bytes; cut at whole characters, with the ending where there is one."""
    held = Held(12, name.encode())
    short = shortened(held)

    assert len(short + b".result.json") <= 255
    assert short.decode()
    (folders.folder / name).write_text("x")
    assert folders.claim(held)
    folders.write_beside(folders.free_place("bad", "", held), ".result.json", b"{}")
    assert folders.archive(held, folders.free_place("bad", "", held))


def test_the_number_stands_before_the_ending() -> None:
    """So that type and compression are read from the name all the same."""
    assert with_number(b"export.csv.gz", 7) == b"export~7.csv.gz"
    assert with_number(b"export", 7) == b"export~7"
