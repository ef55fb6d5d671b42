"""Sends native files and payloads into the raw topics with the hub's settings."""

from pathlib import Path

from connectors.publish import Pending, RawPublisher
from connectors.sources.limits import LARGEST_FILE_BYTES
from hub import cluster
from hub.domain.source import Source
from hub.settings import Settings
from hub.timing import clock_of
from hub.topics import catalogue

_CONTENT_TYPES = {".json": "application/json", ".xml": "application/xml", ".csv": "text/csv"}


def open_publisher(settings: Settings, *, connector: str) -> RawPublisher:
    """A publisher for the Kafka that the settings name or that runs already."""
    topics = catalogue()
    return RawPublisher(
        cluster.running(settings),
        raw_topic=topics.raw,
        dead_letters=topics.dead_letters,
        quarantine=settings.data_dir / "quarantine",
        now_ms=clock_of(settings).now_ms,
        connector=connector,
    )


def headers_for(file: Path) -> dict[str, str]:
    """Content type and encoding as the file's name tells them."""
    headers = {}
    suffixes = [suffix.lower() for suffix in file.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        headers["content-encoding"] = "gzip"
        suffixes.pop()
    if suffixes and suffixes[-1] in _CONTENT_TYPES:
        headers["content-type"] = _CONTENT_TYPES[suffixes[-1]]
    return headers


def send_file(publisher: RawPublisher, source: Source, file: Path) -> list[Pending]:
    """Hand one file's records to the publisher; a file beyond the limit is refused without reading it."""
    if file.stat().st_size > LARGEST_FILE_BYTES:
        with file.open("rb") as content:
            return [publisher.refuse_file(source, content)]
    return publisher.publish(source, file.read_bytes(), headers_for(file))
