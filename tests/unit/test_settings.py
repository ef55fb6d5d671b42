"""Settings: what counts, what is refused, and the token key that is made once."""

import multiprocessing
import stat
from pathlib import Path

import pytest

from hub.domain.errors import Misconfigured
from hub.settings import load


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine and no hub.env of the current folder reaches these tests."""
    import os

    for name in os.environ:
        if name.startswith("HUB_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_every_setting_has_a_default() -> None:
    """Nothing needs to be set: the embedded hub runs as it is."""
    settings = load()

    assert settings.bootstrap is None
    assert settings.kafka_port == 19092
    assert settings.dedupe_days == 90
    assert settings.city.name == "qiqihar"


def test_the_data_folder_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On Linux the data stands below XDG_DATA_HOME, jars below XDG_CACHE_HOME."""
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    settings = load()

    assert settings.data_dir == tmp_path / "data" / "whistle-hub"
    assert settings.cache_dir == tmp_path / "cache" / "whistle-hub"


def test_environment_wins_over_the_file_and_an_argument_over_both(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """hub.env holds what is usual, the environment what holds today, an option what holds now."""
    (tmp_path / "hub.env").write_text("HUB_BOOTSTRAP=file:1\nHUB_WORKERS=3\nHUB_KAFKA_PORT=4000\n")
    monkeypatch.setenv("HUB_WORKERS", "4")
    monkeypatch.setenv("HUB_KAFKA_PORT", "4001")

    settings = load(kafka_port=4002, bootstrap=None)

    assert (settings.bootstrap, settings.workers, settings.kafka_port) == ("file:1", 4, 4002)


def test_all_wrong_settings_are_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each problem names its variable; a secret's value is never shown."""
    monkeypatch.setenv("HUB_KAFKA_PORT", "ninety")
    monkeypatch.setenv("HUB_BOOTSTRAP", "kafka.example")
    monkeypatch.setenv("HUB_TOKEN_KEY", "short-secret")

    with pytest.raises(Misconfigured) as error:
        load()

    assert {problem.partition(":")[0] for problem in error.value.problems} == {
        "HUB_KAFKA_PORT",
        "HUB_BOOTSTRAP",
        "HUB_TOKEN_KEY",
    }
    assert "short-secret" not in str(error.value)


def test_a_mistyped_name_in_the_file_is_reported(tmp_path: Path) -> None:
    """A setting that nobody reads would be believed in force."""
    (tmp_path / "hub.env").write_text("HUB_KAFKA_PROT=4000\n")

    with pytest.raises(Misconfigured, match="HUB_KAFKA_PROT: there is no such setting"):
        load()


def test_the_token_key_is_taken_from_the_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Directly, or from a file that a secret store has mounted (a last newline does not count)."""
    monkeypatch.setenv("HUB_TOKEN_KEY", "k" * 32)
    assert load().token_key() == b"k" * 32

    monkeypatch.delenv("HUB_TOKEN_KEY")
    (tmp_path / "key").write_bytes(b"f" * 32 + b"\n")
    monkeypatch.setenv("HUB_TOKEN_KEY_FILE", str(tmp_path / "key"))
    assert load().token_key() == b"f" * 32


def test_two_token_keys_are_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which one holds would be a guess, and the wrong one gives every caller a new token."""
    monkeypatch.setenv("HUB_TOKEN_KEY", "k" * 32)
    monkeypatch.setenv("HUB_TOKEN_KEY_FILE", "key")

    with pytest.raises(Misconfigured, match="keep one"):
        load()


def test_a_missing_key_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The path is the fix."""
    monkeypatch.setenv("HUB_TOKEN_KEY_FILE", str(tmp_path / "absent"))

    with pytest.raises(Misconfigured, match="absent cannot be read"):
        load().token_key()


def test_the_embedded_hub_makes_its_key_once(tmp_path: Path) -> None:
    """32 random bytes that only their owner reads, the same ever after."""
    settings = load(data_dir=tmp_path / "data")

    key = settings.token_key()

    assert len(key) == 32
    assert load(data_dir=tmp_path / "data").token_key() == key
    assert stat.S_IMODE((tmp_path / "data" / "token.key").stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "data").iterdir()] == ["token.key"]


def _key_below(folder: Path) -> bytes:
    return load(data_dir=folder).token_key()


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    """Two workers with two keys would give one caller two tokens."""
    with multiprocessing.get_context("fork").Pool(8) as pool:
        keys = pool.map(_key_below, [tmp_path / "data"] * 8, chunksize=1)

    assert len(set(keys)) == 1
