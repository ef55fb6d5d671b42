"""A worker's metrics against known input, as Prometheus reads them."""

import json
import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from streams.runtime.metrics import Metrics, MetricsServer


@pytest.fixture
def served():
    metrics = Metrics("unify")
    server = MetricsServer(metrics, "127.0.0.1", 0)
    yield metrics, f"http://127.0.0.1:{server.port}"
    server.close()


def scrape(base):
    with urllib.request.urlopen(f"{base}/metrics") as answer:
        families = text_string_to_metric_families(answer.read().decode())
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def test_tallies_become_counters_with_bounded_labels(served):
    """Received, accepted, duplicate and rejected have a metric each; other tallies share one."""
    metrics, base = served
    counts = {
        "received.raw.hotline": 10,
        "accepted.hotline": 6,
        "duplicate.hotline": 3,
        "dead.raw.hotline.missing_field": 1,
        "resplit.hotline": 2,
    }
    metrics.committed(counts, 4, 0.2, 0.01)
    metrics.committed({"accepted.hotline": 1}, 0, 0.2, 0.01)
    found = scrape(base)

    stage = ("stage", "unify")
    assert found["hub_received_total", stage, ("topic", "raw.hotline")] == 10
    assert found["hub_accepted_total", ("source", "hotline"), stage] == 7
    assert found["hub_duplicate_total", ("source", "hotline"), stage] == 3
    assert found["hub_rejected_total", ("reason", "missing_field"), stage, ("topic", "raw.hotline")] == 1
    assert found["hub_counts_total", ("name", "resplit.hotline"), stage] == 2
    assert found["hub_timers_fired_total", stage] == 4
    assert found["hub_processing_seconds_count", stage] == 2
    assert found["hub_transaction_seconds_sum", stage] == pytest.approx(0.02)


def test_end_to_end_seconds_are_observed_by_source(served):
    """From the hub's receipt to the commit of the answer; a clock that disagrees counts as zero."""
    metrics, base = served
    metrics.answered([("hotline", 1_000), ("hotline", 985), ("grid", 2_000)], 1_015)
    found = scrape(base)

    stage = ("stage", "unify")
    assert found["hub_end_to_end_seconds_count", ("source", "hotline"), stage] == 2
    assert found["hub_end_to_end_seconds_sum", ("source", "hotline"), stage] == pytest.approx(0.045)
    assert found["hub_end_to_end_seconds_bucket", ("le", "0.02"), ("source", "hotline"), stage] == 1
    assert found["hub_end_to_end_seconds_sum", ("source", "grid"), stage] == 0


def test_gauges_show_stores_lag_recovery_and_failures(served):
    """What an operator asks first when a stage is slow."""
    metrics, base = served
    metrics.measured({0: 4096}, {("raw.hotline", 0): 7})
    metrics.recovered(0.25)
    metrics.failed()
    found = scrape(base)

    stage = ("stage", "unify")
    assert found["hub_store_size_bytes", ("partition", "0"), stage] == 4096
    assert found["hub_partition_lag_records", ("partition", "0"), stage, ("topic", "raw.hotline")] == 7
    assert found["hub_recovery_seconds", stage] == 0.25
    assert found["hub_transaction_failures_total", stage] == 1


def test_health_follows_the_loop(served, monkeypatch):
    """A loop that has not turned for half a minute is reported as ill."""
    metrics, base = served
    metrics.looped()
    with urllib.request.urlopen(f"{base}/healthz") as answer:
        assert json.load(answer)["stage"] == "unify"
    monkeypatch.setattr("streams.runtime.metrics._STALE_AFTER", -1.0)
    with pytest.raises(urllib.error.HTTPError, match="503"):
        urllib.request.urlopen(f"{base}/healthz")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{base}/other")
