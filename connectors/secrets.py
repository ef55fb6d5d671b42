"""Secrets by reference: settings name where a secret stands, never the secret."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from hub.domain.errors import Misconfigured

_WAYS = "env:NAME or file:/path"


def _is_reference(text: str) -> str:
    way, colon, place = text.partition(":")
    if not (colon and place and way in ("env", "file")):
        raise ValueError(f"a secret is named by reference: {_WAYS}")
    return text


Reference = Annotated[str, AfterValidator(_is_reference)]
"""`env:NAME` or `file:/path`; a relative path is one below the data folder."""


def resolve(reference: str, data_dir: Path) -> bytes:
    """The secret's bytes, white space at both ends removed.

    Raises:
        Misconfigured: it is not there or empty; the message names the reference alone.
    """
    way, _, place = reference.partition(":")
    if way == "env":
        secret = os.environ.get(place, "").encode()
    else:
        try:
            secret = (data_dir / place).read_bytes()
        except OSError as error:
            raise Misconfigured([f"secret {reference} cannot be read: {error.strerror}"]) from None
    if not secret.strip():
        raise Misconfigured([f"secret {reference} is not set or empty"])
    return secret.strip()
