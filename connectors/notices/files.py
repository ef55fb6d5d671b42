"""The file outbox: text messages and tasks as JSON lines, one file a day, each notice id once."""

import json
import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

from hub.domain.errors import Unavailable
from hub.domain.instants import from_epoch_ms
from hub.domain.sla import Notice

_FILES_REMEMBERED = 32


class FileOutbox:
    """Appends a notice to the file of the local day on which it was written, and is on the disk when it returns.

    The day is the notice's own, so a notice that comes again, however much later, meets its first copy: the ids of
    that file are known, and it is not written twice. A line cut by a crash was never acknowledged; it is removed.
    One process at a time writes (the outbox's lock sees to that).
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ids: OrderedDict[Path, set[str]] = OrderedDict()
        self._lock = threading.Lock()

    def write(self, notice: Notice, attachment: str | None = None) -> Path:
        """Returns the file that holds it.

        Raises:
            Unavailable: the disk does not take it.
        """
        file = self._folder / f"{from_epoch_ms(notice['at']).date().isoformat()}.jsonl"
        with self._lock:
            try:
                ids = self._known(file)
                if notice["notice_id"] not in ids:
                    self._append(file, _line(notice, attachment))
                    ids.add(notice["notice_id"])
            except OSError as error:
                # What is in the file now nobody knows; it is read anew.
                self._ids.pop(file, None)
                raise Unavailable(f"{file.name} cannot be written: {error.strerror}") from error
        return file

    def _known(self, file: Path) -> set[str]:
        if file not in self._ids:
            self._ids[file] = _mend(file)
            while len(self._ids) > _FILES_REMEMBERED:
                self._ids.popitem(last=False)
        self._ids.move_to_end(file)
        return self._ids[file]

    def _append(self, file: Path, line: bytes) -> None:
        is_new = not file.exists()
        with file.open("ab") as sink:
            sink.write(line)
            sink.flush()
            os.fsync(sink.fileno())
        if is_new:
            sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """A new name in a folder is on the disk only when the folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _mend(file: Path) -> set[str]:
    """The ids in a file; what stands after its last line break is cut off."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        return set()
    ids: set[str] = set()
    whole = 0
    with file.open("r+b") as source:
        for line in source:
            if not line.endswith(b"\n"):
                break
            whole += len(line)
            ids.add(json.loads(line)["id"])
        source.truncate(whole)
        os.fsync(source.fileno())
    return ids


def _line(notice: Notice, attachment: str | None) -> bytes:
    content: dict[str, Any] = {
        "id": notice["notice_id"],
        "kind": notice["kind"],
        "recipient": notice["recipient"],
        "role": notice["recipient_role"],
        "text": notice["text"],
        "at": from_epoch_ms(notice["at"]).isoformat(),
        "late": notice["late"],
        "case_id": notice["case_id"],
        "number": notice["number"],
    }
    if attachment is not None:
        content["attachment"] = attachment
    return json.dumps(content, ensure_ascii=False).encode() + b"\n"
