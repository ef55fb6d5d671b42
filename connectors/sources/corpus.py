"""Reads a corpus: native files of a source with what each must become."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.sources.trying import headers_of, read_native

_LONG_TEXT = {"length", "sha256", "starts", "ends"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One native file, the headers it would arrive with, and the expected records and rejections."""

    path: str
    payload: bytes
    headers: dict[str, str]
    records: list[dict[str, Any]]
    rejects: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Corpus:
    """The samples of one source, and the strings that nothing made from them may hold."""

    samples: list[Sample]
    never_in_output: list[str]


def find_root(beside: Path) -> Path:
    """The folder `tests/data/samples` of the checkout that holds the file."""
    for folder in beside.resolve().parents:
        if (folder / "tests" / "data" / "samples").is_dir():
            return folder / "tests" / "data" / "samples"
    raise FileNotFoundError(f"no tests/data/samples above {beside}; name the corpus folder with root=")


def read_corpus(root: Path, corpus: str, source: str, *, bad: bool = False) -> Corpus:
    """The samples in `root/<corpus>`; their expectations stand in that folder, else in `root`.

    With `bad`, those of the folder `bad` beside the expectations.
    """
    base = root / corpus if (root / corpus / "expected.json").is_file() else root
    base = base / "bad" if bad else base
    expected = json.loads((base / "expected.json").read_text(encoding="utf-8"))
    samples = [
        Sample(path, read_native(base / path), headers_of(Path(path)), entry["records"], entry.get("rejects", []))
        for path, entry in expected["files"].items()
        if entry["source"] == source
    ]
    return Corpus(samples, expected.get("never_in_output", []))


def as_expected(event: dict[str, Any], like: dict[str, Any]) -> dict[str, Any]:
    """The event in the form of expectations: without what only the hub knows, long texts as their digest."""
    shown = {name: value for name, value in event.items() if name not in ("event_id", "received_at", "raw")}
    shown["reporter"] = {name: value for name, value in event["reporter"].items() if name != "token"}
    form, text = like.get("text"), event["text"]
    if isinstance(form, dict) and set(form) == _LONG_TEXT and text is not None:
        shown["text"] = {
            "length": len(text),
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "starts": text[: len(form["starts"])],
            "ends": text[-len(form["ends"]) :],
        }
    return shown
