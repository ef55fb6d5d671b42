"""`hub schemas`: what it prints, and its exit codes."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

import schemas.gate
from hub.cli.schemas import app
from schemas.compatibility import Problem
from schemas.released import released
from schemas.server import SchemaServer

RUN = CliRunner()


def test_list_names_every_released_version_with_its_subjects():
    """As a table and as data."""
    rows = json.loads(RUN.invoke(app, ["list", "--json"]).stdout)["schemas"]

    assert [(row["record"], row["version"], row["id"]) for row in rows] == [
        (one.record, one.version, one.id) for one in released()
    ]
    assert "case.events-value" in RUN.invoke(app, ["list"]).stdout


@pytest.mark.parametrize("name", ["Dispatch", "dispatch.city-value"])
def test_show_prints_a_schema_by_record_or_subject(name: str):
    """The file as released."""
    assert json.loads(RUN.invoke(app, ["show", name]).stdout)["name"] == "Dispatch"


@pytest.mark.parametrize("arguments", [["Nobody"], ["Dispatch", "--version", "99"]])
def test_show_says_what_there_is(arguments: list[str]):
    """A wrong name or version is a usage error."""
    assert RUN.invoke(app, ["show", *arguments]).exit_code == 2


def test_check_is_silent_when_the_gate_is_open():
    """Nothing to say, exit code 0."""
    result = RUN.invoke(app, ["check"])

    assert (result.exit_code, result.stdout) == (0, "")


def test_check_prints_every_problem_and_fails(monkeypatch: pytest.MonkeyPatch):
    """One line a problem, exit code 1."""
    problems = [Problem("A/v2.avsc", "x", "was removed", "put it back"), Problem("B/v2.avsc", "", "y", "z")]
    monkeypatch.setattr(schemas.gate, "check", lambda: problems)

    result = RUN.invoke(app, ["check"])

    assert result.exit_code == 1
    assert result.stdout == "A/v2.avsc: x: was removed; put it back\nB/v2.avsc: y; z\n"
    assert len(json.loads(RUN.invoke(app, ["check", "--json"]).stdout)["problems"]) == 2


def test_serve_answers_until_it_is_interrupted(tmp_path: Path):
    """A process of its own, on a free port; Ctrl-C ends it with exit code 0."""
    command = [sys.executable, "-m", "hub.cli", "schemas", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            url = process.stderr.readline().split(" on ")[1].split(";")[0]
            assert "case.events-value" in httpx.get(f"{url}/subjects").json()
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
        finally:
            process.kill()


def test_a_port_in_use_is_said_with_the_fix():
    """Not a traceback."""
    with SchemaServer("127.0.0.1", 0) as server:
        command = [sys.executable, "-m", "hub.cli", "schemas", "serve", "--port", str(server.server_port)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=30)

    assert ended.returncode == 1
    assert "choose another with --port" in ended.stderr
