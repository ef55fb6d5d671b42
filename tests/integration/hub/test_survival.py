"""Processes that die, start twice or find a port taken: everything stays accounted for, and the user is told."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from hub.city import load_city
from hub.cli.demo import DAY
from hub.cluster.probe import free_port
from hub.demo.result import account_of
from hub.demo.straight import Straight
from hub.demo.traffic import Traffic
from hub.sending import open_publisher
from hub.settings import load
from hub.simulation import expected_of, simulate

pytestmark = pytest.mark.integration

CASES = 900


def test_killed_workers_come_back_and_every_record_is_accounted_for(hub, until):
    """kill -9 of both stages, twice, while some 2,000 records flow: the verdicts are exactly the built-in ones."""
    day = list(simulate(CASES, 7, DAY, load_city(load().city)))
    expected = expected_of(day)
    assert expected.published > 2000
    publisher = open_publisher(load(bootstrap=hub.bootstrap, data_dir=hub.data_dir), connector="test")
    traffic = Traffic(Straight(publisher, hub.topics.dead_letters), lambda _: None)
    flow = threading.Thread(target=traffic.at_a_rate, args=(day, 350.0))
    pids = {name: {hub.pid(name)} for name in ("unify-0", "casework-0")}

    flow.start()
    for name in ("unify-0", "casework-0", "unify-0", "casework-0"):
        time.sleep(1.0)
        victim = hub.pid(name)
        os.kill(victim, signal.SIGKILL)
        until(lambda name=name, victim=victim: hub.pid(name) != victim, f"new {name}")
        pids[name].add(hub.pid(name))
    flow.join()
    publisher.close()
    hub.settle()

    sources = {hub.topics.raw(name): name for name in traffic.published.by_source}
    account = account_of(traffic.published, {}, hub.tallies("unify"), sources)
    assert account.unaccounted == 0
    assert (account.published, account.accepted, account.duplicate, account.dead) == (
        expected.published,
        *(expected.verdicts[verdict] for verdict in ("accepted", "duplicate", "dead")),
    )
    assert Counter(account.dead_by_reason) == expected.reasons
    assert len(hub.records(hub.topics.case_events)) == account.accepted
    assert hub.tallies("casework")["received.case.events"] == account.accepted
    assert {name: len(seen) for name, seen in pids.items()} == {"unify-0": 3, "casework-0": 3}
    assert "unify-0 ended with exit code -9" in hub.log("supervisor")


def test_a_second_up_finds_everything_running(hub):
    """It says so, starts nothing, and the same processes go on."""
    before = {process.pid for process in hub.processes()}

    told = hub.run("up").stdout

    assert "runs already" in told
    assert hub.json("up") == {
        "bootstrap": hub.bootstrap,
        "embedded": True,
        "kafka_started": False,
        "workers_started": False,
    }
    assert {process.pid for process in hub.processes()} == before


def test_another_hub_on_the_same_ports_is_told_which_and_starts_nothing(hub, new_hub):
    """Kafka's port first named with the fix; with another one, the metrics port is."""
    other = new_hub()
    other.metrics_port = hub.metrics_port
    told = other.run("up", code=1).stderr
    assert f"port {hub.metrics_port}" in told
    assert "fix: HUB_METRICS_PORT=" in told

    other.metrics_port = free_port()
    other.kafka_port = hub.kafka_port
    told = other.run("up", code=1).stderr
    assert f"port {hub.kafka_port} is held by the Kafka of another hub's data folder" in told
    assert "fix: HUB_KAFKA_PORT=" in told
    assert other.processes() == []


def test_a_killed_supervisor_leaves_nothing_behind_after_down(hub, until):
    """The workers go on without it; `hub up` gives them a new one, `hub down` ends all, with and without it."""
    os.kill(hub.pid("supervisor"), signal.SIGKILL)
    until(lambda: len(hub.processes()) == 4, "Kafka and three workers")

    hub.run("up")
    assert len(hub.processes()) == 5

    os.kill(hub.pid("supervisor"), signal.SIGKILL)
    assert hub.run("down").stdout.strip() == "Stopped."
    assert hub.processes() == []
    assert hub.run("down").stdout.strip() == "Nothing was running."


