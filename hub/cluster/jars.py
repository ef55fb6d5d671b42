"""Kafka's jars: resolved from their Maven coordinates, fetched once, checked before each start."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from hub.cluster.lock import locked
from hub.cluster.repositories import repositories, without_password
from hub.domain.errors import Unavailable

KAFKA_VERSION = "4.3.1"
KAFKA = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}"
# Carries Kafka's log to log4j: the broker's own POM leaves that choice open, and without it nothing is logged.
KAFKA_LOGGING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"
_ATTEMPTS = 3
_PARALLEL = 8

Echo = Callable[[str], None]


def classpath(cache_dir: Path, maven_url: str | None, echo: Echo) -> list[Path]:
    """The jars of Kafka, each known to be whole; fetches what is missing or damaged.

    Raises:
        Unavailable: when the repository cannot be reached; says which one and how to name another.
    """
    cache_dir.mkdir(parents=True, exist_ok=True)
    with locked(cache_dir / "jars.lock"):
        listing = cache_dir / f"kafka-{KAFKA_VERSION}.json"
        jars = _whole_jars(cache_dir, listing, echo)
        if jars is None:
            jars = _fetch(cache_dir, repositories(maven_url), echo)
            _write_listing(cache_dir, listing, jars)
        return jars


def _whole_jars(cache_dir: Path, listing: Path, echo: Echo) -> list[Path] | None:
    """The listed jars when every one has its digest; a damaged one is removed, so that it is fetched again."""
    try:
        digests: dict[str, str] = json.loads(listing.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    is_whole = True
    for name, digest in digests.items():
        jar = cache_dir / name
        if not jar.is_file() or _digest(jar) != digest:
            echo(f"{jar.name} is missing or damaged: fetching it again")
            jar.unlink(missing_ok=True)
            is_whole = False
    return [cache_dir / name for name in digests] if is_whole else None


def _write_listing(cache_dir: Path, listing: Path, jars: list[Path]) -> None:
    digests = {str(jar.relative_to(cache_dir)): _digest(jar) for jar in jars}
    draft = listing.with_suffix(".draft")
    draft.write_text(json.dumps(digests, indent=1))
    draft.replace(listing)


def _digest(file: Path) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _fetch(cache_dir: Path, remotes: list[str], echo: Echo) -> list[Path]:
    """Resolve and download with jgo, in Python alone: neither Maven nor a Java is needed for it."""
    import httpx
    from jgo.maven import MavenContext

    from hub.cluster.maven import DamagedDownload, NotInRepository, resolver

    repository = cache_dir / "maven"
    echo(f"fetching Apache Kafka {KAFKA_VERSION} (45 MB, once) …")
    problem = ""
    for _attempt in range(_ATTEMPTS):
        remove_half_files(repository)
        try:
            with resolver(remotes) as python:
                return _download(MavenContext(python, repository, local_repos=[], remote_repos={}))
        # A parse error comes from a page that a proxy sent in place of a POM.
        except (httpx.HTTPError, NotInRepository, DamagedDownload, ElementTree.ParseError) as error:
            problem = f"{type(error).__name__}: {error}"
    raise Unavailable(
        f"Kafka's jars cannot be fetched from {', '.join(map(without_password, remotes))}: {problem[:300]}\n"
        "  fix: give the machine a way to a Maven repository (HUB_MAVEN_URL=https://…, or a mirror in "
        "~/.m2/settings.xml), or use a Kafka of your own (HUB_BOOTSTRAP=host:port)"
    )


def _download(context: Any) -> list[Path]:
    inputs, transitive = context.resolver.resolve([context.create_dependency(KAFKA)])
    found = [*inputs, *(dependency for dependency in transitive if dependency.scope in ("compile", "runtime"))]
    # Alone, without its own dependencies: resolved together, the versions that it manages would win over Kafka's.
    found.append(context.create_dependency(KAFKA_LOGGING))
    with ThreadPoolExecutor(_PARALLEL) as pool:
        jars: list[Path] = list(pool.map(lambda dependency: dependency.artifact.resolve(), found))
    return jars


def remove_half_files(repository: Path) -> None:
    """Remove what an interrupted fetch left: jgo would take any file that is there for a whole one."""
    for jar in repository.rglob("*.jar"):
        if not _is_whole_zip(jar):
            jar.unlink()
    for pom in repository.rglob("*.pom"):
        try:
            ElementTree.parse(pom)
        except ElementTree.ParseError:
            pom.unlink()


def _is_whole_zip(file: Path) -> bool:
    """A jar's directory stands at its end, and each entry carries a checksum."""
    try:
        with zipfile.ZipFile(file) as jar:
            return jar.testzip() is None
    except (zipfile.BadZipFile, EOFError, OSError):
        return False
