"""`hub qr make`: codes that lead to their places, drawn one by one or many from a table."""

import csv
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from connectors.citizen.places import Place, read_place
from connectors.citizen.stamps import read_stamps
from hub.cli import build
from hub.domain.errors import Misconfigured


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`run("make", …)` with a data folder of the test's own."""
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("HUB_PUBLIC_URL", "https://report.example.invalid/")

    def call(*arguments: str | Path) -> Result:
        return CliRunner().invoke(build("qr"), ["qr", *map(str, arguments)])

    return call


def place_in(url: str, tmp_path: Path) -> Place | None:
    """The place that the hub of that data folder reads in an address."""
    base, _, code = url.strip().rpartition("/")
    assert base == "https://report.example.invalid/report"
    return read_place(code, read_stamps(None, tmp_path / "data"))


@pytest.mark.parametrize(("name", "begins"), [("code.svg", b"<?xml"), ("code.png", b"\x89PNG")])
def test_one_code(run, tmp_path: Path, name: str, begins: bytes):
    """Its address is printed, the image written by the ending of its name."""
    made = run("make", "--place", "QRC-1", "--grid", "230202001001012", "--out", tmp_path / name)

    assert made.exit_code == 0
    assert place_in(made.stdout, tmp_path) == Place("QRC-1", "230202001001012")
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_many_codes(run, tmp_path: Path):
    """One image each, and a table with addresses and what the places are called."""
    table = tmp_path / "places.csv"
    table.write_text("place,area\nQRC-1,230202001001012\nQRC-2,230202001002\nQRC-3,\n", "utf-8-sig")
    made = run("make", "--csv", table, "--into", tmp_path / "codes")
    with (tmp_path / "codes" / "urls.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))

    assert made.exit_code == 0
    assert [row["name"] for row in rows] == ["龙沙区北岗街道中华社区", "龙沙区北岗街道长青社区", ""]
    assert [place_in(row["url"], tmp_path) for row in rows] == [
        Place("QRC-1", "230202001001012"),
        Place("QRC-2", "230202001002"),
        Place("QRC-3", None),
    ]
    assert {file.name for file in (tmp_path / "codes").iterdir()} == {
        *("QRC-1.svg", "QRC-2.svg", "QRC-3.svg"),
        "urls.csv",
    }


def test_all_that_is_wrong_with_a_table_is_told_at_once(run, tmp_path: Path):
    """A bad id, a place outside the city, a community that there is not; nothing is drawn."""
    table = tmp_path / "places.csv"
    table.write_text("place,area\n../x,230202001001\nQRC-2,110101001001\nQRC-3,230202001999\n")
    made = run("make", "--csv", table, "--into", tmp_path / "codes")

    assert isinstance(made.exception, Misconfigured)
    assert len(made.exception.problems) == 3
    assert not (tmp_path / "codes").exists()


def test_an_id_stands_once(run, tmp_path: Path):
    """Two images of one name would be one."""
    table = tmp_path / "places.csv"
    table.write_text("place,area\nQRC-1,230202001001\nQRC-1,230202001002\n")
    made = run("make", "--csv", table, "--into", tmp_path / "codes")

    assert isinstance(made.exception, Misconfigured)
    assert "QRC-1" in made.exception.problems[0]
