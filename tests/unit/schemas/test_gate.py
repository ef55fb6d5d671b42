"""The gate stays shut for every change that a reader somewhere could not follow, and says what to do instead."""

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.gate import check, parse_problems, version_problems
from schemas.golden import GOLDEN
from schemas.release import release
from schemas.released import FILES, LOCK, Released
from schemas.subjects import Subject

BASE: dict[str, Any] = {
    "type": "record",
    "name": "Sample",
    "namespace": "hub.v1",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "note", "type": ["null", "string"], "default": None},
        {"name": "count", "type": "int", "default": 0},
        {
            "name": "level",
            "type": {"type": "enum", "name": "Level", "symbols": ["unknown", "low", "high"], "default": "unknown"},
        },
        {
            "name": "place",
            "type": {
                "type": "record",
                "name": "Place",
                "fields": [
                    {"name": "street", "type": "string"},
                    {"name": "tags", "type": {"type": "array", "items": "string"}},
                ],
            },
        },
    ],
}
SUBJECTS = [Subject("samples", "Sample")]


def version(number: int, schema: dict[str, Any]) -> Released:
    return Released("Sample", number, number, json.dumps(schema))


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    schema = copy.deepcopy(BASE)
    change(schema)
    return schema


def field(schema: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in schema["fields"] if one["name"] == name)


def street(schema: dict[str, Any]) -> dict[str, Any]:
    return field(schema, "place")["type"]["fields"][0]


def tags(schema: dict[str, Any]) -> dict[str, Any]:
    return field(schema, "place")["type"]["fields"][1]


INCOMPATIBLE = {
    "a removed field without default": (lambda s: s["fields"].pop(0), "id", "put the field back"),
    "a new field without default": (
        lambda s: s["fields"].append({"name": "new", "type": "string"}),
        "new",
        "give it a default",
    ),
    "a renamed field": (lambda s: field(s, "id").update(name="key"), "id", "put the field back"),
    "a changed type": (lambda s: field(s, "id").update(type="long"), "id", "add a new field"),
    "a wider number": (lambda s: field(s, "count").update(type="long"), "count", "add a new field"),
    "text become bytes": (lambda s: field(s, "id").update(type="bytes"), "id", "add a new field"),
    "a field become optional": (lambda s: field(s, "id").update(type=["null", "string"]), "id", "add a new field"),
    "an optional field become required": (
        lambda s: field(s, "note").update(type="string", default=""),
        "note",
        "add a new field",
    ),
    "a branch more": (
        lambda s: field(s, "note").update(type=["null", "string", "long"]),
        "note",
        "add a new field",
    ),
    "a logical type": (
        lambda s: field(s, "count").update(type={"type": "int", "logicalType": "date"}),
        "count",
        "add a new field",
    ),
    "a removed symbol": (
        lambda s: field(s, "level")["type"]["symbols"].remove("high"),
        "level",
        "put the symbol back",
    ),
    "a changed enum default": (
        lambda s: field(s, "level")["type"].update(default="low"),
        "level",
        "keep the default",
    ),
    "a renamed enum": (lambda s: field(s, "level")["type"].update(name="Grade"), "level", "keep the name"),
    "another namespace": (lambda s: s.update(namespace="hub.v2"), "", "keep the name"),
    "a change within": (lambda s: street(s).update(type="int"), "place.street", "add a new field"),
    "a change within an array": (lambda s: tags(s)["type"].update(items="long"), "place.tags[]", "add a new field"),
}


@pytest.mark.parametrize("name", INCOMPATIBLE)
def test_an_incompatible_change_is_refused_by_file_field_and_fix(name: str):
    """Each planted change is found, and the message tells file, field and what to do."""
    change, place, fix = INCOMPATIBLE[name]

    problems = version_problems([version(1, BASE), version(2, changed(change))], SUBJECTS)

    assert problems, name
    first = next(problem for problem in problems if problem.field == place)
    assert first.file == "Sample/v2.avsc"
    assert fix in first.fix
    assert str(first).startswith(f"Sample/v2.avsc: {place}")


COMPATIBLE = {
    "a new optional field": lambda s: s["fields"].append(
        {"name": "new", "type": ["null", "long"], "default": None}
    ),
    "a new field with a default": lambda s: s["fields"].insert(0, {"name": "new", "type": "int", "default": 7}),
    "a removed field with a default": lambda s: s["fields"].pop(1),
    "a new symbol": lambda s: field(s, "level")["type"]["symbols"].append("highest"),
    "another order": lambda s: s["fields"].reverse(),
    "a new explanation": lambda s: s.update(doc="clearer"),
}


@pytest.mark.parametrize("name", COMPATIBLE)
def test_a_change_that_all_readers_can_follow_passes(name: str):
    """What FULL_TRANSITIVE allows."""
    assert version_problems([version(1, BASE), version(2, changed(COMPATIBLE[name]))], SUBJECTS) == []


def test_a_version_is_compared_with_all_before_it_not_with_the_last_only():
    """v1 → v2 takes a defaulted field away, v2 → v3 brings it back with another type: only v1 knows better."""
    second = changed(lambda s: s["fields"].pop(2))
    third = changed(lambda s: field(s, "count").update(type="string", default=""))

    problems = version_problems([version(1, BASE), version(2, second), version(3, third)], SUBJECTS)

    assert [(one.file, one.field) for one in problems] == [("Sample/v3.avsc", "count")]


def test_a_symbol_added_to_an_enum_without_default_is_refused():
    """Readers of the old version would have nothing to read it as."""
    old = changed(lambda s: field(s, "level")["type"].pop("default"))
    new = changed(
        lambda s: (field(s, "level")["type"].pop("default"), field(s, "level")["type"]["symbols"].append("x"))
    )

    (problem,) = version_problems([version(1, old), version(2, new)], SUBJECTS)

    assert problem.field == "level"
    assert "symbol x was added" in problem.what


