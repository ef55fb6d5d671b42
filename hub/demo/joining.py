"""What a legacy system's IT desk and the city's operators set up first: transports, secrets, tokens."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from connectors.intake import secret_files
from connectors.secrets import resolve
from connectors.source_settings import read_sources
from connectors.standard_webhooks import read_secret
from hub.domain.errors import Misconfigured
from hub.edges import Edge
from hub.settings import Settings

POSTING: Final = ("hotline", "grid", "endpoint", "desk")
DROPPING: Final = ("citymgmt", "grid")
_FOLDER: Final = "demo"
_RATE: Final = {"per_second": 5000, "burst": 5000}
_NEEDED: Final = frozenset({Edge.HTTP, Edge.DROPS})


@dataclass(slots=True, frozen=True)
class Joined:
    """The settings with the demo's transports in force, the sources' secrets, and where files are put."""

    settings: Settings
    secrets: Mapping[str, bytes]
    folders: Mapping[str, Path]

    @property
    def address(self) -> tuple[str, int]:
        """Where the HTTP edge is reached from this machine."""
        host = self.settings.http_host
        return ("127.0.0.1" if host == "0.0.0.0" else host, self.settings.http_port)


def join(settings: Settings) -> Joined:
    """Write the demo's `sources.yaml` into the data folder: the city's, with the demo's transports; make secrets.

    Raises:
        Misconfigured: the edges that carry the demo are left out, or speak TLS.
    """
    _check(settings)
    read_sources(settings.sources_path)
    document = yaml.safe_load(settings.sources_path.read_text("utf-8"))
    sources: dict[str, dict[str, Any]] = document["sources"]
    references = {source: f"file:{_FOLDER}/secrets/{source}" for source in POSTING}
    folders = {source: f"{_FOLDER}/drops/{source}" for source in DROPPING}
    for source, reference in references.items():
        # Days pass in seconds: a rate by the second is not the city's.
        sources.setdefault(source, {}).update(rate=_RATE, intake={"secrets": [reference]})
    for source, folder in folders.items():
        drop = {"folder": folder, "stable_seconds": 0, "every_seconds": 0.1}
        sources.setdefault(source, {}).update(drop=drop)
    file = settings.data_dir / _FOLDER / "sources.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    return Joined(
        settings.model_copy(update={"sources_file": file}),
        {source: _secret(reference, settings.data_dir) for source, reference in references.items()},
        {source: settings.data_dir / folder for source, folder in folders.items()},
    )


def _secret(reference: str, data_dir: Path) -> bytes:
    file = data_dir / reference.partition(":")[2]
    if not file.exists():
        secret_files.make(file)
    return read_secret(resolve(reference, data_dir))


def _check(settings: Settings) -> None:
    problems: list[str] = []
    if settings.edges is not None and (missing := _NEEDED - {Edge(name) for name in settings.edges}):
        problems.append(
            f"HUB_EDGES leaves out {', '.join(sorted(missing))}, by which the demo sends\n"
            "  fix: unset it, or hub demo --direct, which publishes straight to Kafka"
        )
    if settings.http_tls_cert is not None:
        problems.append(
            "HUB_HTTP_TLS_CERT: the demo's senders speak plain HTTP\n"
            "  fix: unset it, or hub demo --direct, which publishes straight to Kafka"
        )
    if problems:
        raise Misconfigured(problems)