def test_the_data_is_there_after_a_restart_and_gone_after_a_wipe(hub):
    """`hub down` keeps everything, `hub up` goes on from it, `hub down --wipe` removes the folder."""
    hub.run("up")
    before = hub.tallies("unify")
    assert before["accepted.hotline"] > 100
    assert hub.json("status")["stages"]["unify"] == {"lag": 0, "tallies": before}

    assert f"Removed {hub.data_dir}" in hub.run("down", "--wipe").stdout

    assert not hub.data_dir.exists()
    assert hub.processes() == []


def test_a_taken_port_is_told_with_its_fix(new_hub):
    """Not a Kafka but something else listens there."""
    hub = new_hub()
    with socket.create_server(("127.0.0.1", hub.kafka_port)):
        told = hub.run("up", code=1).stderr

    assert f"port {hub.kafka_port} is taken" in told
    assert "HUB_KAFKA_PORT=" in told
    assert hub.processes() == []


def test_commands_without_a_hub_say_what_to_do(new_hub, samples: Path):
    """Nothing runs: exit 1 and the command that starts it, never a traceback."""
    hub = new_hub()
    sample = samples / "hotline" / "01-heating-create.json"

    for command in (
        ("send", "hotline", sample),
        ("trace", "hotline:HL1"),
        ("dead", "list"),
        ("dead", "show", "0:0"),
    ):
        assert "hub up" in hub.run(*command, code=1).stderr, command
    assert "hub up" in hub.run("status", code=1).stdout
    assert hub.json("status", code=1)["kafka"]["running"] is False
    assert hub.run("down").stdout.strip() == "Nothing was running."


def test_wrong_use_is_told_with_exit_code_2(new_hub, samples: Path, tmp_path: Path):
    """Unknown source, missing file, wrong setting, broken city folder: before anything starts."""
    hub = new_hub()
    sample = samples / "hotline" / "01-heating-create.json"

    assert "citymgmt, desk, endpoint, grid, hotline" in plain(hub.run("send", "hotlin", sample, code=2).stderr)
    assert "no such file" in plain(hub.run("send", "hotline", tmp_path / "none.json", code=2).stderr)
    assert "HUB_KAFKA_PORT" in hub.run("up", code=2, HUB_KAFKA_PORT="high").stderr
    assert str(tmp_path) in hub.run("up", code=2, HUB_CITY=str(tmp_path)).stderr
    without_samples = hub.run("demo", "--json", code=2, HUB_SAMPLES=str(tmp_path))
    assert (str(tmp_path) in without_samples.stderr, without_samples.stdout) == (True, "")
    assert "Stopped" not in without_samples.stderr
    assert hub.processes() == []


def test_a_worker_without_a_broker_tries_again_and_then_gives_up(new_hub):
    """One clear line an attempt, and exit code 1 after HUB_GIVE_UP_AFTER seconds."""
    hub = new_hub()
    began = time.monotonic()

    told = hub.run("worker", "unify", "--bootstrap", hub.bootstrap, code=1, HUB_GIVE_UP_AFTER="3").stderr

    assert 3 <= time.monotonic() - began < 30
    assert "next attempt in" in told
    assert told.count("giving up after 3 s") == 1
    assert "no broker answers" in told


def test_a_worker_whose_topic_vanishes_says_which_and_gives_up(new_hub, kafka_broker, until):
    """Deleted while it works: the topic's name, the fix, exit code 1."""
    hub = new_hub()
    hub.run("topics", "apply", "--bootstrap", kafka_broker.bootstrap)
    log = hub.data_dir.parent / "worker.log"
    with log.open("wb") as sink:
        worker = subprocess.Popen(
            [*hub_command(), "worker", "unify", "--bootstrap", kafka_broker.bootstrap],
            env={**hub.environment, "HUB_GIVE_UP_AFTER": "3"},
            stdout=sink,
            stderr=sink,
        )
    try:
        until(lambda: " ready, " in log.read_text(), "a worker at work")
        admin = AdminClient({"bootstrap.servers": kafka_broker.bootstrap})
        admin.delete_topics(["raw.grid"])["raw.grid"].result(20)

        assert worker.wait(90) == 1
    finally:
        worker.kill()
        worker.wait()
    assert "raw.grid is missing; apply the topic catalogue" in log.read_text()
    assert "Traceback" not in log.read_text()


def plain(shown: str) -> str:
    """The words of a framed, wrapped message."""
    return " ".join(shown.replace("│", " ").split())


def hub_command() -> list[str]:
    return [sys.executable, "-m", "hub.cli"]
