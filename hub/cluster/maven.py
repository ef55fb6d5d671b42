"""Downloads Maven artifacts for jgo: whole or not at all, over a few kept connections."""

import hashlib
import os
import ssl
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import certifi
import httpx
from jgo.maven import PythonResolver

_SECONDS = 60.0
_LISTS_OF_AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")


class NotInRepository(Exception):
    """No repository has the artifact."""


class DamagedDownload(Exception):
    """What arrived is not what the repository says it sent."""


class WholeFiles(PythonResolver):
    """jgo's resolver with another way to download.

    jgo writes straight to the final name and only warns of a wrong checksum, so an interrupted fetch would leave
    half a jar that every later start takes for a whole one; it also opens a connection for each of 170 files.
    """

    def __init__(self, client: httpx.Client, remotes: list[str]) -> None:
        super().__init__()
        self._client = client
        self._remotes = remotes

    def download(self, artifact: Any) -> Path:
        """Fetch one artifact from the first repository that has it."""
        place = f"{artifact.component.path_prefix.as_posix()}/{artifact.filename}"
        target: Path = artifact.cached_path
        for remote in self._remotes:
            if self._fetch(f"{remote}/{place}", target):
                return target
        raise NotInRepository(artifact.filename)

    def _fetch(self, url: str, target: Path) -> bool:
        with self._client.stream("GET", url) as answer:
            if answer.status_code == httpx.codes.NOT_FOUND:
                return False
            answer.raise_for_status()
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=target.parent, prefix=".draft.")
            try:
                digest = hashlib.sha1(usedforsecurity=False)
                with os.fdopen(handle, "wb") as sink:
                    for chunk in answer.iter_bytes():
                        sink.write(chunk)
                        digest.update(chunk)
                self._check(url, Path(draft), digest.hexdigest())
                Path(draft).replace(target)
            finally:
                Path(draft).unlink(missing_ok=True)
        return True

    def _check(self, url: str, draft: Path, digest: str) -> None:
        # POMs are small and parsed at once; a jar must be one, and agree with the checksum where there is one.
        if not url.endswith(".jar"):
            return
        answer = self._client.get(f"{url}.sha1")
        is_other = answer.status_code == httpx.codes.OK and not answer.text.strip().lower().startswith(digest)
        if is_other or not zipfile.is_zipfile(draft):
            raise DamagedDownload(url.rpartition("/")[2])


@contextmanager
def resolver(remotes: list[str]) -> Iterator[WholeFiles]:
    """A resolver over those repositories; proxies are taken from the environment."""
    with httpx.Client(verify=_trust(), timeout=_SECONDS, follow_redirects=True) as client:
        yield WholeFiles(client, remotes)


def _trust() -> ssl.SSLContext:
    """Whom the system trusts, and whom Python's tools are told to: a company's proxy has its own authority."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    for name in _LISTS_OF_AUTHORITIES:
        file = os.environ.get(name, "")
        if Path(file).is_file():
            context.load_verify_locations(file)
    return context
