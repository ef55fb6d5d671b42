"""The file with a source's secrets, one a line, newest first: made, given a further one, reduced to the newest."""

import os
import secrets
import tempfile
from pathlib import Path

from connectors.secrets import Reference
from connectors.standard_webhooks import write_secret
from hub.domain.errors import Misconfigured

_SECRET_BYTES = 32


def file_of(source: str, references: tuple[Reference, ...], data_dir: Path) -> Path:
    """The file that the settings name for a source's secrets.

    Raises:
        Misconfigured: they name none.
    """
    for reference in references:
        way, _, place = reference.partition(":")
        if way == "file":
            return data_dir / place
    raise Misconfigured([f"sources.yaml: sources.{source}.intake.secrets names no file; add file:secrets/{source}"])


def make(file: Path) -> str:
    """A first secret in a new file; the secret.

    Raises:
        Misconfigured: there is a file already.
    """
    if file.exists():
        raise Misconfigured(
            [f"{file} is there already; --add makes a further secret, --retire drops all but the newest"]
        )
    return _write(file, [])


def add(file: Path) -> str:
    """A new secret before those that there are; all stay accepted. The new one."""
    return _write(file, _lines(file))


def retire(file: Path) -> int:
    """Leave the newest alone; how many were dropped."""
    lines = _lines(file)
    _replace(file, lines[:1])
    return len(lines) - 1


def _lines(file: Path) -> list[str]:
    try:
        lines = file.read_text("ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured([f"{file} cannot be read ({error})"]) from None
    if not lines:
        raise Misconfigured([f"{file} holds no secret; remove it and make one"])
    return lines


def _write(file: Path, others: list[str]) -> str:
    secret = write_secret(secrets.token_bytes(_SECRET_BYTES))
    _replace(file, [secret, *others])
    return secret


def _replace(file: Path, lines: list[str]) -> None:
    """Whole or not at all, and never readable for others."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        with os.fdopen(handle, "w") as sink:
            sink.write("".join(f"{line}\n" for line in lines))
            sink.flush()
            os.fsync(sink.fileno())
        Path(draft).replace(file)
    except OSError as error:
        raise Misconfigured([f"{file} cannot be written: {error.strerror}"]) from None
