"""`hub status` where nothing runs."""

from pathlib import Path

import pytest

from hub import processes
from hub.cluster.probe import free_port
from hub.settings import Settings, load
from hub.standing import show, standing


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A hub that was never started."""
    return load(data_dir=tmp_path / "data", kafka_port=free_port())


def test_without_kafka_nothing_is_counted(settings):
    """No stages, no processes, and no data folder is made by asking."""
    found = standing(settings)

    assert (found["kafka"]["running"], found["processes"], found["stages"]) == (False, [], {})
    assert not settings.data_dir.exists()


def test_a_dead_process_is_shown_as_dead(settings, capsys):
    """A worker whose file is left from a crash of the machine."""
    folder = processes.run_folder(settings.data_dir)
    folder.mkdir(parents=True)
    (folder / "unify-0.json").write_text('{"name": "unify-0", "pid": 1, "created": 1.0, "metrics_port": 19600}')

    found = standing(settings)
    show(found)

    assert found["processes"] == [
        {"name": "unify-0", "pid": 1, "alive": False, "ready": False, "metrics_port": 19600}
    ]
    shown = capsys.readouterr().out
    assert "not running; start it: hub up" in shown
    assert "dead" in shown
