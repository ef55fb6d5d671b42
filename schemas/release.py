"""Releases new schema files: gives each an id and its digest in the lock file, and fixes its golden bytes.

Run as `python -m schemas.release` once the compatibility gate finds no other problem than "not released".
What is released already is never touched.
"""

import json
import sys
from pathlib import Path
from typing import Any

from schemas.golden import GOLDEN, body, golden_file, read_golden, write_golden
from schemas.released import FILES, LOCK, Released, digest, versions_in


def release(folder: Path = FILES, lock: Path = LOCK, golden: Path = GOLDEN) -> list[str]:
    """Adds every file that the lock does not know yet; returns what was added."""
    entries: dict[str, dict[str, dict[str, Any]]] = json.loads(lock.read_text("utf-8")) if lock.exists() else {}
    last = max((entry["id"] for versions in entries.values() for entry in versions.values()), default=0)
    added = []
    for record, version, path in versions_in(folder):
        versions = entries.setdefault(record, {})
        if str(version) in versions:
            continue
        one = Released(record, version, last + 1, path.read_text("utf-8"))
        sample = golden_file(one, golden)
        datum, _ = read_golden(sample)
        write_golden(sample, datum, body(one, datum))
        last = one.id
        versions[str(version)] = {"id": last, "sha256": digest(path.read_bytes())}
        added.append(f"{record} v{version} has id {last}")
    lock.write_text(json.dumps(entries, indent=2) + "\n", "utf-8")
    return added


if __name__ == "__main__":
    sys.stdout.write("".join(f"{line}\n" for line in release()))
