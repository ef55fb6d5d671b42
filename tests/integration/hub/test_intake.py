"""A whole hub takes in by HTTP, as an IT desk sets it up on its first day."""

import time
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from connectors.standard_webhooks import read_secret, sign

pytestmark = pytest.mark.integration


def test_from_the_first_secret_to_the_case(new_hub, samples: Path, until):
    """`hub sources secret`, two posts and a resend: event, dead letters, and counts that agree with both sides."""
    hub = new_hub()
    hub.run("up", HUB_EDGES='["http"]')
    address = f"http://127.0.0.1:{hub.http_port}"
    body = (samples / "hotline" / "01-heating-create.json").read_bytes()
    rows = (samples / "bad" / "grid" / "01-two-bad-rows.csv").read_bytes()

    def post(source: str, secret: str, content_type: str, content: bytes, message_id: str) -> httpx.Response:
        signed = sign([read_secret(secret)], message_id, int(time.time()), content)
        headers = {"content-type": content_type, **signed}
        return httpx.post(f"{address}/v1/sources/{source}/events", content=content, headers=headers, timeout=30)

    hotline = hub.run("sources", "secret", "hotline").stdout.strip()
    grid = hub.run("sources", "secret", "grid").stdout.strip()
    assert post("citymgmt", hotline, "application/xml", b"<x/>", "msg_0").status_code == 503
    until(
        lambda: post("hotline", hotline, "application/json", body, "msg_1").status_code == 202, "accepted message"
    )
    until(lambda: post("grid", grid, "text/csv", rows, "msg_2").status_code == 202, "accepted batch")
    resent = post("hotline", hotline, "application/json", body, "msg_1")
    hub.settle()

    assert resent.status_code == 202
    assert hub.tallies("unify")["accepted.hotline"] == 1
    assert "duplicate.hotline" not in hub.tallies("unify")
    assert hub.tallies("unify")["accepted.grid"] == 3
    assert sorted(letter.cause.reason for letter in hub.letters()) == ["bad_time", "csv_column_mismatch"]
    (raw,) = hub.records("raw.hotline")
    headers = dict(raw.headers)
    assert headers["message-id"].decode() == resent.json()["message_ids"][0]
    assert headers["connector"] == b"intake"
    assert hub.json("trace", "hotline:HL2026111000017")

    counted = metrics_of(hub.metrics_port + 3)
    assert counted["hub_edge_intake_records_total", "hotline", "accepted"] == len(hub.records("raw.hotline"))
    assert counted["hub_edge_intake_records_total", "grid", "accepted"] == hub.tallies("unify")["accepted.grid"]
    assert counted["hub_edge_intake_records_total", "grid", "rejected"] == len(hub.letters())
    assert counted["hub_edge_intake_requests_total", "hotline", "accepted"] == 1
    assert counted["hub_edge_intake_requests_total", "hotline", "resent"] == 1

    def standing() -> dict:
        listed = hub.json("sources", "list")["sources"]
        return {one["name"]: one["positions"].get("intake", {}) for one in listed}

    until(lambda: "2 taken, 0 refused (0.00%)" in standing()["hotline"].get("position", ""), "standing of intake")
    assert standing()["citymgmt"]["problem"] == "no secret of this source can be read"
    assert httpx.get(f"{address}/openapi.json").json()["paths"]["/v1/sources/{source}/events"]


def metrics_of(port: int) -> dict[tuple[str, str, str], float]:
    """The edge's samples by name, source and outcome."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    return {
        (sample.name, sample.labels["source"], sample.labels["outcome"]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if {"source", "outcome"} <= sample.labels.keys()
    }
