"""What is wrong with a city folder, collected with file and line so that all of it is reported at once."""

from dataclasses import dataclass, field
from typing import Any

from pydantic_core import ErrorDetails


@dataclass(slots=True)
class Problems:
    """The problems found so far, each a sentence that begins with its place."""

    found: list[str] = field(default_factory=list)

    def add(self, file: str, line: int | None, message: str) -> None:
        """Notes one problem; without a line it concerns the file as a whole."""
        place = f"{file} line {line}" if line is not None else file
        self.found.append(f"{place}: {message}")


def describe(error: ErrorDetails, name: str) -> str:
    """A validation error of one value as a sentence: name, what was found, what is allowed."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "missing":
        return f"{name} is missing"
    if kind == "extra_forbidden":
        return f"{name} is not a known key"
    shown = _shown(error["input"])
    if kind == "literal_error":
        return f"{name} {shown} is not one of {_listed(str(context['expected']))}"
    if kind == "string_pattern_mismatch":
        return f"{name} {shown} does not match {context['pattern']}"
    if kind == "value_error":
        return f"{name} {shown} {context['error']}"
    if shown == '""':
        return f"{name} is empty"
    return f"{name} {shown}: {error['msg'].lower()}"


def _shown(value: Any) -> str:
    if isinstance(value, str | int | float | bool):
        text = f'"{value}"' if isinstance(value, str) else str(value)
        return text if len(text) <= 80 else text[:77] + '…"'
    return f"({type(value).__name__})"


def _listed(expected: str) -> str:
    return expected.replace("'", "").replace(" or ", ", ")
