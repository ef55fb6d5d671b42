"""Compares two versions of a record: what a reader of one would make of data written with the other."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.schema import parse as parse_with_avro

from schemas.released import Released
from schemas.subjects import Rule


@dataclass(slots=True, frozen=True)
class Problem:
    """What is wrong, where, and how to mend it."""

    file: str
    field: str
    what: str
    fix: str

    def __str__(self) -> str:
        where = f"{self.file}: {self.field}" if self.field else self.file
        return f"{where}: {self.what}; {self.fix}"


def compare(old: Released, new: Released, rule: Rule) -> list[Problem]:
    """Every reason why `new` may not follow `old` under the rule.

    Our own walk comes first: it names field and fix, and it knows what the avro package's checker lets pass (a
    removed enum symbol where the reader has a default, text for bytes, a record that keeps its short name only).
    The checker then has the last word on what the walk may have missed.
    """
    file = f"{new.record}/v{new.version}.avsc"
    walk = _Walk(file, f"v{old.version}", f"v{new.version}", rule)
    problems = list(walk.types(_resolve(old.schema), _resolve(new.schema), ""))
    if problems:
        return problems
    return list(_by_checker(file, old, new, rule))


def _by_checker(file: str, old: Released, new: Released, rule: Rule) -> Iterator[Problem]:
    directions = []
    if rule in ("BACKWARD_TRANSITIVE", "FULL_TRANSITIVE"):
        directions.append((new, old))
    if rule in ("FORWARD_TRANSITIVE", "FULL_TRANSITIVE"):
        directions.append((old, new))
    for reader, writer in directions:
        result = ReaderWriterCompatibilityChecker().get_compatibility(  # type: ignore[no-untyped-call]
            parse_with_avro(reader.text), parse_with_avro(writer.text)
        )
        if result.compatibility is not SchemaCompatibilityType.compatible:
            what = f"v{reader.version} cannot read v{writer.version}: {', '.join(sorted(result.messages))}"
            yield Problem(file, ", ".join(sorted(result.locations)), what, "undo the change")


@dataclass(slots=True, frozen=True)
class _Walk:
    """Goes through both versions side by side. `field` is the dotted path of where it stands."""

    file: str
    old: str
    new: str
    rule: Rule
    compared: set[str] = field(default_factory=set)

    def types(self, old: Any, new: Any, field: str) -> Iterator[Problem]:
        if old.get("name") in self.compared:
            return  # used in several places, or within itself: once is enough
        if "name" in old:
            self.compared.add(old["name"])
        if old["type"] != new["type"]:
            yield self._problem(
                field,
                f"its type was {_shown(old)} in {self.old} and is {_shown(new)} in {self.new}",
                "keep the type and add a new field for the new one",
            )
        elif old["type"] == "record":
            yield from self._named(old, new, field)
            yield from self._fields(old["fields"], new["fields"], field)
        elif old["type"] == "enum":
            yield from self._named(old, new, field)
            yield from self._symbols(old, new, field)
        elif old["type"] in ("array", "map"):
            yield from self.types(old["of"], new["of"], f"{field}[]")
        elif old["type"] == "union":
            yield from self._branches(old["of"], new["of"], field)
        elif old["type"] == "fixed":
            yield from self._named(old, new, field)
            if old["size"] != new["size"]:
                yield self._problem(field, f"its size was {old['size']} and is {new['size']}", "keep the size")

    def _named(self, old: Any, new: Any, field: str) -> Iterator[Problem]:
        if old["name"] != new["name"]:
            yield self._problem(
                field,
                f"the {old['type']} {old['name']} is called {new['name']} in {self.new}",
                "keep the name and its namespace",
            )

    def _fields(self, old: dict[str, Any], new: dict[str, Any], field: str) -> Iterator[Problem]:
        for name in old.keys() - new.keys():
            if self.rule != "BACKWARD_TRANSITIVE" and not old[name]["has_default"]:
                yield self._problem(
                    _under(field, name),
                    f"was removed, but has no default in {self.old}: its readers could not read {self.new}",
                    "put the field back",
                )
        for name in new.keys() - old.keys():
            if self.rule != "FORWARD_TRANSITIVE" and not new[name]["has_default"]:
                yield self._problem(
                    _under(field, name),
                    f"is new and has no default: {self.new} could not read what {self.old} wrote",
                    "give it a default (for an optional one null, with null first in its union)",
                )
        for name in old.keys() & new.keys():
            yield from self.types(old[name]["type"], new[name]["type"], _under(field, name))

    def _symbols(self, old: Any, new: Any, field: str) -> Iterator[Problem]:
        removed = [symbol for symbol in old["symbols"] if symbol not in new["symbols"]]
        if removed:
            yield self._problem(
                field,
                f"symbol {', '.join(removed)} was removed from {old['name']}: records that hold it lose it",
                "put the symbol back",
            )
        added = [symbol for symbol in new["symbols"] if symbol not in old["symbols"]]
        if added and old["default"] is None and self.rule != "BACKWARD_TRANSITIVE":
            yield self._problem(
                field,
                f"symbol {', '.join(added)} was added to {old['name']}, which has no default in {self.old}:"
                " its readers could not read it",
                "leave the symbols as they are and add a new field",
            )
        if old["default"] != new["default"]:
            yield self._problem(
                field,
                f"the default of {old['name']} was {old['default']} and is {new['default']}",
                "keep the default: it is what readers see for a symbol they do not know",
            )

    def _branches(self, old: list[Any], new: list[Any], field: str) -> Iterator[Problem]:
        before, after = (
            {branch.get("name", branch["type"]): branch for branch in branches} for branches in (old, new)
        )
        if before.keys() != after.keys():
            yield self._problem(
                field,
                f"its type was {' or '.join(before)} in {self.old} and is {' or '.join(after)} in {self.new}",
                "keep the type and add a new field for the new one",
            )
            return
        for name, branch in before.items():
            yield from self.types(branch, after[name], field)

    def _problem(self, field: str, what: str, fix: str) -> Problem:
        return Problem(self.file, field, what, fix)


def _under(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name


def _shown(schema: Any) -> str:
    if schema["type"] == "union":
        return " or ".join(_shown(branch) for branch in schema["of"])
    return str(schema.get("name", schema["type"]))


def _resolve(schema: Any, known: dict[str, Any] | None = None, namespace: str = "") -> Any:
    """The schema in one regular form: each type a dictionary, each name full, each reference followed."""
    known = {} if known is None else known
    if isinstance(schema, list):
        return {"type": "union", "of": [_resolve(branch, known, namespace) for branch in schema]}
    if isinstance(schema, str):
        return known.get(schema) or known.get(f"{namespace}.{schema}") or {"type": schema}
    kind = schema["type"]
    if kind in ("array", "map"):
        return {"type": kind, "of": _resolve(schema["items" if kind == "array" else "values"], known, namespace)}
    if kind not in ("record", "enum", "fixed"):
        logical = schema.get("logicalType")
        return {"type": f"{kind} ({logical})" if logical else kind}
    namespace = schema.get("namespace", namespace)
    name = schema["name"] if "." in schema["name"] else f"{namespace}.{schema['name']}"
    found: dict[str, Any] = {"type": kind, "name": name}
    known[name] = found
    if kind == "enum":
        found |= {"symbols": schema["symbols"], "default": schema.get("default")}
    elif kind == "fixed":
        found["size"] = schema["size"]
    else:
        found["fields"] = {
            field["name"]: {
                "type": _resolve(field["type"], known, namespace),
                "has_default": "default" in field,
            }
            for field in schema["fields"]
        }
    return found
