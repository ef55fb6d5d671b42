"""The gate: may these schema files be released, and is every released one still what it was?"""

import json
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import fastavro
from avro.errors import AvroException
from avro.schema import parse as parse_with_avro
from fastavro.validation import validate

from hub.domain.errors import Misconfigured
from schemas.compatibility import Problem, compare
from schemas.golden import GOLDEN, body, golden_file, read_body, read_golden
from schemas.released import FILES, LOCK, Released, newest, read_released, versions_in
from schemas.subjects import CATALOGUE, Subject, subjects

# What the libraries raise on a schema or on data they cannot use.
_PARSE_ERRORS = (
    AvroException,
    fastavro.schema.SchemaParseException,
    fastavro.schema.UnknownType,
    ValueError,
    KeyError,
)
_READ_ERRORS = (ValueError, KeyError, IndexError, EOFError, TypeError, fastavro.read.SchemaResolutionError)


def check(
    folder: Path = FILES, lock: Path = LOCK, golden: Path = GOLDEN, catalogue: Path = CATALOGUE
) -> list[Problem]:
    """Every problem of every file; an empty list opens the gate.

    1. released files are unaltered and all files are released
    2. each file parses with fastavro and with avro, holds the record its folder names, and valid defaults
    3. all versions of a record are compatible with each other by the rules of its subjects
    4. golden bytes of each version are still written so, and read by every other version
    """
    problems = list(_lock_problems(folder, lock))
    files = read_files(folder)
    for one in files:
        problems += parse_problems(one)
    if problems:
        return problems
    every = subjects(catalogue)
    problems += _subject_problems(every, newest(files), catalogue)
    problems += version_problems(files, every)
    problems += _golden_problems(files, golden)
    return problems


def read_files(folder: Path) -> list[Released]:
    """All files of the folder, released or about to be; ids do not matter to the gate."""
    return [Released(record, version, 0, path.read_text("utf-8")) for record, version, path in versions_in(folder)]


def _lock_problems(folder: Path, lock: Path) -> Iterator[Problem]:
    try:
        read_released(folder, lock)
    except Misconfigured as error:
        for line in error.problems:
            file, _, what = line.partition(" ")
            what, _, fix = what.partition("; ")
            yield Problem(file, "", what, fix or "see the lock file")


def parse_problems(one: Released) -> list[Problem]:
    """What is wrong with one file by itself."""
    file = f"{one.record}/v{one.version}.avsc"
    try:
        schema = one.schema
        fastavro.parse_schema(schema, _force=True)
        parse_with_avro(one.text)
    except _PARSE_ERRORS as error:
        return [Problem(file, "", f"is not a valid Avro schema: {error}", "mend the schema")]
    problems = []
    if schema.get("name") != one.record:
        problems.append(Problem(file, "", f"holds the record {schema.get('name')}", f"name it {one.record}"))
    if schema.get("namespace") != "hub.v1":
        problems.append(
            Problem(file, "", f"has the namespace {schema.get('namespace')}", "hub.v1 is the one of all")
        )
    named = fastavro.parse_schema(schema, named_schemas={})
    problems += [Problem(file, *problem) for problem in _type_problems(schema, named, "")]
    return problems


def _type_problems(schema: Any, root: Any, field: str) -> Iterator[tuple[str, str, str]]:
    """Defaults that do not fit their type, and enumerations that could never grow."""
    if isinstance(schema, list):
        for branch in schema:
            yield from _type_problems(branch, root, field)
    elif isinstance(schema, dict):
        if schema["type"] == "enum" and schema.get("default") not in schema["symbols"]:
            yield (
                field,
                f"the enumeration {schema['name']} has no default among its symbols, so it can never grow",
                'add "default", the symbol that stands for those a reader does not know',
            )
        elif schema["type"] == "array":
            yield from _type_problems(schema["items"], root, f"{field}[]")
        elif schema["type"] == "map":
            yield from _type_problems(schema["values"], root, f"{field}[]")
        for inner in schema.get("fields", ()):
            path = f"{field}.{inner['name']}" if field else inner["name"]
            yield from _type_problems(inner["type"], root, path)
            if "default" in inner and not _is_valid_default(inner):
                yield path, "its default does not fit its type (of a union: the first one)", "mend the default"


def _is_valid_default(field: dict[str, Any]) -> bool:
    kind = field["type"][0] if isinstance(field["type"], list) else field["type"]
    name = kind if isinstance(kind, str) else kind["type"]
    default = field["default"]
    if name in ("array", "map"):
        return default == ([] if name == "array" else {}) or isinstance(default, list if name == "array" else dict)
    if name == "enum":
        return default in kind["symbols"]
    if name in ("null", "boolean", "int", "long", "float", "double", "string"):
        return bool(validate(default, name, raise_errors=False))
    return True  # a record or a reference: the parsers check those


def _subject_problems(every: list[Subject], latest: dict[str, Released], catalogue: Path) -> Iterator[Problem]:
    for subject in every:
        if subject.record not in latest:
            yield Problem(
                catalogue.name,
                subject.topic,
                f"its schema {subject.record} has no file",
                f"add schemas/avro/{subject.record}/v1.avsc",
            )


def version_problems(files: Iterable[Released], every: list[Subject]) -> list[Problem]:
    """Every pair of versions of a record that breaks the rule of one of its subjects."""
    by_record: dict[str, list[Released]] = {}
    for one in files:
        by_record.setdefault(one.record, []).append(one)
    problems: dict[str, Problem] = {}
    for record, versions in by_record.items():
        numbers = [one.version for one in versions]
        if numbers != list(range(1, len(numbers) + 1)):
            gap = Problem(record, "", f"has the versions {numbers}", "number them 1, 2, 3, … without a gap")
            problems[str(gap)] = gap
        for rule in sorted({subject.rule for subject in every if subject.record == record}):
            for old, new in combinations(versions, 2):
                problems |= {str(problem): problem for problem in compare(old, new, rule)}
    return list(problems.values())


def _golden_problems(files: list[Released], folder: Path) -> Iterator[Problem]:
    for one in files:
        file = f"golden/{one.record}/v{one.version}.json"
        try:
            datum, avro = read_golden(golden_file(one, folder))
        except FileNotFoundError:
            yield Problem(file, "", "is missing", 'write a sample with every field filled: {"datum": {…}}')
            continue
        except (json.JSONDecodeError, KeyError, ValueError) as error:
            yield Problem(file, "", f"cannot be read ({error})", "restore it")
            continue
        if avro is None or body(one, datum) != avro:
            fix = "run `python -m schemas.release`" if avro is None else "restore file and sample as released"
            yield Problem(file, "", "the sample does not become its golden bytes", fix)
            continue
        for reader in files:
            if reader.record == one.record:
                yield from _unread(file, avro, one, reader, datum)


def _unread(file: str, avro: bytes, writer: Released, reader: Released, datum: Any) -> Iterator[Problem]:
    try:
        found = read_body(avro, writer, reader)
    except _READ_ERRORS as error:
        yield Problem(file, "", f"v{reader.version} cannot read it ({error})", f"mend v{reader.version}")
        return
    if writer.version == reader.version and found != datum:
        yield Problem(file, "", "its bytes are read as another record", "restore file and sample as released")