@pytest.mark.parametrize(
    ("rule", "change", "is_allowed"),
    [
        ("BACKWARD_TRANSITIVE", lambda s: s["fields"].pop(0), True),
        ("FORWARD_TRANSITIVE", lambda s: s["fields"].pop(0), False),
        ("BACKWARD_TRANSITIVE", lambda s: s["fields"].append({"name": "n", "type": "int"}), False),
        ("FORWARD_TRANSITIVE", lambda s: s["fields"].append({"name": "n", "type": "int"}), True),
    ],
)
def test_a_subjects_own_rule_is_the_one_that_counts(rule, change, is_allowed: bool):
    """Backward: new readers, old data. Forward: old readers, new data."""
    every = [Subject("samples", "Sample", rule)]

    problems = version_problems([version(1, BASE), version(2, changed(change))], every)

    assert (problems == []) is is_allowed


def test_a_missing_version_is_reported():
    """Versions count without a gap, so that nobody wonders where one went."""
    (problem,) = version_problems([version(1, BASE), version(3, BASE)], SUBJECTS)
    assert "[1, 3]" in problem.what


BROKEN = {
    "no JSON": ("{", "not a valid Avro schema"),
    "an unknown type": (
        json.dumps(changed(lambda s: field(s, "id").update(type="text"))),
        "not a valid Avro schema",
    ),
    "another record": (json.dumps(changed(lambda s: s.update(name="Other"))), "holds the record Other"),
    "another namespace": (json.dumps(changed(lambda s: s.update(namespace="x"))), "has the namespace x"),
    "a default of another type": (
        json.dumps(changed(lambda s: field(s, "count").update(default="0"))),
        "Default value",
    ),
    "null as a default, but not first": (
        json.dumps(changed(lambda s: field(s, "note").update(type=["string", "null"]))),
        "default",
    ),
    "an enum that cannot grow": (
        json.dumps(changed(lambda s: field(s, "level")["type"].pop("default"))),
        "can never grow",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_is_wrong_by_itself_is_refused(name: str):
    """Both parsers, the name, the namespace, defaults and enumerations."""
    text, expected = BROKEN[name]

    problems = parse_problems(Released("Sample", 1, 1, text))

    assert any(expected in str(problem) for problem in problems), problems


@pytest.fixture
def copied(tmp_path: Path) -> dict[str, Path]:
    """The released files, to be tampered with."""
    shutil.copytree(FILES, tmp_path / "avro")
    shutil.copytree(GOLDEN, tmp_path / "golden")
    shutil.copy(LOCK, tmp_path / "lock.json")
    return {"folder": tmp_path / "avro", "lock": tmp_path / "lock.json", "golden": tmp_path / "golden"}


def test_the_released_files_pass():
    """The gate is open for what stands in the repository."""
    assert check() == []


def test_a_released_file_that_was_altered_is_refused(copied):
    """A changed word in a doc is enough: a consumer may have the old text cached for ever."""
    file = copied["folder"] / "CaseEvent" / "v1.avsc"
    file.write_text(file.read_text("utf-8").replace("One record", "A record"), "utf-8")

    (problem,) = check(**copied)

    assert problem.file == "CaseEvent/v1.avsc"
    assert "altered after its release" in problem.what
    assert "v2.avsc" in problem.fix


def test_a_released_file_that_is_gone_is_refused(copied):
    """Data written with it is still in the topics."""
    (copied["folder"] / "Notice" / "v1.avsc").unlink()

    assert any(problem.file == "Notice/v1.avsc" and "gone" in problem.what for problem in check(**copied))


def test_golden_bytes_that_no_longer_come_out_are_refused(copied):
    """One byte of a sample is enough."""
    file = copied["golden"] / "SlaEvent" / "v1.json"
    content = json.loads(file.read_text("utf-8"))
    content["avro"] = content["avro"][:-2] + "00"
    file.write_text(json.dumps(content), "utf-8")

    assert [problem.file for problem in check(**copied)] == ["golden/SlaEvent/v1.json"]


def test_a_missing_sample_is_refused(copied):
    """A version without golden bytes is not proven."""
    (copied["golden"] / "Dispatch" / "v1.json").unlink()

    assert [problem.file for problem in check(**copied)] == ["golden/Dispatch/v1.json"]


def test_a_new_version_passes_the_gate_once_it_is_released(copied):
    """The way to change a schema: v2 beside v1, a sample, release; then old and new bytes are both read."""
    schema = json.loads((copied["folder"] / "Notice" / "v1.avsc").read_text("utf-8"))
    schema["fields"].append({"name": "urgency", "type": ["null", "string"], "default": None})
    (copied["folder"] / "Notice" / "v2.avsc").write_text(json.dumps(schema), "utf-8")
    sample = json.loads((copied["golden"] / "Notice" / "v1.json").read_text("utf-8"))["datum"]
    (copied["golden"] / "Notice" / "v2.json").write_text(
        json.dumps({"datum": {**sample, "urgency": "URGENT"}}), "utf-8"
    )
    assert any("python -m schemas.release" in str(problem) for problem in check(**copied))
    before = json.loads(copied["lock"].read_text("utf-8"))

    free = max(entry["id"] for versions in before.values() for entry in versions.values()) + 1
    assert release(**copied) == [f"Notice v2 has id {free}"]

    assert check(**copied) == []
    after = json.loads(copied["lock"].read_text("utf-8"))
    assert {**after, "Notice": {"1": after["Notice"]["1"]}} == before
    assert release(**copied) == []
