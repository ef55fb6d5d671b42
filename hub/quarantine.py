"""Files of records too large for a dead letter: named by their digest, durable before the letter is."""

import hashlib
import os
import shutil
import tempfile
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from hub.domain.errors import Unavailable

_PIECE_BYTES = 1024 * 1024


def put_aside(folder: Path, content: BinaryIO) -> tuple[str, int]:
    """Keep a stream's bytes, never all of them in memory; returns the file's name (SHA-256) and its length.

    The same bytes give the same file, so a repetition changes nothing.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".part-", delete=False) as copy:
            shutil.copyfileobj(content, copy, _PIECE_BYTES)
            copy.flush()
            os.fsync(copy.fileno())
            length = copy.tell()
        part = Path(copy.name)
        with part.open("rb") as written:
            name = hashlib.file_digest(written, "sha256").hexdigest()
        part.replace(folder / name)
        _sync(folder)
    except OSError as error:
        raise Unavailable(f"quarantine {folder}: {error.strerror}; make room or set HUB_DATA_DIR") from error
    return name, length


def put_bytes_aside(folder: Path, value: bytes) -> tuple[str, int]:
    """The same for bytes that are in memory already."""
    return put_aside(folder, BytesIO(value))


def _sync(folder: Path) -> None:
    """Makes the new name durable; a rename alone may be lost with the power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
