"""The keys of the contact vault: the newest encrypts, all decrypt (decision 012)."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from connectors.secrets import resolve
from hub.domain.errors import Misconfigured, Unavailable
from hub.settings import key_made_once

SHORTEST_SECRET = 32
_NONCE_BYTES = 12
_BLOCK = 16
_FOLDER = "contact-keys"
_ENTRY = re.compile(r"(?P<id>[a-z0-9-]{1,32})=(?P<reference>.+)")
_OWN = re.compile(r"k([0-9]{1,9})\.key")


class Unreadable(Unavailable):
    """A record of the vault that no key of the ring opens; names the key id alone."""


class Keyring:
    """Secrets by key id, newest first; each gives one subkey to encrypt with and one to make nonces with."""

    def __init__(self, secrets: Mapping[str, bytes]) -> None:
        if not secrets:
            raise Misconfigured(["the contact vault needs a key"])
        self._ciphers = {key_id: AESGCM(_subkey(secret, b"encrypt")) for key_id, secret in secrets.items()}
        self.ids = tuple(secrets)
        self.newest = self.ids[0]
        self._newest_cipher = self._ciphers[self.newest]
        self._nonce_key = _subkey(secrets[self.newest], b"nonce")

    def seal(self, token: str, contact: str) -> dict[str, Any]:
        """`key_id`, `nonce` and `sealed` of a `VaultedContact`: the same arguments give the same bytes."""
        padded = _padded(contact.encode())
        bound = token.encode()
        nonce = blake2b(bound + padded, key=self._nonce_key, digest_size=_NONCE_BYTES).digest()
        sealed = self._newest_cipher.encrypt(nonce, padded, _associated(bound, self.newest))
        return {"key_id": self.newest, "nonce": nonce, "sealed": sealed}

    def open(self, token: str, key_id: str, nonce: bytes, sealed: bytes) -> str:
        """The contact.

        Raises:
            Unreadable: the ring has no such key, or the record is not what that key sealed for that token.
        """
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            known = ", ".join(self.ids)
            raise Unreadable(f"contact key {key_id} is not in the ring ({known}); add it to HUB_CONTACT_KEYS")
        try:
            padded = cipher.decrypt(nonce, sealed, _associated(token.encode(), key_id))
        except (InvalidTag, ValueError):
            raise Unreadable(f"a record of the vault is not what contact key {key_id} sealed") from None
        return padded.rstrip(b"\0")[:-1].decode()


def read_keyring(entries: Sequence[str] | None, data_dir: Path) -> Keyring:
    """The ring of the settings, `ID=REFERENCE` newest first; without them the keys that the hub made itself.

    Raises:
        Misconfigured: every entry that is wrong, at once; never a secret.
    """
    if entries is None:
        return Keyring(_own_keys(data_dir / _FOLDER))
    secrets: dict[str, bytes] = {}
    problems: list[str] = []
    for number, entry in enumerate(entries, 1):
        found = _ENTRY.fullmatch(entry)
        if found is None or found["id"] in secrets:
            problems.append(f"entry {number} is not ID=REFERENCE with an id of its own, a-z, 0-9 and - alone")
            continue
        try:
            secret = resolve(found["reference"], data_dir)
        except Misconfigured as wrong:
            problems += wrong.problems
            continue
        if len(secret) < SHORTEST_SECRET:
            problems.append(f"key {found['id']} has fewer than {SHORTEST_SECRET} bytes")
        secrets[found["id"]] = secret
    if not entries:
        problems.append("the list is empty; leave it out for a key that the hub makes itself")
    if problems:
        raise Misconfigured([f"HUB_CONTACT_KEYS: {problem}" for problem in problems])
    return Keyring(secrets)


def make_own_key(data_dir: Path) -> str:
    """One more key in the hub's own folder, the newest from now on; its id."""
    folder = data_dir / _FOLDER
    number = max(_own_numbers(folder), default=0) + 1
    key_made_once(folder / f"k{number}.key")
    return f"k{number}"


def _own_keys(folder: Path) -> dict[str, bytes]:
    numbers = sorted(_own_numbers(folder), reverse=True) or [1]
    return {f"k{number}": key_made_once(folder / f"k{number}.key") for number in numbers}


def _own_numbers(folder: Path) -> list[int]:
    return [int(found[1]) for file in folder.glob("k*.key") if (found := _OWN.fullmatch(file.name))]


def _subkey(secret: bytes, purpose: bytes) -> bytes:
    """256 bits for one purpose; keyed with a digest of the secret, which may be longer than a key can be."""
    key = blake2b(secret, digest_size=64, person=b"hub vault key").digest()
    return blake2b(purpose, key=key, digest_size=32, person=b"hub vault sub").digest()


def _padded(contact: bytes) -> bytes:
    """To whole blocks (0x80, then zeros; `open` takes them off), so that the length does not tell whose it is."""
    return (contact + b"\x80").ljust(-(-(len(contact) + 1) // _BLOCK) * _BLOCK, b"\0")


@lru_cache(maxsize=1)
def _prefix(key_id: str) -> bytes:
    return b"hub.v1.VaultedContact\0" + key_id.encode() + b"\0"


def _associated(token: bytes, key_id: str) -> bytes:
    return _prefix(key_id) + token
