"""The AsyncAPI document: valid, of all topics that concern others, and the one that is committed."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator

from hub.asyncapi import as_yaml, document
from hub.settings import load
from hub.topics import catalogue

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def topics():
    return catalogue(load().topics_file)


@pytest.fixture(scope="module")
def validator():
    return Draft7Validator(json.loads((ROOT / "tests" / "data" / "asyncapi" / "3.0.0.json").read_text("utf-8")))


def test_the_document_is_valid_asyncapi_3(topics, validator):
    """By the official JSON schema of 3.0.0, Kafka bindings included."""
    assert [error.message for error in validator.iter_errors(document(topics))] == []


def test_the_validator_sees_a_fault(topics, validator):
    """A channel of another form would be told."""
    broken = document(topics)
    broken["channels"]["case.events"]["address"] = 7
    broken["operations"]["send-case-events"]["action"] = "shout"

    assert len(list(validator.iter_errors(broken))) >= 2


def test_what_is_committed_is_up_to_date(topics):
    """After a change of catalogue or schemas: hub asyncapi > docs/asyncapi.yaml"""
    kept = (ROOT / "docs" / "asyncapi.yaml").read_text("utf-8")

    assert kept == as_yaml(topics)
    assert yaml.safe_load(kept) == document(topics)


def test_departments_find_their_topics_and_every_reference_leads_somewhere(topics):
    """All topics with a schema; no memory of a stage; references resolve."""
    made = document(topics)

    assert {topic.name for topic in topics.topics if topic.schema_name} <= made["channels"].keys()
    assert not [name for name in made["channels"] if name.endswith((".memory", ".tallies"))]
    for name, operation in made["operations"].items():
        channel = operation["channel"]["$ref"].removeprefix("#/channels/")
        (message,) = operation["messages"]
        assert message["$ref"].rsplit("/", 1)[1] in made["channels"][channel]["messages"], name
    for channel in made["channels"].values():
        for message in channel["messages"].values():
            assert message["$ref"].rsplit("/", 1)[1] in made["components"]["messages"]
