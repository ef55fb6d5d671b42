"""Signatures that the hub makes for itself to read again: of places on printed codes, forms, photos kept."""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from connectors.secrets import Reference, resolve
from hub.domain.errors import Misconfigured
from hub.settings import key_made_once

SIGNATURE_BYTES = 10
"""80 bits: a guess is tried over the network, against a limited rate, and what it wins is one more place code."""

SHORTEST_KEY = 16
_FILE = "report.key"


class Stamps:
    """Signs by the first key; every key proves, because printed codes outlive a key."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise Misconfigured(["HUB_REPORT_KEYS: the list is empty; leave it out for a key that the hub makes"])
        self._keys = tuple(keys)

    def sign(self, purpose: str, *parts: bytes) -> bytes:
        """The signature of the parts in their order; another purpose has others."""
        return _signature(self._keys[0], purpose, parts)

    def proves(self, signature: bytes, purpose: str, *parts: bytes) -> bool:
        """True when one of the keys made it; takes as long whatever is wrong with it."""
        found = False
        for key in self._keys:
            found |= hmac.compare_digest(signature, _signature(key, purpose, parts))
        return found


def read_stamps(references: Sequence[Reference] | None, data_dir: Path) -> Stamps:
    """The keys that the settings name, newest first; without them one that the hub makes once.

    Raises:
        Misconfigured: every one that cannot be read or is too short, at once.
    """
    if references is None:
        return Stamps([key_made_once(data_dir / _FILE)])
    keys: list[bytes] = []
    problems: list[str] = []
    for reference in references:
        try:
            keys.append(resolve(reference, data_dir))
        except Misconfigured as wrong:
            problems += wrong.problems
            continue
        if len(keys[-1]) < SHORTEST_KEY:
            problems.append(f"secret {reference} has fewer than {SHORTEST_KEY} bytes")
    if problems:
        raise Misconfigured([f"HUB_REPORT_KEYS: {problem}" for problem in problems])
    return Stamps(keys)


def _signature(key: bytes, purpose: str, parts: Sequence[bytes]) -> bytes:
    """Each part with its length before it, so that no two lists of parts read alike."""
    message = b"".join(len(part).to_bytes(4, "big") + part for part in (purpose.encode(), *parts))
    return hmac.digest(key, message, sha256)[:SIGNATURE_BYTES]
