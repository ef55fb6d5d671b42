"""A source's secrets: the file they stand in, and the edge that follows it."""

import logging
import stat
from pathlib import Path

import pytest

from connectors.intake import secret_files
from connectors.intake.keys import Keys
from connectors.standard_webhooks import read_secret
from hub.domain.errors import Misconfigured


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the settings say that hotline's secret is."""
    return secret_files.file_of("hotline", ("env:OTHER", "file:secrets/hotline"), tmp_path)


def test_a_first_secret_is_readable_for_the_owner_alone(file: Path, tmp_path: Path) -> None:
    """0600, below the data folder, in the form of the specification."""
    secret = secret_files.make(file)

    assert file == tmp_path / "secrets" / "hotline"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == f"{secret}\n"
    assert len(read_secret(secret)) == 32


def test_a_secret_is_never_overwritten(file: Path) -> None:
    """A second `hub sources secret` must not lock out a source that is connected."""
    secret = secret_files.make(file)

    with pytest.raises(Misconfigured, match="--add"):
        secret_files.make(file)
    assert file.read_text() == f"{secret}\n"


def test_a_rotation_keeps_both_and_then_the_newest(file: Path) -> None:
    """Add, let the source change, retire."""
    old = secret_files.make(file)
    new = secret_files.add(file)
    assert file.read_text().split() == [new, old]

    assert secret_files.retire(file) == 1
    assert file.read_text().split() == [new]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_source_whose_secret_is_no_file_is_told_so(tmp_path: Path) -> None:
    """A variable is set by whoever starts the hub."""
    with pytest.raises(Misconfigured, match="names no file"):
        secret_files.file_of("hotline", ("env:HOTLINE",), tmp_path)


def test_the_edge_follows_the_file_without_a_restart(
    file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No secret: none, told once. Made, added to, retired: taken up within seconds."""
    seconds = 0.0

    def later() -> float:
        nonlocal seconds
        seconds += 6
        return seconds

    keys = Keys("hotline", ("file:secrets/hotline",), tmp_path, later)
    with caplog.at_level(logging.INFO):
        assert keys.current() == keys.current() == ()
        first = secret_files.make(file)
        assert keys.current() == (read_secret(first),)
        second = secret_files.add(file)
        assert keys.current() == (read_secret(second), read_secret(first))
        secret_files.retire(file)
        assert keys.current() == (read_secret(second),)

    told = [record.getMessage() for record in caplog.records]
    assert [line for line in told if "Try: hub sources secret hotline" in line] == told[:1]
    assert not any(first in line or second in line for line in told)


def test_a_bad_secret_beside_a_good_one_is_told_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One wrong reference must not shut out a source; the log does not repeat what stands there."""
    good = secret_files.make(tmp_path / "good")
    monkeypatch.setenv("BAD", "hunter2-not-a-secret")

    keys = Keys("hotline", ("env:BAD", "file:good"), tmp_path).current()

    assert keys == (read_secret(good),)
    assert "env:BAD" in caplog.text
    assert "hunter2" not in caplog.text
