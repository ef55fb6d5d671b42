"""Writes the scaffold of a new source: declaration, model, mapping, corpus and its one-line test."""

import json
import keyword
import re
from pathlib import Path
from typing import Any

_NAME = re.compile("[a-z][a-z0-9_]{1,23}")
_IMPORTS = re.compile(r"(?:^from connectors\..*\n)+", re.MULTILINE)  # where the name sorts is known only now
_TEMPLATES = Path(__file__).parent / "templates"
_SOURCE = "connectors/sources/{name}"
_CORPUS = "tests/data/samples/{name}"
_TEST = "tests/contract/sources/test_{name}.py"
_TAKEN = frozenset(path.stem for path in Path(__file__).parent.iterdir())


class ScaffoldError(Exception):
    """The scaffold cannot be written; says why and what to do."""


def write(name: str, into: Path) -> list[Path]:
    """Write the scaffold into a checkout; returns the files, the test last. Existing files are never touched."""
    if not _NAME.fullmatch(name) or keyword.iskeyword(name) or name in _TAKEN:
        raise ScaffoldError(
            f"{name!r} is no name for a new source: use 2 to 24 of a-z, 0-9 and _, a letter first, not taken yet"
        )
    files = {into / path: text for path, text in contents(name).items()}
    existing = [str(file) for file in files if file.exists()]
    if existing:
        raise ScaffoldError(f"{existing[0]} is there already; choose another name or remove it")
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return list(files)


def contents(name: str) -> dict[str, str]:
    """The files of the scaffold by their path in the checkout."""
    source, corpus = _SOURCE.format(name=name), _CORPUS.format(name=name)
    return {
        f"{source}/__init__.py": _filled("declaration.txt", name),
        f"{source}/model.py": _filled("model.txt", name),
        f"{source}/mapping.py": _filled("mapping.txt", name),
        f"{corpus}/README.md": _filled("corpus.txt", name),
        f"{corpus}/01-report.json": _json(_REPORT),
        f"{corpus}/expected.json": _json(_expected(name)),
        f"{corpus}/bad/01-no-number.json": _json(_REPORT | {"reportNo": ""}),
        f"{corpus}/bad/expected.json": _json(_expected_bad(name)),
        _TEST.format(name=name): _filled("test.txt", name),
    }


_REPORT = {
    "reportNo": "R0001",
    "reportTime": "2026-11-10 08:00:00",
    "divisionCode": "230202",
    "title": "路灯不亮",
    "description": "文昌路东侧路灯不亮，联系电话13000009901。",
    "phone": "13000009901",
}


def _filled(template: str, name: str) -> str:
    text = (_TEMPLATES / template).read_text(encoding="utf-8")
    words = {"{{name}}": name, "{{NAME}}": name.upper(), "{{Name}}": name.title().replace("_", "")}
    for mark, word in words.items():
        text = text.replace(mark, word)
    return _IMPORTS.sub(lambda block: "".join(sorted(block[0].splitlines(keepends=True))), text)


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _expected(name: str) -> dict[str, Any]:
    event = {
        "case_id": f"{name}:R0001",
        "kind": "REPORTED",
        "source": name,
        "channel": "other",
        "source_case_id": "R0001",
        "source_event_id": "R0001/0",
        "occurred_at": 1794268800000,
        "reporter": {"has_contact": True, "secret": False},
        "location": {
            "division": "230202",
            "street": None,
            "community": None,
            "grid": None,
            "address": None,
            "lon": None,
            "lat": None,
            "crs": None,
        },
        "category": None,
        "urgency": "NORMAL",
        "title": "路灯不亮",
        "text": "文昌路东侧路灯不亮，联系电话[PHONE]。",
        "attachments": [],
        "attributes": {},
    }
    records = [{"record": 1, "event": event, "contact_group": "c1"}]
    files = {"01-report.json": {"source": name, "records": records, "rejects": []}}
    return {"format": 1, "never_in_output": [_REPORT["phone"]], "files": files}


def _expected_bad(name: str) -> dict[str, Any]:
    rejects = [{"record": 1, "reason": "missing_field", "field": "reportNo"}]
    files = {"01-no-number.json": {"source": name, "records": [], "rejects": rejects}}
    return {"format": 1, "never_in_output": [_REPORT["phone"]], "files": files}
