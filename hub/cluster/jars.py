"""Kafka's jars: resolved from their Maven coordinates, fetched once, checked before each start."""

import hashlib
import json
import os
import ssl
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from hub.cluster.lock import locked
from hub.domain.errors import Unavailable

KAFKA_VERSION = "4.3.1"
KAFKA = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}"
# Carries Kafka's log to log4j: the broker's own POM leaves that choice open, and without it nothing is logged.
KAFKA_LOGGING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"
_CENTRAL = "https://repo.maven.apache.org/maven2"
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


def _fetch(cache_dir: Path, remotes: dict[str, str], echo: Echo) -> list[Path]:
    """Resolve and download with jgo, in Python alone: neither Maven nor a Java is needed for it."""
    _trust_what_the_system_trusts()
    import requests
    from jgo.maven import MavenContext

    repository = cache_dir / "maven"
    echo(f"fetching Apache Kafka {KAFKA_VERSION} (45 MB, once) …")
    problem = ""
    for _attempt in range(_ATTEMPTS):
        remove_half_files(repository)
        context = MavenContext(repo_cache=repository, local_repos=[], remote_repos=remotes, timeout=60)
        try:
            return _download(context)
        # jgo raises RuntimeError for what no repository has, and a parse error for a page that is no POM.
        except (requests.RequestException, RuntimeError, ElementTree.ParseError, zipfile.BadZipFile) as error:
            problem = f"{type(error).__name__}: {error}"
    raise Unavailable(
        f"Kafka's jars cannot be fetched from {', '.join(remotes.values())}: {problem[:300]}\n"
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
    for jar in jars:
        if not _is_whole_zip(jar):
            raise zipfile.BadZipFile(f"{jar.name} did not arrive whole")
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


def repositories(maven_url: str | None) -> dict[str, str]:
    """Where to fetch from: the setting, else the mirror of Maven's or jgo's own settings, else Maven Central."""
    if maven_url:
        return {"central": maven_url.rstrip("/")}
    mirror = _maven_mirror(Path.home() / ".m2" / "settings.xml")
    if mirror:
        return {"central": mirror.rstrip("/")}
    from jgo.config import GlobalSettings

    configured: dict[str, str] = GlobalSettings.load().repositories
    return {**configured, **({} if "central" in configured else {"central": _CENTRAL})}


def _maven_mirror(settings: Path) -> str | None:
    try:
        root = ElementTree.parse(settings).getroot()
    except (OSError, ElementTree.ParseError):
        return None
    for mirror in root.iterfind(".//{*}mirror"):
        covers = {part.strip() for part in (mirror.findtext("{*}mirrorOf") or "").split(",")}
        url = mirror.findtext("{*}url")
        if url and covers & {"*", "central", "external:*"} and "!central" not in covers:
            return url.strip()
    return None


def _trust_what_the_system_trusts() -> None:
    """requests brings its own list of authorities; a machine behind a company's proxy trusts one more."""
    if "REQUESTS_CA_BUNDLE" in os.environ or "CURL_CA_BUNDLE" in os.environ:
        return
    paths = ssl.get_default_verify_paths()
    trusted = paths.cafile or paths.capath
    if trusted:
        os.environ["REQUESTS_CA_BUNDLE"] = trusted
