"""Releases new schema files: gives each an id and its digest in the lock file, and golden bytes of a sample.

Run as `python -m schemas.release` after the gate has passed. What is released already is never touched.
"""

import json
import sys
from pathlib import Path
from typing import Any

from schemas.released import FILES, LOCK, digest, versions_in


def release(folder: Path = FILES, lock: Path = LOCK) -> list[str]:
    """Adds every file that the lock does not know yet; returns what was added."""
    entries: dict[str, dict[str, dict[str, Any]]] = json.loads(lock.read_text("utf-8")) if lock.exists() else {}
    last = max((entry["id"] for versions in entries.values() for entry in versions.values()), default=0)
    added = []
    for record, version, path in versions_in(folder):
        versions = entries.setdefault(record, {})
        if str(version) not in versions:
            last += 1
            versions[str(version)] = {"id": last, "sha256": digest(path.read_bytes())}
            added.append(f"{record} v{version} has id {last}")
    lock.write_text(json.dumps(entries, indent=2) + "\n", "utf-8")
    return added


if __name__ == "__main__":
    sys.stdout.write("".join(f"{line}\n" for line in release()))
