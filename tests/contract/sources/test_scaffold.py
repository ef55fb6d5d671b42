"""`hub sources new`: what it writes is lint-clean and conforms as written."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli.sources import app

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.fixture
def checkout(tmp_path):
    """A small copy of the checkout: what a new source is made of."""
    for package in ("connectors", "hub/domain"):
        shutil.copytree(CHECKOUT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "hub" / "__init__.py").write_text("", encoding="utf-8")
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    return tmp_path


def _run(checkout, *command):
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=checkout, env=environment, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize("name", ["river_watch", "a" * 24])
def test_a_new_source_conforms_as_generated(checkout, name):
    """The generated folder passes the kit and the linters."""
    written = CliRunner().invoke(app, ["new", name, "--into", str(checkout)])
    assert written.exit_code == 0, written.output
    kit = _run(checkout, "pytest", "-q", f"tests/contract/sources/test_{name}.py")
    assert kit.returncode == 0, kit.stdout
    paths = [f"connectors/sources/{name}", f"tests/contract/sources/test_{name}.py"]
    for check in (["ruff", "check", *paths], ["ruff", "format", "--check", *paths], ["mypy", "--strict", paths[0]]):
        result = _run(checkout, *check)
        assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("name", ["hotline", "event", "Parking", "1st", "a", "class", "a-b", "../x", "", "x" * 40])
def test_a_name_that_is_none_is_a_usage_error(tmp_path, name):
    """Exit 2, and nothing is written."""
    assert CliRunner().invoke(app, ["new", "--into", str(tmp_path), "--", name]).exit_code == 2
    assert not list(tmp_path.iterdir())


def test_an_existing_source_is_never_touched(tmp_path):
    """The second run says what is there and changes nothing."""
    assert CliRunner().invoke(app, ["new", "parking", "--into", str(tmp_path)]).exit_code == 0
    file = tmp_path / "connectors" / "sources" / "parking" / "model.py"
    file.write_text("mine", encoding="utf-8")
    assert CliRunner().invoke(app, ["new", "parking", "--into", str(tmp_path)]).exit_code == 2
    assert file.read_text(encoding="utf-8") == "mine"
