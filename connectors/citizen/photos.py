"""A citizen's photos: told by their first bytes, kept once under the hash of their content."""

import logging
import os
import re
import tempfile
from hashlib import sha256
from pathlib import Path

from hub.domain.errors import Unavailable

log = logging.getLogger(__name__)

MOST_PHOTOS = 3
LARGEST_PHOTO_BYTES = 12 * 1024 * 1024

_NAME = re.compile("[0-9a-f]{64}\\.(?:jpg|png|webp|heic)")
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"})
_SCHEME = "obj://photos/"


def kind_of(content: bytes) -> str | None:
    """The file ending by the first bytes: what a phone's camera writes, nothing that a browser would run."""
    if content.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    if content[4:8] == b"ftyp" and content[8:12] in _HEIF_BRANDS:
        return "heic"
    return None


class Photos:
    """A folder with one file a content. Safe to be used by several threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, content: bytes, kind: str) -> str:
        """The name of the photo, which is on the disk when this returns.

        Raises:
            Unavailable: the disk does not take it.
        """
        name = f"{sha256(content).hexdigest()}.{kind}"
        file = self._file(name)
        if file.exists():
            return name
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, draft = tempfile.mkstemp(dir=file.parent, prefix=".draft.")
            try:
                with os.fdopen(handle, "wb") as sink:
                    sink.write(content)
                    sink.flush()
                    os.fsync(sink.fileno())
                Path(draft).replace(file)
            finally:
                Path(draft).unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(f"a photo cannot be kept in {self._folder} ({error.strerror})") from error
        return name

    def has(self, name: str) -> bool:
        """True for the name of a photo that is kept."""
        return _NAME.fullmatch(name) is not None and self._file(name).is_file()

    def _file(self, name: str) -> Path:
        return self._folder / name[:2] / name


def uri_of(name: str) -> str:
    """As it stands in the report; below the data folder it is `photos/<two characters>/<name>`."""
    return _SCHEME + name
