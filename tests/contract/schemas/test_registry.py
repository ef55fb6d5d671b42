"""The registry client against a real Apicurio Registry."""

import json

import pytest
from fastavro.schema import to_parsing_canonical_form

from hub.domain.errors import Misconfigured
from schemas.codec import Codec
from schemas.golden import golden_file, read_golden
from schemas.registry import Registry, register_all, resolve_ids
from schemas.released import newest, released
from schemas.subjects import subjects


@pytest.fixture(scope="module")
def registry(apicurio: str):
    with Registry(apicurio) as client:
        yield client


def test_ids_that_nobody_registered_are_reported_with_the_command_that_does(registry):
    """All missing schemas are named at once, before anything starts."""
    from dataclasses import replace

    nowhere = [replace(subject, topic=f"nowhere.{subject.topic}") for subject in subjects()]

    with pytest.raises(Misconfigured) as caught:
        resolve_ids(registry, every=nowhere)

    versions = [one for subject in nowhere for one in released() if one.record == subject.record]
    assert len(caught.value.problems) == len(versions)
    assert "hub schemas register --registry http" in caught.value.problems[0]


def test_every_subject_is_registered_with_its_rule(registry):
    """After registering, the registry holds exactly the catalogue's subjects, each with its rule and versions."""
    register_all(registry)

    assert sorted(registry.subjects()) == sorted(subject.name for subject in subjects())
    for subject in subjects():
        assert registry.rule(subject.name) == subject.rule
        expected = [one.version for one in released() if one.record == subject.record]
        assert registry.versions(subject.name) == expected


def test_registering_again_changes_nothing(registry):
    """A second start gives the same ids and no new version."""
    first = register_all(registry)

    assert register_all(registry) == first == resolve_ids(registry)
    assert registry.versions("case.events-value") == [1, 2]


def test_a_schema_comes_back_by_its_id(registry):
    """What a consumer fetches by the id on the wire is the released schema, however the registry writes names."""
    ids = register_all(registry)

    for one in released():
        fetched = json.loads(registry.schema(ids[one.record, one.version]))
        assert to_parsing_canonical_form(fetched) == to_parsing_canonical_form(one.schema)


def test_the_codec_writes_and_reads_the_ids_of_the_registry(registry):
    """With a registry, the id on the wire is the registry's; the data round-trips."""
    ids = register_all(registry)
    codec = Codec(ids=ids)

    for one in newest(released()).values():
        datum, _ = read_golden(golden_file(one))
        data = codec.encode(one.record, datum)
        assert int.from_bytes(data[1:5]) == ids[one.record, one.version]
        assert codec.decode(data) == datum


def test_an_incompatible_schema_is_refused_in_the_registrys_words(registry):
    """The rule that was set holds: a version without the required fields is refused and the reason shown."""
    register_all(registry)
    empty = '{"type": "record", "name": "CaseEvent", "namespace": "hub.v1", "fields": []}'

    assert not registry.is_compatible("case.events-value", empty)
    with pytest.raises(Misconfigured, match=r"409 .*event_id"):
        registry.register("case.events-value", empty)


def test_what_is_not_there_is_none(registry):
    """Unknown subjects, schemas and ids are answers, not errors."""
    assert registry.versions("nobody-value") == []
    assert registry.rule("nobody-value") is None
    assert registry.schema(987654) is None
    assert registry.look_up("case.events-value", '{"type": "record", "name": "X", "fields": []}') is None


def test_a_forgotten_path_prefix_is_said(apicurio: str):
    """The bare address of the registry is the likeliest mistake in its URL."""
    with Registry(apicurio.partition("/apis")[0]) as bare, pytest.raises(Misconfigured, match="path prefix"):
        bare.subjects()
