"""Reads one YAML or JSON document of a city folder into its model, with the lines of what is wrong."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from hub.city.problems import Problems, describe

M = TypeVar("M", bound=BaseModel)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Lines:
    """Where in a document a value stands, by its path."""

    def __init__(self, root: yaml.Node | None) -> None:
        self._root = root

    def of(self, path: Sequence[int | str]) -> int | None:
        """The line of the deepest part of the path that the document has."""
        node = self._root
        line = _line(node)
        for part in path:
            node = _child(node, part)
            if node is None:
                break
            line = _line(node)
        return line


def read_yaml(folder: Path, file: str, model: type[M], problems: Problems) -> tuple[M | None, Lines]:
    """The document, None where it cannot be read; repeated keys are a problem."""
    nowhere = Lines(None)
    text = _text(folder / file, file, problems)
    if text is None:
        return None, nowhere
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        for line, key in _repeated(root):
            problems.add(file, line, f"key {key} stands twice")
        data = loader.construct_document(root) if root is not None else {}
    except yaml.YAMLError as failure:
        mark = getattr(failure, "problem_mark", None)
        at = mark.line + 1 if mark is not None else None
        problems.add(file, at, f"is not YAML: {getattr(failure, 'problem', failure)}")
        return None, nowhere
    finally:
        loader.dispose()
    lines = Lines(root)
    return _validated(data, file, model, lines, problems), lines


def read_json(folder: Path, file: str, model: type[M], problems: Problems) -> M | None:
    """The document, None where it cannot be read. JSON being YAML, its lines are found the same way."""
    text = _text(folder / file, file, problems)
    if text is None:
        return None
    try:
        data = json.loads(text)
    except json.JSONDecodeError as failure:
        problems.add(file, failure.lineno, f"is not JSON: {failure.msg}")
        return None
    found = Problems()
    document = _validated(data, file, model, Lines(None), found)
    if found.found:
        return _validated(data, file, model, json_lines(folder, file), problems)
    return document


def json_lines(folder: Path, file: str) -> Lines:
    """Where the values of a JSON document stand, for a problem that only shows across documents."""
    return Lines(yaml.compose((folder / file).read_text(encoding="utf-8-sig"), Loader=_Loader))


def _validated(data: Any, file: str, model: type[M], lines: Lines, problems: Problems) -> M | None:
    try:
        return model.model_validate(data)
    except ValidationError as failure:
        for error in failure.errors(include_url=False):
            path = error["loc"]
            name = ".".join(str(part) for part in path) or "the document"
            problems.add(file, lines.of(path), describe(error, name))
    return None


def _text(path: Path, file: str, problems: Problems) -> str | None:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        problems.add(file, None, "is missing")
    except UnicodeDecodeError:
        problems.add(file, None, "is not UTF-8")
    return None


def _line(node: yaml.Node | None) -> int | None:
    return node.start_mark.line + 1 if node is not None else None


def _child(node: yaml.Node | None, part: int | str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child: yaml.Node = node.value[part]
        return child
    return None


def _repeated(node: yaml.Node | None) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                found.append((key.start_mark.line + 1, key.value))
            seen.add(key.value)
            found += _repeated(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            found += _repeated(value)
    return found
