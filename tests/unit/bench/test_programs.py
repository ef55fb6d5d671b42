"""A peer that cannot run here is named with its reason, never left out in silence."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from hub.bench import programs
from hub.bench.figures import Report
from hub.bench.job import Job
from hub.bench.programs import KafkaStreams, Ours, available, peers
from hub.bench.tables import show
from hub.domain.errors import Misconfigured

JOB = Job("loop", "mark", "127.0.0.1:1", "in", "out", "dead", "changelog", "folder", 2, "schema.avsc")


def test_every_benchmark_has_kafka_streams_and_unify_has_all_three():
    """Kafka Streams is the measure of all; the Python engines are shown for the mapping."""
    names = {bench: [peer.name for peer in peers(Path("cache"), bench)] for bench in ("loop", "unify", "casework")}

    assert names == {
        "loop": ["kafka-streams"],
        "unify": ["kafka-streams", "quix-streams", "faust-streaming"],
        "casework": ["kafka-streams"],
    }


def test_a_peer_that_does_not_exist_is_a_usage_error():
    """The message names those that do."""
    with pytest.raises(Misconfigured, match="the peers of loop are kafka-streams"):
        peers(Path("cache"), "loop", ["flink"])


def test_without_maven_kafka_streams_is_missing_and_the_fix_is_named(monkeypatch, tmp_path):
    """The path holds neither java nor mvn."""
    monkeypatch.setenv("PATH", str(tmp_path))

    ready, missing = available([KafkaStreams()], lambda _line: None)

    assert ready == []
    assert "install a Java 17 JDK and Maven" in missing["kafka-streams"]


def test_without_the_checkout_each_peer_says_so(monkeypatch, tmp_path):
    """An installed package has no tests folder."""
    monkeypatch.setattr(programs, "PEERS", tmp_path)

    _, missing = available(peers(tmp_path, "unify"), lambda _line: None)

    assert set(missing) == {"kafka-streams", "quix-streams", "faust-streaming"}
    assert all("in a checkout only" in why for why in missing.values())


def test_a_missing_peer_stands_in_the_text_output():
    """Silence would read as a comparison won."""
    out = StringIO()
    report = Report(
        bench="loop",
        unit="records/s",
        ours={"rate": 1000, "steady_rate": 1100, "seconds_from_start": 1.0, "cpu_us_per_record": 9.0},
        rounds=1,
        machine={"cores": 2, "cpu": "any", "load_1m": 0.1},
        missing={"kafka-streams": "mvn is not on the path"},
    )

    show(report, Console(file=out, width=120))

    assert "missing: kafka-streams mvn is not on the path" in out.getvalue()


def test_ours_and_the_peer_get_the_same_number_of_hands():
    """Two processes of ours stand against two stream threads."""
    assert len(Ours().commands(JOB)) == 2
    (command,) = KafkaStreams().commands(JOB)
    assert "threads=2" in command
