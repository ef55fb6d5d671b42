"""Files of the demo in a drop folder: complete at once, and counted by their results."""

import json
from pathlib import Path
from typing import Any

import pytest

from hub.demo.carried import Carried
from hub.demo.files import TRANSPORT, Files
from hub.demo.traffic import Published


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "grid"


@pytest.fixture
def counts() -> tuple[Published, Carried]:
    return Published(), Carried()


@pytest.fixture
def files(folder: Path, counts: tuple[Published, Carried]) -> Files:
    return Files({"grid": folder}, counts)


def archive(folder: Path, place: str, **result: Any) -> None:
    """What the hub does with the one file that waits."""
    (file,) = (one for one in folder.iterdir() if one.is_file())
    parent = folder / place
    parent.mkdir(parents=True, exist_ok=True)
    rows = {"total": 0, "ignored": 0}
    text = json.dumps({"bytes": 100, "rejected": None, "rows": rows, **result})
    (parent / f"{file.name}.result.json").write_text(text)
    file.rename(parent / file.name)


def test_a_file_is_put_under_its_name_whole(files, folder):
    """Nothing with a name that the hub would take before it is complete; the order is in the names."""
    files.send("grid", b"a", ".csv", 1)
    files.send("grid", b"b", ".csv", 1)

    names = sorted(one.name for one in folder.iterdir())
    assert [(folder / name).read_bytes() for name in names] == [b"a", b"b"]
    assert all(name.endswith(".csv") for name in names)


def test_a_file_counts_once_its_result_is_there(files, folder, counts):
    """As many records as the result tells, without those that the city ignores."""
    published, carried = counts
    files.send("grid", b"a", ".csv", 7)
    assert published.records == 0

    archive(folder, "done/2026-11-23", outcome="done", rows={"total": 7, "ignored": 2})
    files.join()

    assert published.by_source == {"grid": 5}
    assert carried.answers[TRANSPORT, "grid"] == {"done": 1}


@pytest.mark.parametrize(("size", "letters"), [(100, []), (2_000_000, [("grid", "malformed_csv")])])
def test_a_file_that_cannot_be_split_is_one_record(files, folder, counts, size, letters):
    """Its dead letter is unify's, or, where it is large, the edge's own."""
    published, _ = counts
    files.send("grid", b"a", ".csv", 3)

    archive(folder, "bad", outcome="bad", bytes=size, rejected={"reason": "malformed_csv"})
    files.join()

    assert published.records == 1
    assert published.edge_dead == letters


def test_a_file_without_a_result_leaves_its_records_unaccounted_for(files, counts, monkeypatch):
    """Nobody says that they have been taken."""
    monkeypatch.setattr("hub.demo.files._STALLED_SECONDS", 0.2)
    published, carried = counts
    files.send("grid", b"a", ".csv", 3)

    files.join()

    assert published.records == 3
    assert carried.answers[TRANSPORT, "grid"] == {"none": 1}
