"""The folders of a drop, and moving files between them so that neither a crash nor a loss of power loses one."""

import errno
import hashlib
import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple

from hub.domain.errors import Unavailable

_LONGEST_NAME_BYTES = 230  # of 255, so that `.result.json` fits
_WORK = ".taking"


class Found(NamedTuple):
    """The bytes of a file as they stood at one moment; None where there are more than the limit."""

    payload: bytes | None
    size: int
    mtime_ns: int


class Held(NamedTuple):
    """A file in our hands: its number in the journal and the name its sender gave it."""

    file: int
    name: bytes


class Unreadable(Exception):
    """The hub may not read the file."""


class Folders:
    """`FOLDER/NAME` goes to `FOLDER/.taking/ID~NAME` and from there to `FOLDER/done/DAY/NAME` or `FOLDER/bad/NAME`.

    All below one folder, so that each move is a rename within one file system. A file in our hands is known by its
    number and name (`Held`). Errors are `Unavailable`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._work = folder / _WORK

    def prepare(self, *, is_new: bool, may_make: bool) -> None:
        """Make what is missing. A folder that files were taken from before and that is not the same any more is
        one that is not mounted: nothing may be believed lost because of that.
        """
        try:
            if may_make:
                self.folder.mkdir(parents=True, exist_ok=True)
            if not self.folder.is_dir():
                raise Unavailable("the folder is not there; make or mount it")
            if not self._work.is_dir() and not is_new:
                raise Unavailable(
                    f"the folder has lost its {_WORK}: is it mounted? If it was renewed, make {_WORK}"
                )
            self._work.mkdir(exist_ok=True)
        except OSError as error:
            raise _away("the folder", error) from error

    def is_claimed(self, held: Held) -> bool:
        """True when the file is in our hands."""
        return self.facts(held) is not None

    def claimed(self) -> list[Held]:
        """All files in our hands, by number; a name that was too long is a shortened one."""
        try:
            names = [os.fsencode(file.name) for file in self._work.iterdir()]
        except OSError as error:
            raise _away("the folder", error) from error
        parts = (name.partition(b"~") for name in names)
        return sorted(Held(int(number), name) for number, _, name in parts if number.isdigit() and name)

    def claim(self, held: Held) -> bool:
        """Take a file out of its sender's reach; False when it is not there any more."""
        try:
            self._path(held.name).rename(self._work_file(held))
        except FileNotFoundError:
            return False
        except OSError as error:
            raise _away("a file", error) from error
        self._sync(self.folder, self._work)
        return True

    def read(self, held: Held, limit: int) -> Found:
        """The bytes of a file in our hands, not followed if it is a link.

        Raises:
            Unreadable: we may not, and trying again would not help.
        """
        try:
            handle = os.open(self._work_file(held), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except PermissionError as error:
            raise Unreadable from error
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise Unreadable from error
            raise _away("a file", error) from error
        try:
            with os.fdopen(handle, "rb") as opened:
                facts = os.fstat(opened.fileno())
                if not stat.S_ISREG(facts.st_mode):
                    raise Unreadable
                if facts.st_size > limit:
                    return Found(None, facts.st_size, facts.st_mtime_ns)
                payload = opened.read(limit + 1)
        except OSError as error:
            raise _away("a file", error) from error
        is_too_large = len(payload) > limit
        return Found(None if is_too_large else payload, len(payload), facts.st_mtime_ns)

    def facts(self, held: Held) -> tuple[int, int] | None:
        """Size and time of a file in our hands now; None when it is not there."""
        try:
            found = self._work_file(held).lstat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _away("a file", error) from error
        return found.st_size, found.st_mtime_ns

    def open(self, held: Held) -> BufferedReader:
        """A file in our hands, for one that is too large to be held in memory."""
        try:
            return self._work_file(held).open("rb")
        except OSError as error:
            raise _away("a file", error) from error

    def give_back(self, held: Held) -> None:
        """Put a file back where its sender left it, beside a new one of that name."""
        is_free = not os.path.lexists(self._path(held.name))
        self._move(held, self._path(held.name if is_free else with_number(held.name, held.file)))

    def free_place(self, outcome: str, day: str, held: Held) -> bytes:
        """Where the file goes, below the folder: under its own name where that is free."""
        parent = b"done/" + day.encode() + b"/" if outcome == "done" else b"bad/"
        short = shortened(held)
        taken = any(os.path.lexists(self._path(parent + short + end)) for end in (b"", b".result.json"))
        return parent + (with_number(short, held.file) if taken else short)

    def write_beside(self, place: bytes, ending: str, content: bytes) -> None:
        """Write a file beside a place, whole or not at all; again: the same."""
        target = self._path(place)
        target = target.with_name(target.name + ending)
        draft = target.with_name(f".{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]}.part")
        try:
            self._make_parents(place)
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        except OSError as error:
            raise _away("a result", error) from error

    def archive(self, held: Held, place: bytes) -> bool:
        """Move the file to its place; False when it is neither here nor there."""
        target = self._path(place)
        if not self.is_claimed(held):
            return os.path.lexists(target)
        self._make_parents(place)
        self._move(held, target)
        return True

    def archived(self, place: bytes, limit: int) -> bytes | None:
        """The bytes of an archived file; None when somebody removed it."""
        try:
            with self._path(place).open("rb") as file:
                return file.read(limit)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _away("an archived file", error) from error

    def _make_parents(self, place: bytes) -> None:
        parent = self._path(place).parent
        if parent.is_dir():
            return
        try:
            parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _away("the archive", error) from error
        self._sync(self.folder, parent.parent, parent)

    def _move(self, held: Held, target: Path) -> None:
        try:
            self._work_file(held).rename(target)
        except OSError as error:
            raise _away("a file", error) from error
        self._sync(target.parent, self._work)

    def _work_file(self, held: Held) -> Path:
        return self._work / f"{held.file}~{os.fsdecode(shortened(held))}"

    def _path(self, name: bytes) -> Path:
        return self.folder / os.fsdecode(name)

    def _sync(self, *folders: Path) -> None:
        """Make names durable, where the file system can (some network ones cannot, and do it themselves)."""
        for folder in folders:
            try:
                handle = os.open(folder, os.O_RDONLY)
            except OSError as error:
                raise _away("the folder", error) from error
            try:
                os.fsync(handle)
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
                    raise _away("the folder", error) from error
            finally:
                os.close(handle)


def shortened(held: Held) -> bytes:
    """A name that leaves room for the endings of results; a longer one is cut and gets the file's number."""
    return held.name if len(held.name) <= _LONGEST_NAME_BYTES else with_number(held.name, held.file)


def with_number(name: bytes, file: int) -> bytes:
    """`export.csv` → `export~17.csv`; cut at whole characters where it is too long."""
    stem, dot, ending = name.partition(b".")
    if len(ending) > 20:
        stem, dot, ending = name, b"", b""
    tail = b"~%d" % file + dot + ending
    room = _LONGEST_NAME_BYTES - len(tail)
    return stem[:room].decode("utf-8", "ignore").encode() + tail if len(stem) > room else stem + tail


def _away(what: str, error: OSError) -> Unavailable:
    """Without the file's name: it may hold anything."""
    return Unavailable(f"{what} of the drop cannot be read or moved: {error.strerror}")
