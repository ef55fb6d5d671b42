"""`hub sources check` on settings of all kinds: every problem at once, told apart by whose it is."""

import json
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub import cli
from hub.cluster.probe import free_port


@pytest.fixture
def check(tmp_path: Path, monkeypatch):
    """`check(yaml)` gives exit code, problems by place, and notes."""
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("HUB_KAFKA_PORT", str(free_port()))
    monkeypatch.setenv("HUB_SOURCES", str(tmp_path / "sources.yaml"))

    def run(text: str):
        (tmp_path / "sources.yaml").write_text(text, "utf-8")
        done = CliRunner().invoke(cli.build("sources"), ["sources", "check", "--json"])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        found = json.loads(done.stdout)
        problems = {one["place"]: (one["kind"], one["problem"]) for one in found["problems"]}
        problems.pop("kafka", None)
        return done.exit_code, problems, found["notes"]

    return run


def test_every_problem_is_told_at_once(check, tmp_path: Path) -> None:
    """A secret, a folder, a shared folder, a closed port; what is set wrong decides the exit code."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    code, problems, notes = check(
        "sources:\n"
        "  hotline:\n"
        "    intake: {secrets: [env:NO_SUCH_SECRET]}\n"
        f"    writeback: {{url: 'http://127.0.0.1:{port}/x', statuses: {{CLOSED: 结案}}}}\n"
        f"  grid: {{drop: {{folder: {tmp_path}/missing}}}}\n"
        "  citymgmt: {drop: {folder: one}, ignored: [挂账]}\n"
        "  desk: {drop: {folder: one}}\n"
    )

    assert code == 2
    assert {place: kind for place, (kind, _) in problems.items()} == {
        "sources.hotline.intake.secrets": "settings",
        "sources.hotline.writeback.url": "away",
        "sources.grid.drop.folder": "away",
        "sources.desk.drop.folder": "settings",
    }
    assert "hub sources secret hotline" in problems["sources.hotline.intake.secrets"][1]
    assert any("挂账" in note for note in notes)


def test_what_does_not_answer_is_no_wrong_setting(check, tmp_path: Path) -> None:
    """Exit code 1: try again when it is back."""
    code, problems, _ = check(f"sources: {{grid: {{drop: {{folder: {tmp_path}/missing}}}}}}")

    assert code == 1
    assert list(problems) == ["sources.grid.drop.folder"]


def test_a_folder_that_files_cannot_be_moved_in_is_told(check) -> None:
    """/proc takes no file from anybody."""
    code, problems, _ = check("sources: {grid: {drop: {folder: /proc}}}")

    assert code == 2
    assert "cannot be written" in problems["sources.grid.drop.folder"][1]


def test_a_file_of_settings_that_cannot_be_read_is_told_with_its_place(check) -> None:
    """Unknown keys and words, all of them."""
    code, problems, _ = check("sources: {grid: {colour: red, time_zone: nowhere}}")

    assert code == 2
    assert "sources.grid" in problems[""][1]
