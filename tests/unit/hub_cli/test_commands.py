"""The command line as a whole: names, help, exit codes."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from hub import cli
from hub.demo.check import Check
from hub.demo.ladder import Ladder
from hub.demo.result import Account, Cases
from hub.demo.run import Outcome
from hub.domain.errors import Misconfigured, Unavailable
from hub.domain.instants import from_epoch_ms
from hub.domain.ledger import draw
from hub.domain.period import Period

GROUPS = ("up", "down", "status", "demo", "send", "trace", "dead", "sources", "topics", "schemas", "worker")


def test_every_command_of_the_contract_is_there():
    """`hub --help` names each with one line."""
    shown = CliRunner().invoke(cli.build(), ["--help"]).output

    for name in GROUPS:
        assert f" {name} " in shown
    assert "supervise" not in shown


@pytest.mark.parametrize("name", GROUPS)
def test_every_command_explains_itself(name):
    """Help of a command, built alone as a start of `hub NAME` does."""
    result = CliRunner().invoke(cli.build(name), [name, "--help"])

    assert result.exit_code == 0
    assert "Usage" in result.output


def test_a_command_is_imported_alone():
    """A worker does not wait for the imports of the demo."""
    loaded = "import sys; from hub.cli import build; build('worker'); print('hub.cli.demo' in sys.modules)"

    assert subprocess.check_output([sys.executable, "-c", loaded], text=True).strip() == "False"


def test_a_command_that_is_not_there_is_a_usage_error():
    """Exit code 2."""
    assert CliRunner().invoke(cli.build(), ["lift-off"]).exit_code == 2


@pytest.mark.parametrize(
    ("error", "code", "lines"),
    [
        (Misconfigured(["limits.csv line 41: unknown unit", "HUB_KAFKA_PORT: too large"]), 2, 2),
        (Unavailable("no Kafka is running"), 1, 1),
    ],
)
def test_an_error_is_lines_and_an_exit_code(monkeypatch, capsys, error, code, lines):
    """Settings 2, environment 1; every problem on a line of its own, no traceback."""

    def fail(_only):
        raise error

    monkeypatch.setattr(cli, "build", fail)
    with pytest.raises(SystemExit) as ended:
        cli.main()

    said = capsys.readouterr().err.splitlines()
    assert ended.value.code == code
    assert len(said) == lines
    assert all(line.startswith("hub: ") for line in said)


def test_stages_of_the_worker_are_told():
    """An unknown stage is answered with those there are."""
    result = CliRunner().invoke(cli.build("worker"), ["worker", "sorting"])

    assert result.exit_code == 2
    assert all(stage in result.output for stage in ("unify", "casework", "letters"))


def demo_that_ends(monkeypatch, tmp_path, account, check):
    """The command, its run replaced by one that came to this."""
    now = from_epoch_ms(1_795_600_000_000)
    ledger = draw([], Period.of(None, None, 1_795_600_000_000))
    outcome = Outcome(account, Cases(), Ladder(), ledger, check, 1.0, now, "127.0.0.1:1", True)
    monkeypatch.setattr("hub.demo.run.run", lambda *_: outcome)
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path / "data"))

    return CliRunner().invoke(cli.build("demo"), ["demo", "--json"])


@pytest.mark.parametrize(("account", "code"), [(Account(5, 3, 1, 1), 0), (Account(5, 3, 1, 0), 1)])
def test_a_demo_with_an_unaccounted_record_fails(monkeypatch, tmp_path, account, code):
    """The result stands on stdout in both cases; what it means is the exit code."""
    result = demo_that_ends(monkeypatch, tmp_path, account, Check())

    assert result.exit_code == code
    assert json.loads(result.stdout)["unaccounted"] == code
    assert ("unaccounted for" in result.stderr) == bool(code)


def test_a_demo_with_a_wrong_deadline_fails(monkeypatch, tmp_path):
    """Every record accounted for is not enough: the case is named, and the exit code says so."""
    check = Check(early=1, problems=["hotline:HL1: FIRST_TIMEOUT of sign told too early"])

    result = demo_that_ends(monkeypatch, tmp_path, Account(5, 3, 1, 1), check)

    assert result.exit_code == 1
    assert "hotline:HL1" in result.stderr
