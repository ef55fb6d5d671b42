"""Which Kafka is taken, where that needs no Kafka to tell."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from hub import cluster
from hub.cluster.probe import cluster_id, free_port
from hub.domain.errors import Misconfigured, Unavailable
from hub.settings import load


def test_a_kafka_of_the_setting_that_is_away_is_not_replaced(tmp_path: Path) -> None:
    """Whoever names a Kafka wants that one: the message names it and the ways out."""
    settings = load(bootstrap=f"127.0.0.1:{free_port()}", data_dir=tmp_path / "data")

    with pytest.raises(Unavailable, match=rf"no Kafka answers at {settings.bootstrap}.*\n +fix: "):
        cluster.up(settings)

    assert not (tmp_path / "data").exists()


def test_nothing_runs_at_first(tmp_path: Path) -> None:
    """Asking and stopping are harmless and leave no folder behind."""
    settings = load(data_dir=tmp_path / "data", kafka_port=free_port())

    assert cluster.status(settings)["running"] is False
    assert cluster.down(settings, wipe=True) is False
    assert not (tmp_path / "data").exists()


def test_a_taken_port_is_told_with_its_holder_and_the_fix(tmp_path: Path) -> None:
    """Something that is no Kafka listens there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        with pytest.raises(Unavailable, match=rf"port {port} is taken \(.+\).*\n +fix: HUB_KAFKA_PORT=\d+ hub up"):
            cluster.up(load(data_dir=tmp_path / "data", kafka_port=port))


def test_what_listens_but_is_no_kafka_is_not_one() -> None:
    """The probe speaks Kafka; a port that only accepts is not enough."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert cluster_id(f"127.0.0.1:{listener.getsockname()[1]}", seconds=0.5) is None


def test_a_folder_that_is_not_a_hubs_is_not_wiped(tmp_path: Path) -> None:
    """HUB_DATA_DIR pointed at somebody's documents must not cost them."""
    (tmp_path / "letters.txt").write_text("dear")

    with pytest.raises(Misconfigured, match="holds more than a hub's data"):
        cluster.down(load(data_dir=tmp_path), wipe=True)

    assert (tmp_path / "letters.txt").exists()


def test_a_folder_that_holds_the_home_is_not_wiped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even when a hub has once written into it."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "kafka").mkdir()

    with pytest.raises(Misconfigured, match="HUB_DATA_DIR"):
        cluster.down(load(data_dir=tmp_path), wipe=True)

    assert (tmp_path / "kafka").exists()


def test_tests_fall_back_to_the_embedded_kafka(test_kafka_choice: Callable[..., object]) -> None:
    """Docker where it answers; where it does not, or cannot run the image, the embedded one: never a skip."""

    class Given:
        origin = "embedded"
        bootstrap = "127.0.0.1:1"
        end = staticmethod(lambda: None)

    def cannot() -> object:
        raise ConnectionError("no such image")

    without_docker = test_kafka_choice(lambda: False, pytest.fail, Given)
    with_broken_docker = test_kafka_choice(lambda: True, cannot, Given)

    assert without_docker.origin == "embedded"
    assert with_broken_docker.bootstrap == "127.0.0.1:1"
    assert "no such image" in with_broken_docker.origin
