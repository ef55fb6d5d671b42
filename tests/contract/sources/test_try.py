"""`hub sources try` and `list`: the answer an IT desk gets before it plugs in."""

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli.sources import app

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"
DESK = SAMPLES.parent / "desk"
FIELDS = {
    "event_id", "case_id", "kind", "source", "channel", "source_case_id", "source_event_id", "occurred_at",
    "reporter", "location", "category", "urgency", "title", "text", "attachments", "attributes",
}  # fmt: skip


@pytest.fixture
def run(monkeypatch, tmp_path):
    """The command with a token key of its own."""
    monkeypatch.setenv("HUB_TOKEN_KEY", "a key of sixteen bytes or more")
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_json_is_one_object_keyed_by_the_paths_as_given(run):
    """Events complete with id and token, without what only Kafka knows; rejections beside them; exit 0."""
    good, bad = SAMPLES / "grid" / "grid_20261109_01.csv", SAMPLES / "bad" / "grid" / "01-two-bad-rows.csv"
    result = run("try", "grid", good, bad, "--json")
    assert result.exit_code == 0
    files = json.loads(result.stdout)["files"]
    assert list(files) == [str(good), str(bad)]
    assert len(files[str(good)]["records"]) == 10
    for entry in files[str(good)]["records"]:
        assert set(entry) == {"record", "event"}
        assert set(entry["event"]) == FIELDS
        assert set(entry["event"]["reporter"]) == {"token", "has_contact", "secret"}
        assert len(entry["event"]["event_id"]) == 32
    assert files[str(bad)]["rejects"] == [
        {"record": 2, "reason": "csv_column_mismatch", "field": None},
        {"record": 4, "reason": "bad_time", "field": "上报时间"},
    ]


def test_a_path_as_given_is_not_made_absolute(run, tmp_path):
    """The key is what the caller wrote."""
    (tmp_path / "a.json").write_bytes(b"")
    files = json.loads(run("try", "hotline", "./a.json", "--json").stdout)["files"]
    assert files == {
        "./a.json": {
            "source": "hotline",
            "records": [],
            "rejects": [{"record": None, "reason": "empty_payload", "field": None}],
        }
    }


def test_a_record_sent_again_is_listed_again(run):
    """Resends within one call are each shown with their event, which is the same."""
    file = SAMPLES / "hotline" / "01-heating-create.json"
    files = json.loads(run("try", "hotline", file, str(file.parent) + "/./" + file.name, "--json").stdout)["files"]
    assert len({entry["records"][0]["event"]["event_id"] for entry in files.values()}) == 1
    assert len(files) == 2


def test_gzip_is_unpacked_and_its_size_counted_unpacked(run, tmp_path):
    """A small file that unpacks to more than the limit is oversized; one that is no gzip says so."""
    (tmp_path / "a.json.gz").write_bytes(
        gzip.compress((SAMPLES / "hotline" / "01-heating-create.json").read_bytes())
    )
    (tmp_path / "bomb.json.gz").write_bytes(gzip.compress(b" " * (17 * 1024 * 1024)))
    (tmp_path / "no.json.gz").write_bytes(b"{}")
    files = json.loads(run("try", "hotline", "a.json.gz", "bomb.json.gz", "no.json.gz", "--json").stdout)["files"]
    assert len(files["a.json.gz"]["records"]) == 1
    assert files["bomb.json.gz"]["rejects"][0]["reason"] == "oversized"
    assert files["no.json.gz"]["rejects"][0]["reason"] == "wrong_encoding"


def test_without_json_there_is_a_table(run):
    """For reading on a terminal."""
    result = run("try", "endpoint", SAMPLES / "endpoint" / "01-sign.json")
    assert result.exit_code == 0
    assert "1 accepted, 0 rejected" in result.stdout


@pytest.mark.parametrize(
    "words", [("try", "fax", "a.json"), ("try", "hotline", "not-there.json"), ("try", "hotline")]
)
def test_usage_errors_end_with_2(run, words):
    """Unknown source, missing file, no file: a message on stderr, nothing on stdout."""
    result = run(*words, "--json")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr


def test_no_personal_data_is_shown(run):
    """Neither in events nor in rejections of the corpora."""
    for base in (SAMPLES, SAMPLES / "bad", DESK, DESK / "bad"):
        expected = json.loads((base / "expected.json").read_text(encoding="utf-8"))
        for source in sorted({entry["source"] for entry in expected["files"].values()}):
            files = [base / path for path, entry in expected["files"].items() if entry["source"] == source]
            shown = run("try", source, *files, "--json").stdout
            assert not [secret for secret in expected["never_in_output"] if secret in shown]


def test_list_names_every_source(run):
    """With content types and guarantees."""
    sources = json.loads(run("list", "--json").stdout)["sources"]
    assert {source["name"] for source in sources} >= {"hotline", "citymgmt", "grid", "endpoint", "desk"}
    assert all(source["content_types"] and source["guarantees"]["order"] for source in sources)
    assert "citymgmt" in run("list").stdout
