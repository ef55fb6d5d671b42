"""Decides which files of a folder are complete, and in which order they are taken."""

import fnmatch
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

_INCOMPLETE_SUFFIXES = (".part", ".tmp", ".filepart")
_DIGITS = re.compile("([0-9]+)")

Order = Literal["mtime", "name"]


class Stamp(NamedTuple):
    """By what a change of a file is seen."""

    mtime_ns: int
    size: int
    inode: int


class Waiting(NamedTuple):
    """The files that may be taken now, in order, and how many wait in all."""

    complete: list[bytes]
    seen: int
    is_held_up: bool


def is_candidate(name: bytes, pattern: str) -> bool:
    """Whether a name is that of a file to take: not hidden, not still being written, of the pattern."""
    text = os.fsdecode(name)
    return (
        not text.startswith(".")
        and not text.lower().endswith(_INCOMPLETE_SUFFIXES)
        and fnmatch.fnmatchcase(text, pattern)
    )


def look(folder: Path, pattern: str) -> dict[bytes, Stamp]:
    """The regular files of a folder that may be taken some time; links are never followed.

    Names are bytes: a mounted folder may hold names that are not UTF-8.
    """
    found: dict[bytes, Stamp] = {}
    with os.scandir(os.fsencode(folder)) as entries:
        for entry in entries:
            if not is_candidate(entry.name, pattern):
                continue
            try:
                if entry.is_file(follow_symlinks=False):
                    stat = entry.stat(follow_symlinks=False)
                    found[entry.name] = Stamp(stat.st_mtime_ns, stat.st_size, stat.st_ino)
            except FileNotFoundError:
                continue
    return found


class Watch:
    """Remembers since when each file has stood still, by the watcher's own clock: a server's clock may differ."""

    def __init__(self, stable_seconds: float, order: Order) -> None:
        self._stable_seconds = stable_seconds
        self._order = order
        self._since: dict[bytes, tuple[Stamp, float]] = {}

    def complete(self, seen: Mapping[bytes, Stamp], now: float) -> Waiting:
        """The files to take, in order, at a monotonic instant in seconds.

        A file waits for those that come before it: a case's records would otherwise be taken out of order.
        """
        self._since = {
            name: (stamp, self._since[name][1] if self._is_unchanged(name, stamp) else now)
            for name, stamp in seen.items()
        }
        ready: list[bytes] = []
        for name in sorted(seen, key=lambda name: sort_key(name, seen[name], self._order)):
            if now - self._since[name][1] < self._stable_seconds:
                break
            ready.append(name)
        return Waiting(ready, len(seen), is_held_up=len(ready) < len(seen))

    def _is_unchanged(self, name: bytes, stamp: Stamp) -> bool:
        return name in self._since and self._since[name][0] == stamp


def sort_key(name: bytes, stamp: Stamp, order: Order) -> tuple[object, ...]:
    """By time and then name, or by name alone; numbers in names count as numbers: `export9` before `export10`."""
    parts = _DIGITS.split(os.fsdecode(name))
    natural = tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)
    return (natural, name) if order == "name" else (stamp.mtime_ns, natural, name)
