"""`hub bench` measures on a Kafka of its own and prints one object."""

import json

import pytest
from typer.testing import CliRunner

from hub.cli import build

pytestmark = pytest.mark.integration


def test_bench_loop_prints_one_json_object_and_counts_every_output():
    """Ours alone, few records: the figures mean little, their form and the outputs' number are right."""
    arguments = ["bench", "loop", "--rounds", "1", "--records", "40000", "--no-peers", "--json"]
    result = CliRunner().invoke(build("bench"), arguments)

    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["bench"] == "loop"
    assert found["rounds"] == 1
    assert found["ours"]["outputs"] == [40_000]
    assert found["ours"]["rate"] > 0
    assert found["ratio"] == {}


def test_bench_clocks_counts_the_live_clocks_of_a_store_and_its_quiet_time():
    """Few clocks, one quiet second: memory and disk stand beside the numbers that were made."""
    arguments = ["bench", "clocks", "--only", "store", "--clocks", "2000"]
    result = CliRunner().invoke(build("bench"), [*arguments, "--quiet-seconds", "1", "--json"])

    assert result.exit_code == 0, result.output
    ours = json.loads(result.stdout)["ours"]
    assert ours["store_cases"] == 1000
    assert ours["store_live_clocks"] == 2000
    assert ours["store_rss_mib"] > 0
    assert ours["store_disk_mib"] > 0
