"""Subjects come from the topic catalogue, ids from the lock file."""

import json
from pathlib import Path

import pytest
import yaml

from hub.domain.errors import Misconfigured
from schemas.released import LOCK, read_released, released, versions_in
from schemas.subjects import CATALOGUE, subjects


def test_each_topic_with_a_schema_is_a_subject():
    """No topic is named twice: what the catalogue says is what there is."""
    topics = yaml.safe_load(CATALOGUE.read_text("utf-8"))["topics"]

    assert {subject.name: subject.record for subject in subjects()} == {
        f"{topic}-value": entry["schema"] for topic, entry in topics.items() if entry["schema"]
    }


def test_the_three_dispatch_topics_share_one_record():
    """A consumer of one tier reads the others with the same schema, under the same id."""
    shared = {subject.topic for subject in subjects() if subject.record == "Dispatch"}

    assert shared == {"dispatch.street", "dispatch.county", "dispatch.city"}


def test_all_subjects_evolve_fully_transitive():
    """case.state too: a worker that was rolled back must read the changelog of the newer one."""
    assert {subject.rule for subject in subjects()} == {"FULL_TRANSITIVE"}


def test_every_record_of_the_catalogue_is_released():
    """No topic without a file, no file without a topic."""
    assert {subject.record for subject in subjects()} == {one.record for one in released()}


def test_a_catalogue_that_cannot_be_read_is_named(tmp_path: Path):
    """The file's name and what was wrong with it."""
    (tmp_path / "topics.yaml").write_text("topics: [", "utf-8")

    with pytest.raises(Misconfigured, match=r"topics\.yaml"):
        subjects(tmp_path / "topics.yaml")


def test_ids_are_small_and_used_once():
    """They never change: they stand in every record ever written."""
    lock = json.loads(LOCK.read_text("utf-8"))
    ids = {
        (name, int(version)): entry["id"] for name, versions in lock.items() for version, entry in versions.items()
    }

    assert sorted(ids.values()) == list(range(1, len(ids) + 1))
    assert [ids[name, 1] for name in ("AuditRecord", "CaseEvent", "CaseState", "Dispatch")] == [1, 2, 3, 4]
    assert [ids[name, 1] for name in ("Notice", "SlaEvent", "StatusUpdate")] == [5, 6, 7]


def test_two_versions_with_one_id_are_refused(tmp_path: Path):
    """A merge of two branches that both released something."""
    lock = json.loads(LOCK.read_text("utf-8"))
    lock["Notice"]["1"]["id"] = lock["Dispatch"]["1"]["id"]
    (tmp_path / "lock.json").write_text(json.dumps(lock), "utf-8")

    with pytest.raises(Misconfigured, match="share id 4"):
        read_released(lock=tmp_path / "lock.json")


def test_a_file_that_is_no_version_is_refused(tmp_path: Path):
    """v1.avsc, v2.avsc, …; anything else would be overlooked."""
    (tmp_path / "Notice").mkdir()
    (tmp_path / "Notice" / "latest.avsc").write_text("{}", "utf-8")

    with pytest.raises(Misconfigured, match=r"Notice/latest\.avsc"):
        versions_in(tmp_path)
